"""Where a call leads, by the real `ssh -G`."""

import os
import shutil

import pytest

from safeshell.gateways.sshargs import read_call
from safeshell.gateways.sshtarget import SshTarget, resolve_call
from safeshell.model.effects import Tier
from safeshell.policy.observation import Observation
from safeshell.policy.policy import Condition, EnvironmentRule, Policy

pytestmark = pytest.mark.skipif(not shutil.which("ssh"), reason="ssh is not installed")
HERE = Observation(host="laptop", names=("laptop",), user="dana", operator="dana")


def resolve(tmp_path, words: list[str], config: str = "") -> SshTarget:
    (tmp_path / "config").write_text(config)
    return resolve_call(read_call(["-F", str(tmp_path / "config"), *words]), shutil.which("ssh"), dict(os.environ))


def test_an_alias_is_what_it_stands_for(tmp_path):
    """Host name, user, port and jump hosts; the consent's key holds user, host and port."""
    target = resolve(
        tmp_path, ["box"], "Host box\n HostName db1.prod.example\n User app\n Port 2200\n ProxyJump j1,j2\n"
    )
    assert target.told
    assert (target.host, target.user, target.key) == ("db1.prod.example", "app", "app@db1.prod.example:2200")
    assert target.facts(Policy()).via == ("j1", "j2")
    assert target.environment(HERE, Policy()).tier is Tier.PRODUCTION


def test_a_jump_host_counts(tmp_path):
    """What is reached through production is production's."""
    assert resolve(tmp_path, ["-J", "bastion-prod", "inner"]).environment(HERE, Policy()).tier is Tier.PRODUCTION
    assert resolve(tmp_path, ["inner"]).environment(HERE, Policy()).tier is Tier.UNKNOWN


def test_a_network_counts(tmp_path):
    """cidr rules see the address."""
    rule = EnvironmentRule("net", Tier.STAGING, (Condition("cidr", "", ("10.20.0.0/16",)),))
    target = resolve(tmp_path, ["-o", "HostName=10.20.0.7", "box"])
    assert target.environment(HERE, Policy(environments=(rule,))).tier is Tier.STAGING


def test_forwardings_are_named(tmp_path):
    """Each with what is opened and the host that it leads to."""
    words = ["-L", "5432:db.prod:5432", "-D", "1080", "-R", "80:web:8080", "box"]
    assert resolve(tmp_path, words).forwards() == (
        ("local 5432", "db.prod"),
        ("remote 80", "web"),
        ("local 1080 (any host)", "box"),
    )


def test_a_shared_connection_is_known(tmp_path):
    """Only where both ControlMaster and ControlPath are set."""
    assert resolve(tmp_path, ["box"], "ControlMaster auto\nControlPath /tmp/x-%h\n").shared
    assert not resolve(tmp_path, ["box"], "ControlPath /tmp/x-%h\n").shared
    assert not resolve(tmp_path, ["box"]).shared


def test_a_call_that_ssh_does_not_understand(tmp_path):
    """Nothing is told."""
    assert not resolve(tmp_path, ["-o", "NoSuchKey=1", "box"]).told
