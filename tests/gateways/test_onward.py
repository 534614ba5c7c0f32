"""A landing on a further host waits for the connection that the terminal opens; with a real sshd in tests/live/test_follow_far."""

import shutil
import subprocess
from pathlib import Path

import pytest

from safeshell.gateways.carriers import LandingError
from safeshell.gateways.onward import go_on, onward_text
from safeshell.model.carried import Carried
from safeshell.model.places import Place

WEB = Carried(("ssh", "-p", "2222", "dana@web"), 0, "master", client="ssh", place=Place("host", "web"))


def near(words):
    """A way to the host where ssh is typed."""
    return ["env", "NEAR=1", *words]


@pytest.fixture
def begun():
    """A landing that has begun and waits for a connection which never comes."""
    landing = go_on(near, WEB)
    yield landing
    landing.clear()
    assert not Path(landing.folder).exists()


def test_a_private_directory_and_a_way(begun):
    """The socket stands in a private directory there; the way goes over it and never connects anew."""
    assert Path(begun.folder).stat().st_mode & 0o777 == 0o700
    way = begun.way(["id", "-u"])
    assert way[:5] == ["env", "NEAR=1", "ssh", "-T", "-S"]
    assert way[5] == f"{begun.folder}/cm"
    assert way[-2:] == ["there", "id -u"]
    assert "ProxyCommand=false" in way
    assert len(set(begun.ends)) == 3


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_what_stands_in_for_ssh(begun, tmp_path, shell):
    """Once: the connection with the person's own words, the session over it, its end; the session's status comes back."""
    (tmp_path / "ssh").write_text(
        f'#!/bin/sh\necho "$*" | tr "\\n" " " >>{tmp_path}/ran; echo >>{tmp_path}/ran\ncase $* in *" -t "*|"-t "*) exit 7;; esac\n'
    )
    (tmp_path / "ssh").chmod(0o755)
    status = "$status" if shell == "fish" else "$?"
    text = onward_text(WEB, begun, shell)
    done = subprocess.run(
        [shell, "-c", f"{text}\nssh -p 2222 dana@web\necho ended {status}\ntype ssh"],
        env={"PATH": f"{tmp_path}:/usr/bin:/bin", "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "ended 7" in done.stdout
    assert "function" not in done.stdout
    master, session, end = (tmp_path / "ran").read_text().splitlines()
    assert master.startswith(f"-M -N -f -S {begun.socket} ")
    assert master.rstrip().endswith("-p 2222 dana@web")
    assert f"-S {begun.socket} " in session
    assert f"d={begun.directory}" in session
    assert f"-S {begun.socket} -O exit" in end


def test_a_connection_that_cannot_be_opened(begun, tmp_path):
    """ssh's own failure is the line's, and no session follows it."""
    (tmp_path / "ssh").write_text(f"#!/bin/sh\necho x >>{tmp_path}/ran\nexit 255\n")
    (tmp_path / "ssh").chmod(0o755)
    done = subprocess.run(
        ["bash", "-c", f"{onward_text(WEB, begun, 'bash')}\nssh -p 2222 dana@web"],
        env={"PATH": f"{tmp_path}:/usr/bin:/bin"},
        check=False,
    )
    assert done.returncode == 255
    assert (tmp_path / "ran").read_text() == "x\n"


def test_the_words_for_every_shell(begun):
    """What the login shell there gets holds no quote that one of them would read otherwise."""
    text = onward_text(WEB, begun, "bash")
    assert "exec sh -c" in text
    assert shutil.which("sh")


@pytest.mark.parametrize("way", [lambda _: ["false"], lambda _: ["/nonexistent/ssh"]])
def test_where_nothing_can_be_made(way):
    """No ssh there, no place, no way."""
    with pytest.raises(LandingError):
        go_on(way, WEB)
