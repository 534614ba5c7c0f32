"""Calls of safe-ssh that are not followed: commands, other shells, other servers, plain ssh.

What must not live here: the followed session (test_ssh_follow).
"""

import re
import shutil
import time

import pexpect
import pytest

from tests.live.sshlocal import PROMPT, answer, challenge, gone

pytestmark = pytest.mark.live


def victim(local):
    return local.host.home("plain") / "victims/a"


@pytest.mark.parametrize("text", ["echo x; echo err >&2; exit 3", "printf '\\0\\377'", "cat", "ls /nonexistent"])
def test_a_reading_command_is_ssh_s_own(local, text):
    """Standard streams and status are byte for byte those of ssh."""
    ours = local.run("prod-web", text, input=b"\0\xff any bytes")
    theirs = local.host.ssh("prod-web", text, input=b"\0\xff any bytes")
    assert (ours.returncode, ours.stdout, ours.stderr) == (theirs.returncode, theirs.stdout, theirs.stderr)


@pytest.mark.parametrize("words", [("rm -rf ~/victims",), ("rm", "-rf", "victims"), ("cd /; rm -rf ~/victims",), ("-t", "sudo rm -rf ~/victims")])  # fmt: skip
def test_a_destructive_command_is_refused_off_a_terminal(local, words):
    """126, why, where, and a request id; ssh is not started."""
    done = local.run("prod-web", *words)
    said = done.stderr.decode()
    assert (done.returncode, done.stdout) == (126, b"")
    assert said.startswith("safeshell: refused: ")
    assert "prod-web" in said
    assert re.search(r"approve --own ([a-z0-9-]{4,}), then run again with --guard-confirm \1", said)
    assert victim(local).exists()


def test_options_behind_the_host_and_before(local):
    """`ssh host -l user rm ...`, `ssh -l user -- host rm ...`: the command is found wherever it stands."""
    name = local.host.users["plain"]
    for words in (("prod-web", "-l", name, "rm", "-rf", "victims"), ("-l", name, "--", "prod-web", "rm -rf victims")):
        assert local.run(*words).returncode == 126, words
    assert victim(local).exists()
    done = local.run("dev-box", "-o", "LogLevel=ERROR", "echo", "ok")
    assert done.stdout == b"ok\n", done


def test_a_person_is_asked(local):
    """At a terminal the full dialog shows the command before it is sent; Esc is 126, the challenge sends it."""
    child = local.open("prod-web", "rm -rf ~/victims")
    child.expect("Esc to cancel: ")
    answer(child, "\x1b")
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 126
    assert victim(local).exists()
    child = local.open("prod-web", "rm -rf ~/victims")
    child.expect("Esc to cancel: ")
    answer(child, challenge(child) + "\r")
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 0
    assert not victim(local).exists()


def test_the_tier_comes_of_where_ssh_really_goes(local):
    """An alias with a harmless name is production when its HostName, its jump host or its network is."""
    config = local.home / "ssh.conf"
    config.write_text(
        f"Host box\n  HostName db1.prod.example\nHost far\n  ProxyJump bastion-prod\n  HostName inner.example\n"
        f"Host net\n  HostName 10.20.0.7\nInclude {local.host.client}\n"
    )
    local.configure("environments: [{name: n, tier: production, match: {cidr: [10.20.0.0/16]}}]\n")
    for alias in ("box", "far", "net"):
        done = local.run("-F", "ssh.conf", alias, "rm -rf /srv/x")
        assert done.returncode == 126
        assert b"(PROD)" in done.stderr, (alias, done.stderr)


def test_consent_is_asked_once(local):
    """N and Enter: plain ssh with one line that says so, and no further question; never: no question at all."""
    child = local.open("prod-web")
    child.expect(re.escape("[y/N] "))
    child.send("\r")
    child.expect("safeshell: PROD prod-web is not followed: that shell is UNGUARDED")
    child.expect(r"home\$ ")
    child.send("exit 4\r")
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 4
    child = local.open("prod-web")
    assert child.expect([r"home\$ ", re.escape("[y/N]")]) == 0
    child.close(force=True)
    local.follow().close(force=True)


def test_the_site_can_switch_following_off(local):
    """follow: never counts before any answer or option."""
    local.configure("follow: never\n")
    child = local.open("--guard-follow", "prod-web")
    child.expect("not followed")
    child.expect(r"home\$ ")
    child.close(force=True)


def test_following_always(local):
    """follow: always asks no consent."""
    local.configure("follow: always\n")
    child = local.open("prod-web")
    child.expect(PROMPT)


def with_shell(local, alias: str, shell: str):
    """The person, and an account there with this login shell: `prod-ALIAS`."""
    if alias not in local.host.users:
        local.host.add(alias, shell)
        local.host.aliases[f"prod-{alias}"] = alias
        local.host._write_client()
    return local.fresh()


@pytest.mark.parametrize("alias", ["posh", "dash"])
def test_another_login_shell_opens_as_it_is(local, alias):
    """A shell that cannot be followed, or by `follow_sh: plain` is not, opens with one line; its own prompt and exit status."""
    shell = shutil.which("dash")
    if alias == "posh":
        other = local.host.folder / "bin/posh"
        if not other.exists():
            shutil.copy(shell, other)
        shell = str(other)
    local.configure("follow_sh: plain\n")
    child = with_shell(local, alias, shell).open("--guard-follow", f"prod-{alias}")
    child.expect(f"safeshell: the shell there is {alias}: this session is UNGUARDED")
    child.send("echo it-works; exit 3\r")
    child.expect("it-works\r\n")
    child.expect(pexpect.EOF, timeout=20)
    child.close()
    assert child.exitstatus == 3


def test_a_shell_that_is_too_old(local):
    """A bash whose version the hook does not know opens as it is, with its version."""
    old = local.host.folder / "bin/old/bash"
    old.parent.mkdir(exist_ok=True)
    old.write_text(
        '#!/bin/bash\nif [ "$1" = --version ]; then echo "GNU bash, version 4.2.46(2)-release"; else exec /bin/bash "$@"; fi\n'
    )
    old.chmod(0o755)
    child = with_shell(local, "old", str(old)).open("--guard-follow", "prod-old")
    child.expect(
        "safeshell: the shell there is bash 4.2.46, which is too old to be followed: this session is UNGUARDED"
    )
    child.send("echo it-$((1+1))-works; exit 3\r")
    child.expect("it-2-works\r\n")
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 3


def test_a_restricted_shell_gets_plain_ssh(local):
    """rbash starts nothing of ours: one line, then plain ssh, over the same connection."""
    child = with_shell(local, "rbash", "/bin/rbash").open("--guard-follow", "prod-rbash")
    child.expect("plain ssh now|this is plain ssh, UNGUARDED")
    child.expect(r"home\$ |\$ ")
    child.send("echo it-$((1+1))-works; exit 3\r")
    child.expect("it-2-works")
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 3


@pytest.mark.parametrize("most", [1, 3])
def test_a_server_that_allows_few_sessions(local, most):
    """No channel can be had, or not all: the shell opens as soon as the server refuses, with one line and the right size.

    What was typed ahead is kept: no byte of the terminal tells the other side.
    """
    local.host.restart(f"MaxSessions {most}")
    try:
        begun = time.monotonic()
        local.run("prod-web", "true")
        once = time.monotonic() - begun
        begun = time.monotonic()
        child = local.fresh().open("--guard-follow", "prod-web", size=(31, 97))
        child.send("stty size; exit 3\r")
        child.expect("safeshell: the remote side allows no sessions beside this one: this session is UNGUARDED")
        assert time.monotonic() - begun < 2 + 4 * once
        child.expect("31 97\r\n")
        child.expect(pexpect.EOF)
        child.close()
        assert child.exitstatus == 3
        gone(local.host, "plain")
    finally:
        local.host.restart()


def test_a_forced_command_is_ssh_s_own(local):
    """ForceCommand of the server runs once, and nothing of ours takes its place."""
    local.host.restart(
        f"Match User {local.host.users['plain']}", "  ForceCommand echo forced; echo $(date +%s%N) >>~/forced"
    )
    try:
        child = local.fresh().open("--guard-follow", "prod-web")
        child.expect("forced")
        child.expect(pexpect.EOF)
        child.close()
        assert child.exitstatus == 0
        assert (local.host.home("plain") / "forced").read_text().count("\n") == 1
    finally:
        local.host.restart()


def test_a_host_that_cannot_be_reached(local):
    """ssh's own message and 255; no second try."""
    child = local.open("--guard-follow", "-p", "1", "prod-web")
    child.expect("Connection refused")
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 255
    assert b"UNGUARDED" not in child.before


@pytest.mark.parametrize(
    "words", [("-V",), ("-G", "prod-web"), ("-Q", "cipher"), (), ("-Z",), ("-O", "check", "prod-web")]
)
def test_what_opens_no_session_is_ssh_s_own(local, words):
    """Version, configuration, lists, wrong usage: as ssh says it."""
    ours, theirs = local.run(*words), local.host.run("ssh", "-F", str(local.host.client), *words)
    assert (ours.returncode, ours.stdout, ours.stderr) == (theirs.returncode, theirs.stdout, theirs.stderr)


def test_forwardings_to_production_are_shown(local):
    """-L to or through production is said once, at a terminal."""
    child = local.open("--guard-plain", "-N", "prod-web")
    child.close(force=True)
    child = local.open("-N", "-L", "15999:db.prod.internal:5432", "dev-box")
    child.expect("safeshell: local 15999 leads to db.prod.internal through dev-box \\(PROD\\)")
    child.close(force=True)


def test_a_shared_connection_of_the_person_s_own(local):
    """ControlMaster and ControlPath of the configuration are used, and the master stays."""
    path = local.host.folder / "own-%C"
    config = local.home / "ssh.conf"
    config.write_text(
        f"Host *\n  ControlMaster auto\n  ControlPath {path}\n  ControlPersist 30\nInclude {local.host.client}\n"
    )
    child = local.open("--guard-follow", "-F", str(config), "prod-web")
    child.expect(PROMPT)
    child.send("rm -rf ~/victims\r")
    child.expect("Esc to cancel: ")
    answer(child, "\x1b")
    child.expect(PROMPT)
    child.send("exit 6\r")
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 6
    assert local.host.run("ssh", "-F", str(config), "-O", "check", "prod-web").returncode == 0
    local.host.run("ssh", "-F", str(config), "-O", "exit", "prod-web")
    assert victim(local).exists()


def test_settings_of_one_s_own_are_not_asked_about(local):
    """-F with a file below /tmp is asked about only where somebody else could have written it."""
    config = local.home / "mine.conf"
    config.write_text(local.host.client.read_text())
    config.chmod(0o600)
    assert local.run("-F", str(config), "prod-web", "echo ok").stdout == b"ok\n"
    config.chmod(0o666)
    done = local.run("-F", str(config), "prod-web", "echo ok")
    assert (done.returncode, done.stdout) == (126, b"")


def test_a_password_is_asked_once(local):
    """What ssh asks at the terminal (host key, password) is asked and answered there, once; the channels ask nothing."""
    import subprocess

    name = local.host.users["plain"]
    subprocess.run(["chpasswd"], input=f"{name}:correct horse\n".encode(), check=True)
    local.host.restart("PasswordAuthentication yes")
    try:
        known = local.home / "known"
        options = ("-o", "BatchMode=no", "-o", "PubkeyAuthentication=no", "-o", "StrictHostKeyChecking=ask", "-o", f"UserKnownHostsFile={known}")  # fmt: skip
        child = local.fresh().open("--guard-follow", *options, "prod-web")
        child.expect("fingerprint")
        child.expect("yes/no")
        child.send("yes\r")
        child.expect("password: ")
        child.send("correct horse\r")
        assert child.expect([PROMPT, "password: "]) == 0
        assert b"correct horse" not in child.before
        assert "127.0.0.1" in known.read_text()
    finally:
        local.host.restart()


def test_a_wrong_password_is_ssh_s_own_failure(local):
    """Permission denied and 255, as ssh says it."""
    local.host.restart("PasswordAuthentication yes")
    try:
        options = ("-o", "BatchMode=no", "-o", "PubkeyAuthentication=no", "-o", "NumberOfPasswordPrompts=1")
        child = local.fresh().open("--guard-follow", *options, "prod-web")
        child.expect("password: ")
        child.send("wrong\r")
        child.expect("Permission denied")
        child.expect(pexpect.EOF)
        child.close()
        assert child.exitstatus == 255
    finally:
        local.host.restart()
