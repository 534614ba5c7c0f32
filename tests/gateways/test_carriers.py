"""A hook lands where a line opens a shell: pipes and start files in a private directory; with real shells in tests/live."""

import os
import pwd
import shlex
import stat
import subprocess
import time
from pathlib import Path

import pytest

from safeshell.gateways.carriers import LandingError, land, stand_in, straight
from safeshell.model.carried import Carried

BASH = Carried(("bash",), 0, "itself", shell="bash")


def elsewhere(words):
    """A way that leads through another program, as ssh and docker do."""
    return ["env", "THERE=1", *words]


@pytest.fixture
def landed():
    """Makes landings that go with the test."""
    made = []

    def make(*words, **options):
        made.append(land(*words, **{"other": False, **options}))
        return made[-1]

    yield make
    for one in made:
        one.clear()
        assert not Path(one.directory).exists()


def test_a_landing_on_this_machine(landed):
    """A private directory with five pipes, a boot and the start files; the nonce waits in it."""
    found = landed(straight, BASH, "bash")
    assert stat.S_IMODE(Path(found.directory).stat().st_mode) == 0o700
    assert {"n.lo", "n.li", "n.bo", "n.bi", "n.t", "boot", "rc", "fresh"} <= {
        path.name for path in Path(found.directory).iterdir()
    }
    assert found.name == "bash"
    assert found.uid == os.geteuid()
    assert os.read(found.ends[1], 32).decode() == found.nonce
    assert found.nonce not in Path(found.directory, "boot").read_text()


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_shell_there_answers_the_hook(landed, shell):
    """The boot opens that shell with the hook: it says hello with the nonce, through pipes and through a way."""
    for way in (straight, elsewhere):
        found = landed(way, Carried((shell,), 0, "itself", shell=shell), shell)
        process = subprocess.Popen(
            ["script", "-qfec", f"sh {found.directory}/boot", "/dev/null"],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            env={"PATH": os.environ["PATH"], "HOME": "/nonexistent", "TERM": "xterm"},
        )
        try:
            assert f"{found.nonce} H" in read_until(found.ends[0], b" H\0")
            until = time.monotonic() + 20
            while shell != "fish" and Path(found.directory).exists():
                assert time.monotonic() < until, "its directory stays"
                time.sleep(0.05)
        finally:
            process.kill()
            process.stdin.close()
            process.wait()


def read_until(end: int, mark: bytes) -> str:
    seen, until = b"", time.monotonic() + 20
    os.set_blocking(end, False)
    while mark not in seen:
        assert time.monotonic() < until, seen
        try:
            seen += os.read(end, 4096)
        except BlockingIOError:
            time.sleep(0.02)
    return seen.decode()


@pytest.mark.parametrize(
    ("wish", "shell", "why"),
    [
        (Carried(("su",), 0, "text", user="no-such-user-here"), "", "there is no user"),
        (Carried(("su",), 0, "text", user="-x"), "", "not passed on"),
        (Carried(("su",), 0, "text", user="a;b"), "", "not passed on"),
        (Carried(("sudo",), 0, "words", user="root"), "/bin/x y", "not passed on"),
        (Carried(("sudo",), 0, "words", user="root"), "/nonexistent/bash", "there is no bash"),
        (Carried(("dash",), 0, "itself"), "sh", "the shell there is sh"),
    ],
)
def test_where_there_is_no_landing(wish, shell, why):
    """Users that are not there, names that no shell should meet, shells without a hook."""
    with pytest.raises(LandingError, match=why):
        land(straight, wish, shell, other=True)


@pytest.mark.parametrize("way", [lambda _: ["false"], lambda _: ["/nonexistent/docker"], lambda _: ["echo", "hello"]])
def test_a_way_that_leads_nowhere(way):
    """A container without sh, a client that is not there, one that prints something else."""
    with pytest.raises(LandingError):
        land(way, BASH, "bash", other=True)


def test_the_users_own_shell(landed):
    """Where the line names none, the shell is that of the user."""
    found = landed(straight, Carried(("su",), 0, "text", user="root"), "")
    assert found.shell == pwd.getpwuid(0).pw_shell


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
@pytest.mark.parametrize(
    ("fresh", "ends", "ready", "ran"),
    [
        (False, 0, "true", "boot"),
        (False, 7, "true", "boot"),
        (True, 7, "true", "boot plain"),
        (True, 7, "false", "boot"),
    ],
)
def test_what_stands_in_for_the_command(landed, tmp_path, shell, fresh, ends, ready, ran):  # noqa: PLR0917 - one row of a table
    """The boot runs instead, once, with its status; the command itself only where nothing came and nobody is asked again."""
    found = landed(straight, BASH, "bash")
    (tmp_path / "become").write_text(
        f"#!/bin/sh\ncase $1 in --ready) exec {ready};; sh) echo boot >>{tmp_path}/ran; exit {ends};; esac\necho plain >>{tmp_path}/ran\n"
    )
    (tmp_path / "become").chmod(0o755)
    if not fresh:
        Path(f"{found.directory}/fresh").unlink()
    way = Carried(("become", "-i"), 0, "words", ready=("become", "--ready"))
    text = stand_in(way, found, shell, replaces=False).replace("become -i sh", "become sh")
    status = "$status" if shell == "fish" else "$?"
    done = subprocess.run(
        [shell, "-c", f"{text}\nbecome -i\necho ended {status}\ntype become"],
        env={"PATH": f"{tmp_path}:{os.environ['PATH']}", "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (tmp_path / "ran").read_text().split() == ran.split()
    assert f"ended {0 if 'plain' in ran else ends}" in done.stdout
    assert ("UNGUARDED" in done.stderr) == ("plain" in ran)
    assert "function" not in done.stdout


def test_words_stay_words(landed):
    """Whatever stands in the command comes through quoted."""
    found = landed(straight, BASH, "bash")
    way = Carried(("docker", "exec", "-e", "A=$(touch /x) '", "web", "bash"), 5, "itself", shell="bash")
    boot = f"bash {found.directory}/boot"
    assert f"command docker exec -e {shlex.quote(way.words[3])} web {boot}" in stand_in(
        way, found, "bash", replaces=False
    )
