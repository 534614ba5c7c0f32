"""What a connection's own commands make of it."""

from __future__ import annotations

from safeshell.protocols.resp.state import Connection


def sent(*lines: str) -> Connection:
    state = Connection()
    for line in lines:
        state.sent(tuple(word.encode() for word in line.split()))
    return state


def test_database_and_user():
    """The last one counts; a password alone is the default user's."""
    state = sent("SELECT 3", "auth pw", "hello 3 auth ann pw setname x", "SELECT nonsense")
    assert (state.database, state.user, state.protocol) == (3, "ann", 3)
    assert state.login == (b"AUTH", b"ann", b"pw")
    assert sent("AUTH pw").user == "default"


def test_transactions():
    """From MULTI to EXEC or DISCARD."""
    assert sent("MULTI").in_multi
    assert not sent("MULTI", "EXEC").in_multi
    assert not sent("MULTI", "discard").in_multi
    assert not sent("MULTI", "RESET").in_multi


def test_answers():
    """SKIP silences exactly one command, OFF all until ON."""
    assert not sent("CLIENT REPLY SKIP").answers
    assert sent("CLIENT REPLY SKIP", "GET a").answers
    assert not sent("CLIENT REPLY OFF", "GET a").answers
    assert sent("CLIENT REPLY OFF", "CLIENT REPLY ON").answers


def test_subscriptions_and_copies():
    """SUBSCRIBE until the last UNSUBSCRIBE; SYNC for good."""
    assert sent("SUBSCRIBE a").subscribed
    assert not sent("SUBSCRIBE a", "UNSUBSCRIBE").subscribed
    assert sent("PSYNC ? -1").replica
    assert sent("SELECT 3", "RESET").database == 0
