"""Frontend messages there and back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from safeshell.model.errors import ProtocolError
from safeshell.protocols.postgres import framing

TEXT = st.binary(max_size=40).map(lambda raw: raw.replace(b"\0", b""))


@given(TEXT, TEXT, st.lists(st.integers(0, 2**32 - 1), max_size=5))
def test_parse_comes_back(name, sql, types):
    """What parse writes, read_parse reads."""
    assert framing.read_parse(framing.parse(name, sql, types)[5:]) == (name, sql, tuple(types))


@given(TEXT, TEXT, st.lists(st.none() | st.binary(max_size=20), max_size=5))
def test_bind_comes_back(portal, name, values):
    """What bind writes, read_bind reads; no format means text for all."""
    raw = framing.bind(portal, name, (), values)[5:]
    assert framing.read_bind(raw) == (portal, name, (0,) * len(values), tuple(values))


def test_one_format_holds_for_all():
    """A single format code is everybody's."""
    assert framing.read_bind(framing.bind(b"", b"", (1,), (b"a", b"b"))[5:])[2] == (1, 1)


@given(st.binary(max_size=60))
def test_noise_is_the_clients_fault(raw):
    """Whatever a body holds, it is read or it is a ProtocolError of the client."""
    for read in (framing.read_query, framing.read_parse, framing.read_bind, framing.read_execute):
        try:
            read(raw)
        except ProtocolError as error:
            assert error.fault == "client"


def test_a_text_ends_at_its_only_nul():
    """A second text behind the NUL would be invisible to one of the two."""
    with pytest.raises(ProtocolError):
        framing.read_query(b"select 1\0drop table t\0")


def test_targets():
    """Describe and Close speak of statements or portals."""
    assert framing.read_target(framing.close(b"S", b"x")[5:], "Close") == (b"S", b"x")
    with pytest.raises(ProtocolError):
        framing.read_target(b"Xx\0", "Close")
