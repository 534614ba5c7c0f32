"""What a server says of its commands."""

from __future__ import annotations

import pytest

from safeshell.languages.redis.server import described, meaning, original


@pytest.mark.parametrize(
    ("flags", "effect"),
    [
        (["readonly", "fast"], "reads"),
        (["write", "denyoom"], "destroys_rows"),
        (["admin", "noscript"], "not_understood"),
        (["dangerous", "readonly"], "not_understood"),
        (["fast"], "writes"),
        (["module", "readonly"], "runs_opaque_code"),
        (["module", "write"], "not_understood"),
        (["module"], "not_understood"),
    ],
)
def test_flags(flags, effect):
    """Doubt keeps the worse; a module's word is not taken for a silent read."""
    assert meaning(described("x", flags))[0].value == effect


def test_a_renamed_command_keeps_its_name():
    """COMMAND INFO tells what a command is called elsewhere."""
    assert original(described("flushall", ["write"])) == "FLUSHALL"
