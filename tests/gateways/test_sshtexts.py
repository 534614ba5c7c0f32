"""The texts for the remote side: every login shell reads them alike, and nothing secret stands in them."""

import shutil
import subprocess

import pytest

from safeshell.gateways.sshtexts import (
    BEGIN,
    CHANNELS,
    FOLLOWED,
    Beginning,
    boot_command,
    probe_command,
    side_command,
    start_command,
    start_text,
)

SHELLS = [shell for shell in ("sh", "bash", "dash", "zsh", "fish") if shutil.which(shell)]


@pytest.mark.parametrize("shell", SHELLS)
def test_a_login_shell_that_is_not_bash_opens(shell, tmp_path):
    """With SHELL naming another shell the boot text says so and becomes it; whoever runs the text."""
    other = tmp_path / "other"
    other.write_text("#!/bin/sh\necho opened $1\n")
    other.chmod(0o755)
    env = {"SHELL": str(other), "PATH": "/usr/bin:/bin", "HOME": str(tmp_path)}
    done = subprocess.run([shell, "-c", boot_command("12ab")], capture_output=True, check=False, env=env, timeout=20)
    assert done.stdout == b"\x1b]7748;other;other\x07opened -l\n", done


@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize("channel", [*CHANNELS, *sorted(FOLLOWED)])
def test_side_texts_are_good_in_every_shell(shell, channel, tmp_path):
    """Each is one word for the login shell and a text that sh can read; without a place to go to it ends."""
    text = start_command("12ab", channel) if channel in FOLLOWED else side_command("12ab", channel)
    body = text.removeprefix("exec sh -c '").removesuffix("'")
    assert subprocess.run(["sh", "-n", "-c", body], capture_output=True, check=False).returncode == 0
    quick = text.replace("-lt 80", "-lt 1")
    env = {"PATH": "/usr/bin:/bin", "HOME": str(tmp_path), "XDG_RUNTIME_DIR": str(tmp_path)}
    done = subprocess.run(
        [shell, "-c", quick], capture_output=True, check=False, env=env, timeout=20, stdin=subprocess.DEVNULL
    )
    assert (done.returncode, done.stdout, done.stderr) == (1, BEGIN.encode(), b"")


def test_bash_waits_for_its_channels_and_opens_without_them(tmp_path):
    """Nobody comes: the directory is gone again, the word `alone` is said, and a login bash opens."""
    env = {"SHELL": "/bin/bash", "PATH": "/usr/bin:/bin", "HOME": str(tmp_path), "XDG_RUNTIME_DIR": str(tmp_path)}
    text = boot_command("12ab").replace("-t 6", "-t 0.2")
    done = subprocess.run(
        ["bash", "-c", text],
        capture_output=True,
        check=False,
        env=env,
        timeout=20,
        input=b"shopt -q login_shell && echo in\n",
    )
    assert done.stdout == b"\x1b]7748;ready;12ab;bash\x07\x1b]7748;alone\x07in\n", done
    assert list(tmp_path.glob(".safeshell*")) == []


def test_the_start_file_is_whole():
    """Channels first, then the start files of a login shell, the hook last; bash can read it; it sources nothing of ours."""
    text = start_text("bash")
    places = [
        text.index(word)
        for word in ("__safeshell_claim()", '.lo"', "~/.bash_profile", "__safeshell_submit()", "__safeshell_paint()")
    ]
    assert places == sorted(places)
    assert "BASH_SOURCE" not in text
    assert subprocess.run(["bash", "-n"], input=text.encode(), capture_output=True, check=False).stderr == b""


def test_a_probe_is_one_word():
    """Quotes of the text survive."""
    done = subprocess.run(["bash", "-c", probe_command("echo 'a b' \"$((1+1))\"")], capture_output=True, check=True)
    assert done.stdout == b"a b 2\n"


@pytest.mark.skipif(not shutil.which("zsh"), reason="zsh is not installed")
def test_zsh_gets_files(tmp_path):
    """A text of sh writes them; zsh can read each; the last of them takes them all away."""
    subprocess.run(["sh"], input=start_text("zsh").encode(), cwd=tmp_path, check=True)
    names = {path.name for path in tmp_path.iterdir()}
    assert names == {".zshenv", ".zprofile", ".zshrc", "hook.zsh", "prompt.zsh"}
    for path in tmp_path.iterdir():
        assert subprocess.run(["zsh", "-n", str(path)], capture_output=True, check=False).stderr == b""
    assert "rm -rf -- $__safeshell_zdotdir" in (tmp_path / ".zshrc").read_text()


@pytest.mark.parametrize("size", [1, 2, 7, 100])
def test_noise_before_the_beginning_is_dropped(size):
    """A start file that prints does not break a channel, however its bytes are cut."""
    data = b"welcome!\nsafeshell-chan " + BEGIN.encode() + b"frame" + BEGIN.encode()
    beginning = Beginning()
    got = b"".join(beginning.feed(data[at : at + size]) for at in range(0, len(data), size))
    assert got == b"frame" + BEGIN.encode()
