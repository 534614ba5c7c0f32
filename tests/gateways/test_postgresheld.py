"""What a held unit is bound to, and how it may run; its way is driven by the live tests of the wire."""

from __future__ import annotations

from safeshell.gateways.postgresheld import bound_text
from safeshell.protocols.wire import Submitted, Unit


def submitted(*units: Unit) -> Submitted:
    return Submitted("1", ";\n".join(unit.text for unit in units), units, in_transaction=False)


def test_a_request_is_bound_to_text_and_parameters():
    """The same text with other values is another action; without values it is the text alone."""
    one = bound_text(submitted(Unit("delete from t where id = $1", (b"1",), (0,), (23,))))
    other = bound_text(submitted(Unit("delete from t where id = $1", (b"2",), (0,), (23,))))
    again = bound_text(submitted(Unit("delete from t where id = $1", (b"1",), (0,), (23,))))
    assert one == again != other
    assert one.startswith("delete from t where id = $1\n-- with parameters ")
    assert bound_text(submitted(Unit("delete from t"))) == "delete from t"


def test_values_themselves_do_not_stand_in_it():
    """They may be secrets; a request's text is kept in a file."""
    assert "sesame" not in bound_text(submitted(Unit("insert into t values ($1)", (b"sesame",))))


def test_a_very_long_text_is_bound_by_its_fingerprint():
    """One character far behind makes another request; the file stays small."""
    long = "insert into t values (1)" + " " * 1_000_000
    one, other = bound_text(submitted(Unit(long + "x"))), bound_text(submitted(Unit(long + "y")))
    assert one != other
    assert len(one) < 3000
