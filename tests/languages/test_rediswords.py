"""The table of Redis commands."""

from __future__ import annotations

from safeshell.languages.rediswords import _CLASSES, COMMANDS, CONTAINERS, KEYLESS, MANY_KEYS


def test_no_command_stands_in_two_classes() -> None:
    """Each has one effect."""
    names = [name for _, _, listed in _CLASSES for name in listed.split()]
    assert len(names) == len(set(names)) == len(COMMANDS)


def test_the_other_tables_name_known_commands() -> None:
    """No typing errors in them."""
    assert set(COMMANDS) >= MANY_KEYS | KEYLESS
    assert {"CONFIG", "CLIENT", "CLUSTER", "SCRIPT", "FUNCTION", "ACL"} <= CONTAINERS
