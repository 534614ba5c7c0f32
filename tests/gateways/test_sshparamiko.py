"""Where a call of our own client leads, and what it refuses; connections: tests/live/test_ssh_paramiko."""

import pytest

from safeshell.gateways.sshargs import read_call
from safeshell.gateways.sshparamiko import resolve_alone
from safeshell.model.errors import SafeshellError


@pytest.fixture
def resolve(tmp_path):
    def find(*words: str, config: str = ""):
        (tmp_path / "config").write_text(config)
        return resolve_alone(
            read_call(["-F", str(tmp_path / "config"), *words]), {"HOME": str(tmp_path), "USER": "dana"}
        )

    return find


def test_the_command_line_comes_before_the_configuration(resolve):
    """-l, -p, -o and user@ before what the file says; the file before the defaults."""
    config = "Host box\n HostName 10.0.0.7\n User app\n Port 2200\n"
    assert resolve("box", config=config).key == "app@10.0.0.7:2200"
    assert resolve("-p", "23", "-l", "root", "box", config=config).key == "root@10.0.0.7:23"
    assert resolve("eve@box", config=config).user == "eve"
    assert resolve("-o", "HostName=h2", "box", config=config).host == "h2"
    assert resolve("other").key == "dana@other:22"


def test_jump_hosts_have_their_own_part_of_the_configuration(resolve):
    """Names for the tier as written, addresses for the connection as configured."""
    target = resolve("-J", "a,bob@b:23", "box", config="Host a\n HostName 10.0.0.1\n Port 2200\n User jump\n")
    assert target.setting("proxyjump") == "a,bob@b:23"
    assert target.settings["jumps"] == ("jump@10.0.0.1:2200", "bob@b:23")


@pytest.mark.parametrize("words", [("-D", "1080", "h"), ("-R", "8080", "h"), ("-L", "/run/x:a:2", "h"), ("-M", "h"), ("-o", "ProxyCommand=x", "h"), ("-o", "GSSAPIAuthentication=yes", "h")])  # fmt: skip
def test_what_it_cannot_do_is_named(resolve, words):
    """With the advice to use OpenSSH."""
    with pytest.raises(SafeshellError, match="use OpenSSH"):
        resolve(*words)


def test_proxycommand_of_the_configuration_is_named(resolve):
    """A way that is not taken is never passed over in silence."""
    with pytest.raises(SafeshellError, match="ProxyCommand"):
        resolve("box", config="Host box\n ProxyCommand nc %h %p\n")


def test_a_missing_configuration_is_told(tmp_path):
    """-F names a file that is not there."""
    with pytest.raises(SafeshellError, match="there is no file"):
        resolve_alone(read_call(["-F", str(tmp_path / "none"), "h"]), {"HOME": str(tmp_path)})


def test_forwardings_of_both_kinds(resolve):
    """Those of the command line and of the configuration, as `ssh -G` writes them; the last -A or -a counts."""
    config = (
        "Host box\n LocalForward 1 db:2\n LocalForward [::1]:3 [::2]:4\n RemoteForward *:5 h:6\n ForwardAgent yes\n"
    )
    target = resolve("-L", "7:web:80", "box", config=config)
    assert target.settings["localforward"] == ("7 [web]:80", "1 [db]:2", "[::1]:3 [::2]:4")
    assert target.settings["remoteforward"] == ("[*]:5 [h]:6",)
    assert ("local 7", "web") in target.forwards()
    assert target.setting("forwardagent") == "yes"
    assert resolve("-a", "box", config=config).setting("forwardagent") == ""
    assert resolve("-a", "-A", "other", config=config).setting("forwardagent") == "yes"
    assert resolve("-o", "LocalForward=9 db:2", "other").settings["localforward"] == ("9 [db]:2",)
