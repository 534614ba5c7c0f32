"""The texts for the remote side: every login shell reads them alike, and nothing secret stands in them."""

import shutil
import subprocess

import pexpect
import pytest

from safeshell.gateways.sshtexts import (
    BEGIN,
    BELL,
    CHANNELS,
    FOLLOWED,
    PATIENCE,
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
@pytest.mark.parametrize("channel", [*CHANNELS, "held", *sorted(FOLLOWED)])
def test_side_texts_are_good_in_every_shell(shell, channel, tmp_path):
    """Each is one word for the login shell and a text that sh can read; without a place to go to it ends."""
    kind = "fish" if channel == "held" else "bash"
    text = start_command("12ab", channel) if channel in FOLLOWED else side_command("12ab", channel, kind)
    body = text.removeprefix("exec sh -c '").removesuffix("'")
    assert subprocess.run(["sh", "-n", "-c", body], capture_output=True, check=False).returncode == 0
    quick = text.replace("-lt 80", "-lt 1")
    env = {"PATH": "/usr/bin:/bin", "HOME": str(tmp_path), "XDG_RUNTIME_DIR": str(tmp_path)}
    done = subprocess.run(
        [shell, "-c", quick], capture_output=True, check=False, env=env, timeout=20, stdin=subprocess.DEVNULL
    )
    assert (done.returncode, done.stdout, done.stderr) == (1, BEGIN.encode(), b"")


class Start:
    """A boot text in a terminal of 31 rows and 97 columns. `wait` reads up to a text, which must come."""

    def __init__(self, folder, shell: str = "/bin/bash", text: str = ""):
        env = {"SHELL": shell, "PATH": "/usr/bin:/bin", "HOME": str(folder), "XDG_RUNTIME_DIR": str(folder)}
        self.pty = pexpect.spawn("bash", ["-c", text or boot_command("12ab")], env=env, dimensions=(31, 97), timeout=20)
        self.pty.delaybeforesend = None

    def ring(self) -> None:
        self.pty.setwinsize(*BELL)


@pytest.fixture
def start(tmp_path):
    made = []

    def make(**options) -> Start:
        made.append(Start(tmp_path, **options))
        return made[-1]

    yield make
    for one in made:
        one.pty.close(force=True)


def test_a_start_that_is_told_there_are_no_channels(start, tmp_path):
    """The bell: the word `alone` is said, the directory is gone, the size is as before, typed bytes are kept, a login bash opens."""
    one = start()
    one.pty.expect("\x1b]7748;ready;12ab;bash\x07")
    one.pty.send("shopt -q login_shell && stty size\r")
    one.ring()
    one.pty.expect("\x1b]7748;alone\x07")
    one.pty.expect("31 97\r\n")
    assert list(tmp_path.glob(".safeshell*")) == []


def test_a_start_waits_through_other_sizes(start, tmp_path):
    """A person who changes the size of the window is no bell; the wait goes on."""
    one = start()
    one.pty.expect("ready")
    one.pty.setwinsize(20, 70)
    with pytest.raises(pexpect.TIMEOUT):
        one.pty.expect("7748;[a-z]", timeout=1.5)
    assert list(tmp_path.glob(".safeshell*"))


def test_a_start_ends_its_wait_by_itself(start):
    """Nobody comes and nobody rings: after its patience the shell opens."""
    one = start(text=boot_command("12ab").replace(f"-ge {round(PATIENCE / 0.2)} ", "-ge 2 "))
    one.pty.expect("\x1b]7748;late\x07")


@pytest.mark.parametrize(
    ("told", "mark"),
    [
        ("fish, version 3.3.1", "old;fish 3.3.1"),
        ("fish, version 3.6.0", "ready;12ab;fish"),
        ("fish, version 4.0.2", "ready;12ab;fish"),
        ("GNU bash, version 4.4.20(1)-release (x86_64)\nCopyright", "old;bash 4.4.20"),
        ("GNU bash, version 5.0.17(1)-release (x86_64)", "old;bash 5.0.17"),
        ("GNU bash, version 5.3.0(1)-release (x86_64)", "ready;12ab;bash"),
        ("zsh 5.4.2 (x86_64)", "ready;12ab;zsh"),
        ("", "ready;12ab;sh"),
    ],
)
def test_versions_that_can_be_followed(start, tmp_path, told, mark):
    """What a shell says of its version decides; an sh has none."""
    shell = tmp_path / (told.replace("GNU ", "").split(",")[0].split()[0] if told else "dash")
    shell.write_text(f"#!/bin/sh\ncat <<'X'\n{told}\nX\n")
    shell.chmod(0o755)
    start(shell=str(shell)).pty.expect_exact(f"\x1b]7748;{mark}\x07")


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
