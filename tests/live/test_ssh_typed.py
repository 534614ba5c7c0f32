"""`ssh` typed in a guarded shell is safe-ssh; scripts, git and rsync keep the real one.

What must not live here: safe-ssh itself (test_ssh_calls, test_ssh_follow).
"""

import sys

import pexpect
import pytest

from tests.live.house import House

pytestmark = pytest.mark.live


@pytest.fixture
def desk(local, tmp_path):
    """A guarded shell of development whose safeshell was installed with its clients."""
    from tests.live.loginhost import ROOT

    place = tmp_path / "clients"
    place.mkdir()
    for name, module in (("safeshell", "main"), ("safe-psql", "safepsql"), ("safe-ssh", "safessh")):
        text = f"#!{sys.executable}\nimport sys\nsys.path.insert(0, {str(ROOT)!r})\nfrom safeshell.cli.{module} import main\nsys.exit(main())\n"
        (place / name).write_text(text)
        (place / name).chmod(0o755)
    (tmp_path / "house").mkdir()
    house = House(tmp_path / "house", argv=(str(place / "safeshell"), "--guard-tier", "development"))
    (house.home / "client").write_text(local.host.client.read_text())
    yield house, local
    house.close()


def test_a_typed_ssh_is_followed(desk):
    """`ssh prod-web` asks for consent once, then shows the remote prompt; what is destructive there is asked here; `exit` leads back."""
    house, local = desk
    house.send("ssh -F client prod-web\r").until("[y/N]")
    house.send("y\r").until("[PROD prod-web ro] home$")
    house.send("rm -rf ~/victims\r").until("Esc to cancel:")
    house.rest(0.5).send("\x1b").until("refused")
    house.rest(0.3)
    assert (local.host.home("plain") / "victims/a").exists()
    since = len(house.raw)
    house.send("exit\r").prompt(since)
    assert house.status() == 0


def test_a_typed_command_for_another_host_is_judged(desk):
    """`ssh prod-web 'rm ...'` asks before it is sent, a reading one is sent at once."""
    house, local = desk
    assert house.output("ssh -F client prod-web echo there") == "there"
    house.send("ssh -F client prod-web 'rm -rf ~/victims'\r").until("Esc to cancel:")
    house.rest(0.5)
    since = len(house.raw)
    house.send("\x1b").prompt(since)
    assert house.status() != 0
    assert (local.host.home("plain") / "victims/a").exists()


def test_programs_keep_the_real_ssh(desk):
    """A script, rsync and git start ssh itself."""
    house, _ = desk
    assert house.output("type -t ssh") == "function"
    assert house.output("bash -c 'type -t ssh'") == "file"
    assert pexpect.which("ssh")
