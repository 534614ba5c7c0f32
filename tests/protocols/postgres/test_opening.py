"""The start-up."""

import struct

import pytest

from safeshell.model.errors import ProtocolError
from safeshell.protocols.postgres.opening import joined_options, without_plus
from safeshell.protocols.wire import Broken, CancelAsked, Closed, ServerError, Started, StartRefused
from tests.protocols.postgres.play import Play, Q, error, parameter, ready, reply, startup

OURS = "-c default_transaction_read_only=on"
AUTH_OK = reply("R", b"\0\0\0\0")
SSL = struct.pack("!II", 8, 80877103)


def begun(**options) -> Play:
    return Play(begin=False, mode="options", **options)


def test_encryption_is_declined_and_options_come_last():
    """SSL and GSS requests get N; our option stands behind the client's own, where the last one wins."""
    play = begun().client(SSL, struct.pack("!II", 8, 80877104)).to_client(b"NN").to_server()
    play.client(startup(user="me", options="-c work_mem=1MB"))
    play.to_server(startup(user="me", options=f"-c work_mem=1MB {OURS}"))


def test_a_parameter_of_the_same_name_is_taken_out():
    """The server applies parameters after options, so one of that name would win over ours; a second `options` too."""
    play = begun().client(startup(user="me", Default_Transaction_Read_Only="off", options="-c a=b"))
    play.to_server(startup(user="me", options=f"-c a=b {OURS}"))


@pytest.mark.parametrize(
    ("theirs", "joined"),
    [
        (b"", b"x"),
        (b"-c a=b", b"-c a=b x"),
        (b"-c a=b\\", b"-c a=b x"),
        (b"-c a=b\\\\", b"-c a=b\\\\ x"),
        (b"  ", b"x"),
    ],
)
def test_a_backslash_does_not_swallow_ours(theirs, joined):
    """A lone backslash at the end would make the space and our option a part of the client's value."""
    assert joined_options(theirs, b"x") == joined


def test_the_start_is_told():
    """After the first ReadyForQuery: who, where, the server's parameters, pid and key; nothing before."""
    play = begun().client(startup(user="me", database="shop")).server(AUTH_OK, parameter("TimeZone", "UTC"))
    assert play.events() == []
    play.server(reply("K", b"\0\0\0\7abcd"), ready()).told(Started("me", "shop", {"TimeZone": "UTC"}, 7, b"abcd"))
    assert play.machine.state == "I"


def test_statements_sent_too_early_wait():
    """A client that does not wait for the start is judged all the same."""
    play = begun().client(startup(user="me"), Q("drop")).server(AUTH_OK, ready())
    play.submitted("drop")


def test_channel_binding_is_taken_from_the_offer():
    """Two TLS channels are not one; the length of the message counts what is left."""
    offer = reply("R", b"\0\0\0\x0aSCRAM-SHA-256-PLUS\0SCRAM-SHA-256\0\0")
    play = begun().client(startup(user="me")).server(offer)
    play.to_client(reply("R", b"\0\0\0\x0aSCRAM-SHA-256\0\0"))
    with pytest.raises(ProtocolError):
        without_plus(b"\0\0\0\x0aSCRAM-SHA-256-PLUS\0\0")


def test_passwords_pass():
    """Authentication goes through whole."""
    play = begun().client(startup(user="me"))
    play.machine.data_to_server()
    play.server(reply("R", b"\0\0\0\3")).client(reply("p", b"secret\0")).to_server(reply("p", b"secret\0"))


def test_a_cancel_request_is_an_event():
    """It comes on a connection of its own and goes nowhere by itself."""
    play = begun().client(struct.pack("!III", 16, 80877102, 7) + b"abcd").to_server()
    play.told(CancelAsked(7, b"abcd"), Closed("client"))


@pytest.mark.parametrize("value", ["database", "true", "1", "on"])
def test_replication_is_refused(value):
    """Nothing of it reaches the server, and the client reads why; `off` is an ordinary start."""
    play = begun().client(startup(user="me", replication=value)).to_server().told(Closed("guard"))
    assert b"safeshell: refused: a replication connection" in play.machine.data_to_client()


def test_replication_where_it_is_allowed():
    """Then bytes pass unjudged, and no option of ours is in the way."""
    play = begun(replication=True).client(startup(user="me", replication="database"))
    play.to_server(startup(user="me", replication="database")).server(AUTH_OK, ready())
    play.client(Q("IDENTIFY_SYSTEM")).to_server(Q("IDENTIFY_SYSTEM"))


def test_a_pooler_that_wants_no_options_is_asked_again():
    """The refusal is told to the owner first; restart sends the same start-up without them, and pins."""
    no = error("unsupported startup parameter: options", "08P01", "FATAL")
    play = begun().client(startup(user="me"))
    play.machine.data_to_server()
    play.server(no).to_client().told(
        StartRefused(ServerError("FATAL", "08P01", "unsupported startup parameter: options"))
    )
    play.machine.restart()
    play.to_server(startup(user="me")).server(AUTH_OK, ready())
    assert play.machine.mode == "pinned"
    assert play.machine.started
    other = begun().client(startup(user="me")).server(no)
    other.machine.give_up()
    other.to_client(no)


def test_a_wrong_password_is_the_servers_own_error():
    """Once the server has asked for something its errors pass."""
    no = error("password authentication failed", "28P01", "FATAL")
    begun().client(startup(user="me")).server(reply("R", b"\0\0\0\3"), no).to_client(reply("R", b"\0\0\0\3"), no)


@pytest.mark.parametrize(
    "garbage",
    [b"GET / HTTP/1.1\r\n", b"\x16\x03\x01\x02\0", b"\0\0\0\x08\0\2\0\0", b"\0\0\0\3", startup(user="a")[:-1] + b"x"],
)
def test_a_client_that_speaks_otherwise(garbage):
    """It is named, and nothing reaches the server."""
    play = begun().client(garbage).to_server()
    assert [type(one) for one in play.events()] == [Broken]


def test_a_server_that_speaks_otherwise():
    """An HTTP server behind the socket is the server's fault."""
    play = begun().client(startup(user="me")).server(b"HTTP/1.1 400 Bad Request\r\n")
    assert play.events()[0].side == "server"
