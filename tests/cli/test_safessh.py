"""safe-ssh's own options and its ways out; whole calls: tests/live/test_ssh_calls and test_ssh_follow."""

import pytest

from safeshell.cli.safessh import _own, main


@pytest.mark.parametrize(
    ("words", "own", "rest"),
    [
        (["h"], {}, ["h"]),
        (["--guard-tier", "production", "h"], {"--guard-tier": "production"}, ["h"]),
        (["--guard-tier=staging", "-p", "22", "h"], {"--guard-tier": "staging"}, ["-p", "22", "h"]),
        (["h", "--guard-plain"], {"--guard-plain": ""}, ["h"]),
        (["-p", "22", "h", "run", "--guard-plain"], {}, ["-p", "22", "h", "run", "--guard-plain"]),
    ],
)
def test_our_options_stand_before_the_command(words, own, rest):
    """What follows the command's first word is the command's."""
    assert _own(words) == (own, rest)


def test_help_tells_our_options(capsys):
    """All of them begin with --guard."""
    assert main(["--guard-help"]) == 0
    assert "--guard-follow" in capsys.readouterr().out


def test_another_engine_is_refused_by_name(capsys):
    """There is one engine."""
    assert main(["--guard-engine", "paramiko", "h"]) == 2
    assert "openssh" in capsys.readouterr().err


def test_no_ssh_is_told(monkeypatch, capsys):
    """127, as a shell says it."""
    monkeypatch.setenv("PATH", "/nonexistent")
    assert main(["h"]) == 127
    assert "no ssh" in capsys.readouterr().err
