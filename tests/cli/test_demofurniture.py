"""What lies in the demo's directory."""

from __future__ import annotations

import shutil
import subprocess

import pytest

from safeshell.cli.demofurniture import furnish


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A furnished directory with a blank in its name."""
    path = tmp_path_factory.mktemp("demo") / "a home"
    furnish(str(path))
    return path


def run(home, *words):
    env = {"HOME": str(home), "PATH": f"{home}/bin:/usr/bin:/bin"}
    return subprocess.run(words, capture_output=True, text=True, timeout=20, check=False, env=env, cwd=home)


def test_there_is_enough_to_lose(home):
    """Some hundred files, so that a count says something."""
    files = [path for path in (home / "data").rglob("*") if path.is_file()]
    assert len(files) == 401
    assert (home / "logs/app.log").stat().st_size > 100_000


@pytest.mark.parametrize(
    "words",
    [
        ("shutdown", "-h", "now"), ("reboot",), ("poweroff",), ("halt",), ("init", "0"), ("telinit", "6"),
        ("systemctl", "poweroff"), ("systemctl", "--force", "reboot"), ("systemctl", "isolate", "rescue.target"),
        ("sudo", "shutdown", "now"), ("sudo", "-n", "reboot"), ("doas", "reboot"), ("pkexec", "reboot"), ("su", "-c", "reboot"),
    ],
)  # fmt: skip
def test_what_halts_a_host_is_a_stand_in_that_says_so(home, words):
    """By every plain name, and behind whatever would become root."""
    assert shutil.which(words[0], path=f"{home}/bin:/usr/bin:/bin") == f"{home}/bin/{words[0]}"
    done = run(home, *words)
    assert done.returncode == 0
    assert done.stdout.startswith(f"demo: {' '.join(words)}: here ")
    assert "stand-in" in done.stdout


def test_systemctl_still_reads(home):
    """Anything else goes to the real one, where there is one."""
    if not shutil.which("systemctl", path="/usr/bin:/bin"):
        pytest.skip("systemctl is not installed")
    assert run(home, "systemctl", "--version").stdout.startswith("systemd ")


def test_safeshell_is_found_however_it_was_started(home):
    """From a directory that is in nobody's PATH, with an empty environment."""
    done = run(home, "safeshell", "check", "--tier", "production", "--", "rm -rf data")
    assert done.returncode == 3
    assert done.stderr == ""


def test_the_repository_has_a_commit_of_somebody_else_to_lose_and_unsaved_work(home):
    """So that a forced push and a reset have something to show."""
    if not shutil.which("git"):
        pytest.skip("git is not installed")
    lost = run(home, "git", "-C", "app", "log", "--format=%an %s", "HEAD..origin/main").stdout
    assert lost == "Grace Prices with tax\n"
    assert run(home, "git", "-C", "app", "log", "--format=%s", "origin/main..HEAD").stdout == "Prices in euros\n"
    assert run(home, "git", "-C", "app", "status", "--porcelain").stdout == " M settings.py\n"
    assert not (home / ".git").exists()
