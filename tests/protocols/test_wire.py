"""Events shared by all database machines."""

import pytest

from safeshell.protocols.wire import Replied, Submitted, Unit


def test_an_event_is_a_value():
    """Two events with the same fields are equal and can't be changed."""
    made = Submitted("1", "select 1", (Unit("select 1"),), in_transaction=False)
    assert made == Submitted("1", "select 1", (Unit("select 1"),), in_transaction=False)
    with pytest.raises(AttributeError):
        made.text = "drop table t"


def test_defaults_are_the_harmless_ones():
    """Nothing is taken for an aborted transaction or a pipeline unless it is said."""
    made = Submitted("1", "", (), in_transaction=False)
    assert (made.failed, made.pipeline) == (False, False)
    assert Replied("1").status == ""
