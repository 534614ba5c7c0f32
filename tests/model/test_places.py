"""Places and environments are values."""

from __future__ import annotations

import pytest

from safeshell.model.effects import Tier
from safeshell.model.places import Environment, Place


def test_a_place_is_known_unless_said_otherwise():
    """`ssh "$H"` is a place whose name nobody knows."""
    assert Place("host", "web-3").known
    assert not Place("host", "", known=False).known


def test_an_environment_cannot_be_changed_behind_the_guard():
    """Nobody lowers a tier after it was found."""
    here = Environment("shop", Tier.PRODUCTION, "web-3")
    with pytest.raises(AttributeError):
        here.tier = Tier.DEVELOPMENT
