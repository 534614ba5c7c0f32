"""Parameters of CONFIG SET."""

from __future__ import annotations

from safeshell.languages.redis.settings import _CLASSES, SECRETS, SETTINGS, UNLISTED
from safeshell.model.effects import RISKS, Risk


def test_no_parameter_stands_twice():
    """Each has one class."""
    names = [name for _, _, listed in _CLASSES for name in listed.split()]
    assert len(names) == len(set(names)) == len(SETTINGS)
    assert set(SETTINGS) >= SECRETS


def test_dangerous_parameters_are_no_plain_writes():
    """Memory, persistence, the port and passwords are asked for in full."""
    for name in ("maxmemory", "save", "appendonly", "dir", "dbfilename", "port", "requirepass", "maxclients"):
        assert RISKS[SETTINGS[name][0]] >= Risk.HIGH
    assert RISKS[UNLISTED[0]] >= Risk.HIGH
