"""The own client's command line; whole calls: tests/live/test_ssh_paramiko."""

from safeshell.cli.safesshalone import run_alone


def test_wrong_usage_is_told(capsys):
    """No destination, an unknown option: 255, as ssh says it."""
    assert run_alone([], {}) == 255
    assert run_alone(["-Z", "h"], {}) == 255
    assert "usage" in capsys.readouterr().err


def test_an_option_that_is_not_possible_is_told(capsys, monkeypatch, tmp_path):
    """One sentence, no traceback."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("SAFESHELL_STATE_DIR", str(tmp_path / "state"))
    assert run_alone(["-D", "1", "h"], {}) == 255
    assert "-D; use OpenSSH" in capsys.readouterr().err
