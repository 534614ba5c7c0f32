"""The client's bytes cut into messages."""

import pytest

from safeshell.protocols.wire import Broken
from tests.protocols.postgres.play import COPY_DONE, Play, Q, X, copy, done, reply


def test_a_part_of_a_message_stays():
    """Byte by byte nothing is submitted before the last one."""
    play = Play()
    sent = Q("drop table t")
    for byte in sent[:-1]:
        play.client(bytes((byte,))).submitted().to_server()
    play.client(sent[-1:]).submitted("drop table t").to_server()


def test_backpressure():
    """With a whole at hand and a megabyte behind it the client is not to be read."""
    play = Play().client(Q("x"))
    assert play.machine.hungry
    play.client(Q("y" * 1_500_000))
    assert not play.machine.hungry
    play.submitted("x").release().server(done("X")).submitted("y" * 1_500_000)
    assert play.machine.hungry


def test_a_client_that_is_read_all_the_same_is_cut_off():
    """The bound holds even for an owner that does not look at `hungry`."""
    play = Play(cap=1024 * 1024).client(Q("x"))
    for _ in range(40):
        play.client(b"Q" + b"\0" * 70_000)
    assert isinstance(play.events()[-1], Broken)
    assert play.machine.buffered == 0


def test_copy_messages_without_a_copy_are_dropped():
    """The server would ignore them as well."""
    Play().client(copy(b"x" * 100_000), COPY_DONE, reply("f", b"\0"), Q("x")).to_server().submitted("x")


@pytest.mark.parametrize("sent", [Q("drop"), reply("p", b"x\0"), b"d\0\0\0\1"])
def test_nothing_else_may_come_inside_a_copy(sent):
    """A query inside a COPY could run when the copy has just failed: it is the client's fault."""
    play = Play().client(Q("copy")).submitted("copy").release().server(reply("G", b"\0\0\0"))
    play.machine.data_to_server()
    play.client(sent).to_server()
    assert isinstance(play.events()[-1], Broken)


def test_the_end_inside_a_copy():
    """Terminate passes there too."""
    play = Play().client(Q("copy")).submitted("copy").release().server(reply("G", b"\0\0\0")).client(X)
    assert play.machine.data_to_server().endswith(X)
