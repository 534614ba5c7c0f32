"""`podman exec -it`: the shell in a container asks here, by the container's name; over ssh, too.

Real podman where it runs. What must not live here: other users (test_follow_on).
"""

import shutil
import sys

import pytest

from tests.live.containers import Box
from tests.live.loginhost import ROOT
from tests.live.people import Desk, people, why_not

pytestmark = [
    pytest.mark.live,
    pytest.mark.skipif(bool(why_not()) or not shutil.which("podman"), reason=why_not() or "not installed: podman"),
]


@pytest.fixture(scope="module")
def box():
    """A running container."""
    made = Box()
    if not made.works:
        made.stop()
        pytest.skip(f"podman runs no container here: {made.started.stderr.strip()}")
    yield made
    made.stop()


@pytest.fixture(scope="module")
def host():
    """Somebody at this machine, with an sshd."""
    with people("bash") as made:
        made.aliases["dev-box"] = "bash"
        made.start()
        yield made


@pytest.fixture
def desk(box, host, tmp_path):
    """A guarded shell of root's, as podman needs it, in development."""
    (tmp_path / ".bashrc").write_text("PS1='home$ '\n")
    argv = (sys.executable, "-m", "safeshell.cli.main", "shell")
    opened = Desk(host, "bash", argv=argv, HOME=str(tmp_path), PYTHONPATH=str(ROOT), **box.environ)
    yield opened
    opened.close()


def held(desk: Desk, box: Box, name: str) -> None:
    """A deletion in the container is asked about with its files and its name, and refused."""
    question = desk.asks("rm -rf /srv/victims")
    assert name in question
    assert "PROD" in question
    assert "/srv/victims/a" in question
    desk.refuse()
    assert (box.root / "srv/victims/a").exists()


@pytest.mark.parametrize(
    ("line", "user"),
    [
        ("podman exec -it prod-web-1 bash", "root"),
        ("podman exec -ti -w /srv prod-web-1 bash -l", "root"),
        ("podman container exec --interactive --tty prod-web-1 /bin/bash", "root"),
        ("podman exec -it -u app -e HOME=/srv prod-web-1 bash", "app"),
    ],
)
def test_a_shell_in_a_container(desk, box, line, user):
    """Production by its name, from a development machine: named in prompt and title, held there, and 7 comes back."""
    before = desk.title
    assert "PROD" not in before
    desk.enter(line)
    assert desk.title == "PROD prod-web-1 in podman ro"
    assert desk.line("id -un") == user
    assert desk.line("ls /srv/victims") == "a"
    held(desk, box, "prod-web-1")
    desk.enter("bash")
    held(desk, box, "prod-web-1")
    desk.enter("exit")
    desk.enter("exit 7")
    assert desk.title == before
    assert desk.status() == 7
    assert not list((box.root / "tmp").iterdir())


def test_what_no_pack_says_is_asked(desk):
    """A container that is not there, and a program that is no shell, are asked about or told by podman itself."""
    desk.asks("podman exec -it prod-web-2 bash")
    desk.refuse()
    desk.asks("podman exec -it prod-web-1 sh")
    desk.refuse()


def test_sleep_in_there_is_no_strange_shell(desk):
    """podman in the foreground is not taken for an unwatched shell while the followed one runs a program."""
    desk.enter("podman exec -it prod-web-1 bash")
    since = len(desk.raw)
    desk.send("sleep 2.5\r").prompt(since)
    assert "UNGUARDED" not in desk.seen(since) + str(desk.raw[since:])


def test_a_container_of_another_host(box, host, tmp_path):
    """`sudo podman exec` in a shell that safe-ssh followed: its way leads over the same connection."""
    (tmp_path / "client").write_text(host.client.read_text())
    place = " ".join(f"{key}={value}" for key, value in box.environ.items())
    argv = (sys.executable, "-m", "safeshell.cli.safessh", "-F", str(tmp_path / "client"), "--guard-follow", "dev-box")
    desk = Desk(host, "bash", argv=argv, HOME=str(tmp_path), PYTHONPATH=str(ROOT))
    try:
        desk.enter(f"sudo {place} podman exec -it prod-web-1 bash")
        assert desk.title == "PROD prod-web-1 in podman ro"
        assert desk.line("ls /srv/victims") == "a"
        held(desk, box, "prod-web-1")
        desk.enter("exit")
        assert "prod-web-1" not in desk.title
    finally:
        desk.close()
