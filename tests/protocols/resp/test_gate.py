"""The door of a loopback port."""

from __future__ import annotations

import pytest

from safeshell.protocols.resp.gate import NOAUTH, Gate


def judge(line, *, login=(), opened=False):
    gate = Gate(b"secret", login, opened)
    words, answer = gate.judge(tuple(line.encode().split()))
    return (
        (b" ".join(words).decode() if words is not None else None),
        answer.decode().partition(" ")[0].strip(),
        gate.opened,
    )


@pytest.mark.parametrize(
    ("line", "sent", "answer", "opened"),
    [
        ("GET a", None, "-NOAUTH", False),
        ("AUTH guess", None, "-WRONGPASS", False),
        ("AUTH secret", None, "+OK", True),
        ("AUTH anybody secret", None, "+OK", True),
        ("HELLO 3", None, "-NOAUTH", False),
        ("HELLO 3 AUTH default guess", None, "-WRONGPASS", False),
        ("HELLO 3 AUTH default secret SETNAME x", "HELLO 3 SETNAME x", "", True),
        ("QUIT", "QUIT", "", False),
    ],
)
def test_before_the_password(line, sent, answer, opened):
    """Nothing reaches the server."""
    assert judge(line) == (sent, answer, opened)


def test_the_servers_own_login_goes_on():
    """In the place of ours."""
    login = (b"AUTH", b"ann", b"pw")
    assert judge("AUTH secret", login=login) == ("AUTH ann pw", "", True)
    assert judge("HELLO 3 AUTH x secret", login=login) == ("HELLO 3 AUTH ann pw", "", True)
    assert judge("HELLO 3 AUTH x secret", login=(b"AUTH", b"pw"))[0] == "HELLO 3 AUTH default pw"


def test_afterwards_the_client_may_log_in_as_it_likes():
    """And everything passes."""
    assert judge("AUTH ann other", opened=True) == ("AUTH ann other", "", True)
    assert judge("GET a", opened=True) == ("GET a", "", True)
    assert NOAUTH.endswith(b"\r\n")
