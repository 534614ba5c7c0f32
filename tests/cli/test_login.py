"""`safeshell login enable|disable|check` says, asks, and locks nobody out; with real users: tests/live/test_login_admin."""

import os
import re

import pytest

from safeshell.cli import login
from safeshell.facts.accounts import Account

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="changing /etc/shells needs root, even a stand-in of it")


@pytest.fixture
def files(tmp_path):
    """A stand-in of safeshell-login and of /etc/shells, and the options that name them."""
    stub = tmp_path / "safeshell-login"
    stub.write_text('#!/bin/sh\nexec /bin/sh "$@"\n')
    stub.chmod(0o755)
    shells = tmp_path / "shells"
    shells.write_text("# comment\n/bin/sh")
    shells.chmod(0o640)
    return stub, shells, ("--stub", str(stub), "--shells", str(shells), "--former", str(tmp_path / "former"))


def test_enable_lists_it_once(person, files):
    """--yes: one line more in /etc/shells, its mode as it was; a second time there is nothing to do."""
    stub, shells, options = files
    done = person.run("login", "enable", "--yes", *options)
    assert done.returncode == 0, done
    assert f"will add {stub} to {shells}" in done.stdout
    assert shells.read_text() == f"# comment\n/bin/sh\n{stub}\n"
    assert shells.stat().st_mode & 0o777 == 0o640
    assert "nothing to change" in person.run("login", "enable", "--yes", *options).stdout
    assert person.run("login", "disable", "--yes", *options).returncode == 0
    assert shells.read_text() == "# comment\n/bin/sh\n"


def test_without_a_terminal_it_needs_a_yes(person, files):
    """It shows what it would do, and does nothing."""
    _, shells, options = files
    done = person.run("login", "enable", *options)
    assert done.returncode == 1
    assert "will add" in done.stdout
    assert "--yes" in done.stderr
    assert shells.read_text() == "# comment\n/bin/sh"


@pytest.mark.parametrize(
    ("keys", "changed"), [("y\r", True), ("\r", False), ("n\r", False), ("\x03", False), ("\x04", False)]
)
def test_it_asks(person, files, keys, changed):
    """Only y does it; Enter, n, Ctrl-C and the end of input do not."""
    stub, shells, options = files
    terminal = person.terminal("login", "enable", *options)
    terminal.child.expect(re.escape("do this? [y/N] "))
    terminal.child.send(keys)
    terminal.end()
    assert (str(stub) in shells.read_text()) is changed


def test_the_last_administrator_keeps_a_shell(person, files, monkeypatch):
    """Where root is the only administrator with a shell, root's is never changed."""
    root = Account("root", 0, 0, "/bin/sh", admin=True)
    stub = str(files[0])
    assert "last administrator" in login._lockout([root], [root], stub)
    other = Account("dana", 1000, 1000, "/bin/sh", admin=True)
    assert login._lockout([root, other], [root], stub) == ""
    assert "last administrator" in login._lockout([root, other], [root, other], stub)
    gone = Account("dana", 1000, 1000, "/usr/sbin/nologin", admin=True)
    assert "last administrator" in login._lockout([root, gone], [root], stub)
    assert login._lockout([root], [Account("bob", 1001, 1001, "/bin/sh")], stub) == ""


@pytest.mark.parametrize(("mode", "said"), [(0o700, "everybody"), (0o777, "root")])
def test_an_unfit_program_is_refused(person, files, mode, said):
    """Nobody gets a login shell that not all can start, or that others may change."""
    stub, _, options = files
    stub.chmod(mode)
    done = person.run("login", "enable", "--yes", *options)
    assert done.returncode == 1
    assert done.stderr.startswith("safeshell: refused: ")
    assert said in done.stderr


def test_a_user_that_nobody_is(person, files):
    """A name that is not there changes nothing."""
    done = person.run("login", "enable", "--yes", "--user", "nobody-has-this-name", *files[2])
    assert done.returncode == 1
    assert "there is no user" in done.stderr


def test_check_tells_what_is_missing(person, files):
    """Each finding is one line; not listed, or a stub that does not work, is a failure."""
    stub, _, options = files
    done = person.run("login", "check", *options)
    assert done.returncode == 1
    assert "FAIL" in done.stdout
    person.run("login", "enable", "--yes", *options)
    done = person.run("login", "check", *options)
    assert done.returncode == 0, done.stdout
    assert "a command through it runs" in done.stdout
    stub.write_text("#!/bin/sh\nexit 1\n")
    assert person.run("login", "check", *options).returncode == 1


def test_note_writes_a_line_into_the_audit(person):
    """What safeshell-login tells of a break-glass login."""
    assert person.run("login", "note", "break-glass", "because").returncode == 0
    assert "break-glass" in person.run("audit", "show").stdout + "".join(
        path.read_text() for path in person.home.rglob("audit-*.jsonl")
    )
