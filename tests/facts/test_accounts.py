"""Who may log in and who administers: judged from passwd, group and /etc/shells."""

import time

import pytest

from safeshell.facts import accounts as module
from safeshell.facts.accounts import (
    Account,
    account,
    accounts,
    administrators_left,
    is_stub,
    shells_of,
    sudoers,
    usable,
)

STUB = "/usr/local/bin/safeshell-login"


def test_every_user_of_passwd_is_there():
    """root is listed, and administers."""
    found = {account.name: account for account in accounts()}
    assert found["root"].admin
    assert found["root"].uid == 0
    assert not found["nobody"].admin


def test_the_shells_of_a_file_keep_their_order():
    """Comments, empty lines and what is no absolute path are left out."""
    assert shells_of("# valid\n\n/bin/sh\n  /bin/zsh  # new\nrelative\n") == ("/bin/sh", "/bin/zsh")


@pytest.mark.parametrize(("shell", "expected"), [("/bin/sh", True), ("/usr/sbin/nologin", False), ("/bin/false", False), ("/nonexistent", False), ("/bin", False)])  # fmt: skip
def test_a_shell_that_somebody_can_log_in_with(shell, expected):
    """A program that is there and is a shell."""
    assert usable(shell) is expected


def test_administrators_who_keep_a_shell_of_their_own():
    """Those that change, that have safeshell-login already, or cannot log in do not count."""
    everybody = (
        Account("root", 0, 0, "/bin/sh", admin=True),
        Account("dana", 1000, 1000, STUB, admin=True),
        Account("eve", 1001, 1001, "/usr/sbin/nologin", admin=True),
        Account("bob", 1002, 1002, "/bin/sh"),
        Account("kim", 1003, 1003, "/bin/sh", admin=True, locked=True),
        Account("zoe", 1004, 1004, f"{STUB}-zsh", admin=True),
    )
    assert administrators_left(everybody, frozenset(), STUB) == ("root",)
    assert administrators_left(everybody, frozenset({"root"}), STUB) == ()


def test_one_account_by_name():
    """A user is found by name; a name that nobody has is None."""
    found = account("root")
    assert found is not None
    assert (found.uid, found.local, found.admin) == (0, True, True)
    assert account("nobody-has-this-name") is None


SUDOERS = r"""
# comment ALL=(ALL) ALL
Defaults env_reset
Defaults:eve !requiretty, passwd_tries=ALL
root ALL=(ALL:ALL) ALL
%ops,%staff  ALL=(ALL) NOPASSWD: ALL
ubuntu ALL=(ALL) NOPASSWD:ALL
User_Alias ADMINS = dana, kim
ADMINS ALL = ALL
backup ALL=(root) NOPASSWD: /usr/bin/rsync
bob \
  ALL=(ALL) \
  ALL
@includedir /etc/sudoers.d
"""


def test_who_may_become_root_by_sudo(tmp_path):
    """Users and groups with every command; not those with some commands. Lines that go on are one line."""
    (tmp_path / "sudoers").write_text(SUDOERS)
    names, groups = sudoers(module._sudoers_lines(str(tmp_path)))
    assert names == {"root", "ubuntu", "dana", "kim", "bob"}
    assert groups == {"ops", "staff"}


def test_administrators_of_sudoers_d(tmp_path):
    """A cloud image's only administrator stands in sudoers.d; files that sudo ignores do not count."""
    folder = tmp_path / "sudoers.d"
    folder.mkdir()
    (folder / "90-cloud").write_text("nobody ALL=(ALL) NOPASSWD:ALL\n")
    (folder / "old.bak").write_text("daemon ALL=(ALL) ALL\n")
    (tmp_path / "passwd").write_text("nobody:x:1:1::/:/bin/sh\n")
    found = {one.name: one for one in accounts(str(tmp_path))}
    assert found["nobody"].admin
    assert not found["daemon"].admin
    assert (found["nobody"].local, found["daemon"].local) == (True, False)


@pytest.mark.parametrize(
    ("password", "expires", "keys", "locked"),
    [
        ("$y$j9T$x", "", "", False),
        ("", "", "", False),
        ("!", "", "", True),
        ("*", "", "", True),
        ("!$y$j9T$x", "", "", True),
        ("*", "", "ssh-ed25519 AAAA dana\n", False),
        ("$y$j9T$x", "1", "", True),
        ("*", "1", "ssh-ed25519 AAAA dana\n", True),
        ("$y$j9T$x", str(int(time.time() / 86400) + 9), "", False),
    ],
)
def test_who_is_locked(tmp_path, password, expires, keys, locked):
    """No password and no key, or an account that is over; a key is enough."""
    (tmp_path / ".ssh").mkdir()
    (tmp_path / ".ssh/authorized_keys").write_text(keys)
    row = f"dana:{password}:19000:0:99999:7::{expires}:".split(":")
    assert module._locked(row, str(tmp_path)) is locked
    assert module._locked(None, str(tmp_path)) is False


def test_safeshell_login_by_other_names(tmp_path):
    """A link that names a shell, and another path to the same file, are safeshell-login; other shells are not."""
    stub, link, other = (tmp_path / name for name in ("safeshell-login", "other-name", "sh"))
    stub.touch()
    other.touch()
    link.symlink_to(stub)
    assert is_stub(str(link), str(stub))
    assert is_stub("/usr/local/bin/safeshell-login-zsh", str(stub))
    assert not is_stub(str(other), str(stub))
    assert not is_stub("/bin/bash", str(stub))
