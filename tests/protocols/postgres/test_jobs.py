"""What becomes of the replies of one job."""

from safeshell.protocols.wire import Copied, Ran
from tests.protocols.postgres.play import Play, Q, columns, done, error, ready, reply, row, tag


def test_the_last_result_of_several_counts():
    """A run of several statements tells the last rows, and the last tag."""
    play = Play().client(Q("x")).submitted("x").run("a; b")
    play.server(columns("a"), row("1"), tag("SELECT 1"), columns("b"), row("2"), done("SELECT 1"))
    play.told(Ran("g", ("b",), (("2",),), "SELECT 1"))


def test_copies_can_stream():
    """COPY data of the guard's own comes whole, or in pieces when asked so."""
    data = reply("H", b"\0\0\0") + reply("d", b"1\n") + reply("d", b"2\n") + reply("c") + done("COPY 2")
    play = Play().client(Q("x")).submitted("x").run("copy").server(data).told(Ran("g", tag="COPY 2", copied=b"1\n2\n"))
    play.run("copy", stream=True).server(data)
    play.told(Copied("g", b"1\n"), Copied("g", b"2\n"), Ran("g", tag="COPY 2")).to_client()


def test_too_long_an_answer_is_an_error():
    """The guard's own answers are bounded; the connection stays in step."""
    play = (
        Play(cap=1000)
        .client(Q("x"))
        .submitted("x")
        .run("y")
        .server(columns("a"), *([row("v" * 400)] * 5), done("SELECT 5"))
    )
    (ran,) = play.events()
    assert ran.error.code == "guard"
    assert ran.rows == ()
    play.release().server(done("X"))
    assert play.machine.state == "I"


def test_too_long_a_kept_reply_is_told():
    """A kept reply that outgrows the cap can only fail."""
    play = Play(cap=3000).client(Q("x")).submitted("x").release(hold=True).server(tag("A"))
    play.server(columns("a"), *([row("v" * 900)] * 5), done("B"))
    (replied,) = play.events()
    assert replied.error.code == "guard"


def test_a_copy_that_the_guard_asked_for_gets_nothing():
    """COPY FROM STDIN makes no sense for the guard: it is failed at once."""
    play = Play().client(Q("x")).submitted("x").run("copy t from stdin").to_server(Q("copy t from stdin"))
    play.server(reply("G", b"\0\0\0")).to_server(reply("f", b"safeshell sends no data\0"))
    play.server(error("COPY failed", "57014"), ready())
    assert play.events()[0].error.code == "57014"


def test_a_fatal_error_is_for_everybody():
    """FATAL while the guard asks: the client must know as well."""
    fatal = error("terminating connection", "57P01", "FATAL")
    play = Play().client(Q("x")).submitted("x").run("y").server(fatal).to_client(fatal)
    play.machine.server_closed()
    play.to_client()
