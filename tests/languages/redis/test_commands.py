"""The tables of Redis commands: each command of a server stands in one class, none by accident."""

from __future__ import annotations

from pathlib import Path

from safeshell.languages.redis.commands import _CLASSES, ADVICE, COMMANDS, CONTAINERS, HEAVY, REASONS
from safeshell.languages.redis.keyspecs import SHAPES

TABLE = Path(__file__).parent / "answers.txt"


def stated() -> dict[str, str]:
    """The class of every command as answers.txt states it."""
    found = {}
    effect = ""
    for line in TABLE.read_text(encoding="utf-8").splitlines():
        if line.endswith(":"):
            effect = line[:-1]
        elif line.strip() and not line.startswith("#"):
            found.update(dict.fromkeys(line.split(), effect))
    return found


def test_no_command_stands_in_two_classes() -> None:
    """Each has one effect."""
    names = [name for _, _, listed in _CLASSES for name in listed.split()]
    assert len(names) == len(set(names)) == len(COMMANDS)


def test_the_other_tables_name_known_commands() -> None:
    """No typing errors in them."""
    assert set(COMMANDS) >= set(REASONS) | set(ADVICE) | set(HEAVY)
    assert set(SHAPES) - set(COMMANDS) == set()
    assert {"CONFIG", "CLIENT", "CLUSTER", "SCRIPT", "FUNCTION", "ACL", "DEBUG"} <= CONTAINERS


def test_every_command_of_a_server_has_a_stated_answer() -> None:
    """answers.txt lists the whole COMMAND table of Redis 7.0, with subcommands, by the class that was decided."""
    expected = stated()
    assert len(expected) >= 340
    answers = {name: COMMANDS[name][0].value if name in COMMANDS else "not_understood" for name in expected}
    assert answers == expected
