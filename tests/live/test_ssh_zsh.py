"""safe-ssh followed into a remote zsh: the same as into bash.

What must not live here: what does not depend on the shell (test_ssh_follow).
"""

import shutil

import pexpect
import pytest

from tests.live.sshlocal import PROMPT, answer, challenge, left_there, line

pytestmark = [pytest.mark.live, pytest.mark.skipif(not shutil.which("zsh"), reason="zsh is not installed")]


@pytest.fixture
def remote(local):
    """`prod-zsh`, whose login shell is zsh with start files of its own."""
    if "prod-zsh" not in local.host.aliases:
        local.host.add("zsh", shutil.which("zsh"))
        local.host.aliases["prod-zsh"] = "zsh"
        local.host._write_client()
    local.host.put("zsh", ".zshrc", "PS1='home$ '\nFROM_RC=rc\n")
    local.host.put("zsh", ".zprofile", "FROM_PROFILE=profile\n")
    local.host.put("zsh", "victims/a", "precious\n")
    return local.fresh()


def victim(local):
    return local.host.home("zsh") / "victims/a"


def test_its_own_start_files_and_exit_status(remote):
    """A login zsh with the person's files; reading passes; no file of ours is left there; the status comes back."""
    child = remote.follow("prod-zsh")
    said = line(child, "echo $FROM_RC $FROM_PROFILE ${ZDOTDIR-unset}; [[ -o login ]] && echo login")
    assert "rc profile unset\nlogin" in said
    assert not left_there(remote.host, "zsh")
    child.send("exit 7\r")
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 7


@pytest.mark.parametrize(
    "text", ["rm -rf ~/victims", "for f in ~/victims; do rm -rf $f; done", "cd / && rm -rf ~/victims | cat"]
)
def test_a_deletion_is_asked(remote, text):
    """Esc keeps the file, and the shell lives on."""
    child = remote.follow("prod-zsh")
    child.send(text + "\r")
    child.expect("Esc to cancel: ")
    answer(child, "\x1b")
    child.expect("safeshell: refused: ")
    child.expect(PROMPT)
    assert victim(remote).exists()
    assert "alive" in line(child, "echo alive")


def test_a_confirmed_deletion_runs(remote):
    """The challenge lets it run there."""
    child = remote.follow("prod-zsh")
    child.send("rm -rf ~/victims\r")
    child.expect("Esc to cancel: ")
    answer(child, challenge(child) + "\r")
    child.expect(PROMPT)
    assert not victim(remote).exists()


def test_a_zsh_inside_keeps_its_own_files(remote):
    """What is started there finds the person's start files, not ours."""
    child = remote.follow("prod-zsh")
    child.send("zsh\r")
    found = child.expect([r"\[Esc\] no: ", r"home\$ "])
    if found == 0:
        answer(child, "o")
        child.expect(r"home\$ ")
    child.send("echo inside-$FROM_RC\r")
    child.expect("inside-rc\r\n")
