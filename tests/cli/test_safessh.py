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
    """There are two."""
    assert main(["--guard-engine", "dropbear", "h"]) == 2
    assert "openssh or paramiko" in capsys.readouterr().err


def test_without_openssh_our_own_client_is_taken(monkeypatch, capsys, tmp_path):
    """No ssh on PATH: paramiko, by itself; openssh asked for by name is a fault."""
    monkeypatch.setenv("PATH", "/nonexistent")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("SAFESHELL_STATE_DIR", str(tmp_path / "state"))
    assert main(["-p", "1", "127.0.0.1", "true"]) == 255
    assert "connect to 127.0.0.1 port 1" in capsys.readouterr().err
    assert main(["--guard-engine", "openssh", "h"]) == 2
