"""The composition of a guarded database connection."""

from __future__ import annotations

from safeshell.cli.wirecourt import Wire


def test_a_wire_says_what_a_wrapper_needs():
    """The words that the client wrappers go by."""
    assert {"environment", "conninfo", "url", "here", "status", "unlock", "lock"} <= set(vars(Wire))
