"""Who may log in and who administers: judged from passwd, group and /etc/shells."""

import pytest

from safeshell.facts.accounts import Account, accounts, administrators_left, shells_of, usable

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
    )
    assert administrators_left(everybody, frozenset(), STUB) == ("root",)
    assert administrators_left(everybody, frozenset({"root"}), STUB) == ()
