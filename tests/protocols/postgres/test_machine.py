"""The PostgreSQL machine as a play: who says what, and what must follow."""

import pytest

from safeshell.protocols.postgres.machine import CAP, READ_ONLY, PostgresMachine
from safeshell.protocols.wire import Broken, Closed, Parameter, Ran, Unit
from tests.protocols.postgres.play import (
    BAD_QUERY,
    BOUND,
    NONCE,
    PARSED,
    B,
    E,
    P,
    Play,
    Q,
    S,
    X,
    columns,
    done,
    error,
    parameter,
    ready,
    refusal,
    reply,
    row,
    tag,
)


def test_thirty_megabytes_fit():
    """A statement of 30 MB can be held; the option is spelled as the server wants it."""
    assert CAP > 30 * 1024 * 1024
    assert READ_ONLY == "-c default_transaction_read_only=on"


def test_a_query_waits_for_its_release():
    """Nothing goes to the server before release; then exactly what the client sent; the answer comes back whole."""
    answer = columns("a") + row("1") + done("SELECT 1")
    play = Play().client(Q("select 1")).to_server().submitted("select 1", in_transaction=False, failed=False)
    assert play.machine.held
    play.release().to_server(Q("select 1")).server(answer).to_client(answer)
    assert not play.machine.held
    assert play.machine.state == "I"


def test_release_counts_once():
    """A second release, a late refusal and an unknown id do nothing."""
    play = Play().client(Q("x")).submitted("x").release().to_server(Q("x"))
    play.machine.release("77")
    play.release().refuse().to_server()


def test_a_refused_query_fails_at_the_server():
    """The server gets a text that can't parse; its error is rewritten, its ReadyForQuery is its own."""
    play = Play().client(Q("drop table t")).submitted("drop table t")
    play.refuse("safeshell: refused: no\nwhy\nso", hint="do that").to_server(BAD_QUERY)
    play.server(error("syntax error"), ready("E")).to_client(refusal(detail="why\nso", hint="do that") + ready("E"))
    assert play.machine.state == "E"


def test_the_next_whole_waits_for_the_answer():
    """A client that sends on is read only when the first whole is answered, so that its status is the true one."""
    play = Play().client(Q("begin"), Q("select 1")).submitted("begin").release().submitted()
    play.server(done("BEGIN", "T")).submitted("select 1", in_transaction=True)


def test_async_messages_always_pass():
    """Notifications and parameters reach the client while a statement is held, and while the guard asks."""
    note = reply("A", b"\0\0\0\1c\0p\0")
    play = Play().client(Q("x")).submitted("x").server(note).to_client(note)
    play.run("select 2").to_server(Q("select 2"))
    play.server(
        parameter("TimeZone", "UTC"), note, columns("a"), row("é"), reply("N", b"SNOTICE\0\0"), done("SELECT 1")
    )
    play.to_client(parameter("TimeZone", "UTC"), note)
    play.told(Parameter("TimeZone", "UTC"), Ran("g", ("a",), (("é",),), "SELECT 1"))


def test_the_guards_own_error_is_an_answer():
    """An error of the guard's query is told to its owner and not to the client."""
    play = Play().client(Q("x")).submitted("x").run("select nope").server(error("nope", "42703"), ready())
    (ran,) = play.events()
    assert (ran.error.code, ran.error.message) == ("42703", "nope")
    play.to_client()


def test_a_parameterised_statement_tells_its_values():
    """Units hold the text of the Parse, the values, formats and types of the Bind."""
    play = Play().client(P("delete from t where a = $1", types=(23,)), B(b"7"), E(), S)
    (event,) = play.events()
    assert event.units == (Unit("delete from t where a = $1", (b"7",), (0,), (23,)),)
    play.machine.release(event.id)
    play.to_server(P("delete from t where a = $1", types=(23,)), B(b"7"), E(), S)
    answer = PARSED + BOUND + done("DELETE 1")
    play.server(answer).to_client(answer)


def test_preparing_runs_nothing():
    """Parse and Sync alone pass without a question; the Execute later is judged by the prepared text."""
    Play().passes(P("drop table t", "s") + S, PARSED + ready()).client(B(name="s"), E(), S).submitted("drop table t")


def test_a_kept_reply_waits_for_finish():
    """With hold the client reads nothing until COMMIT has succeeded, and then another status."""
    play = Play().client(Q("delete")).submitted("delete").run("BEGIN").to_server(Q("BEGIN"))
    play.server(done("BEGIN", "T")).events()
    play.release(hold=True).to_server(Q("delete")).server(done("DELETE 3", "T")).to_client()
    play.replied("DELETE 3", status="T").run("COMMIT").to_server(Q("COMMIT")).server(done("COMMIT")).events()
    play.machine.finish(play.id)
    play.to_client(tag("DELETE 3"), ready("I"))


def test_a_kept_reply_can_fail():
    """fail throws the kept reply away; the server fails for real and the client reads why."""
    play = Play().client(Q("delete")).submitted("delete").release(hold=True).to_server(Q("delete"))
    play.server(done("DELETE 9")).replied("DELETE 9", status="I")
    play.machine.fail(play.id, "safeshell: refused: more rows than confirmed")
    play.to_server(BAD_QUERY).server(error(), ready()).to_client(
        refusal("safeshell: refused: more rows than confirmed"), ready()
    )


def test_many_returned_rows_are_not_kept():
    """Rows of a kept reply pass beyond a megabyte, its command tag doesn't."""
    play = Play().client(Q("d")).submitted("d").release(hold=True).server(columns("a"))
    play.machine.data_to_server()
    for _ in range(20):
        play.server(row("x" * 100_000))
    seen = play.machine.data_to_client()
    assert len(seen) > 1_900_000
    play.server(done("DELETE 20")).to_client()
    play.machine.finish(play.id)
    play.to_client(tag("DELETE 20"), ready())


def test_the_end_of_either_side():
    """Terminate goes on; a vanished client takes what it had held with it."""
    play = Play().client(X).to_server(X).told(Closed("client"))
    play = Play().client(Q("drop")).submitted("drop")
    play.machine.client_closed()
    play.to_server(X).release().to_server().told(Closed("client"))


def test_a_lost_server_is_named():
    """The client reads that the server went, and that what was held has not run."""
    play = Play().client(Q("drop")).submitted("drop")
    play.machine.server_closed()
    assert b"the server closed the connection; what was held has not run" in play.machine.data_to_client()
    play.told(Closed("server")).release().to_server()


@pytest.mark.parametrize(
    "garbage", [b"\0\0\0\0\4", b"Q\0\0\0\1", b"zzzzzzzz", b"Q\0\0\0\5x", Q("a\0b"), P("x")[:-1] + b"\1" + S]
)
def test_a_broken_client_is_cut_off(garbage):
    """After garbage nothing reaches the server, the side is named, and the client is told."""
    play = Play().client(garbage).to_server()
    (event,) = play.events()
    assert isinstance(event, Broken)
    assert event.side == "client"
    assert b"the client broke the PostgreSQL protocol" in play.machine.data_to_client()
    play.client(Q("select 1")).submitted()


@pytest.mark.parametrize("garbage", [b"HTTP/1.1 400", b"C\0\0\0\5x", b"D\0\0\0\3", ready("T")])
def test_a_broken_server_is_cut_off(garbage):
    """An answer that nothing asked for, or that has no right form, is the server's fault."""
    play = Play().server(garbage)
    (event,) = play.events()
    assert isinstance(event, Broken)
    assert event.side == "server"


def test_the_nonce_is_a_word():
    """It becomes a part of names on the server."""
    with pytest.raises(ValueError, match="letters and digits"):
        PostgresMachine("a;b")
    assert NONCE.isalnum()


def test_a_failed_whole_can_be_tried_again():
    """A kept error thrown away: the client has read nothing, the same bytes go out once more, the last reply counts."""
    play = Play().client(Q("alter")).submitted("alter").run("BEGIN").to_server(Q("BEGIN"))
    play.server(done("BEGIN", "T")).events()
    play.release(hold=True).to_server(Q("alter")).server(error("lock", "55P03"), ready("E")).to_client().events()
    assert not play.machine.again("another")
    play.run("ROLLBACK").to_server(Q("ROLLBACK")).server(done("ROLLBACK")).events()
    assert play.machine.again(play.id)
    assert not play.machine.again(play.id)
    play.run("BEGIN").to_server(Q("BEGIN")).server(done("BEGIN", "T")).events()
    play.release(hold=True).to_server(Q("alter")).server(done("ALTER TABLE", "T")).replied("ALTER TABLE", status="T")
    assert not play.machine.again(play.id)
    play.run("COMMIT").to_server(Q("COMMIT")).server(done("COMMIT")).events()
    play.machine.finish(play.id)
    play.to_client(tag("ALTER TABLE"), ready("I"))


def test_a_whole_that_is_held_once_more_can_be_refused():
    """Whoever is asked a second time may say no: the server fails, behind a ROLLBACK of what the guard had open."""
    play = Play().client(Q("alter")).submitted("alter").release(hold=True).to_server(Q("alter"))
    play.server(error("lock", "55P03"), ready()).events()
    assert play.machine.again(play.id)
    assert play.machine.held
    play.refuse().to_server(BAD_QUERY).server(error(), ready()).to_client(refusal(), ready())


def test_a_name_that_is_there_by_now_is_not_made_twice():
    """A Parse with a name has outlived the failure; one without is simply sent again."""
    named = P("alter", "s") + B(name="s") + E() + S
    play = Play().client(named).submitted("alter").release(hold=True).to_server(named)
    play.server(PARSED + BOUND + error("lock", "55P03"), ready()).events()
    assert not play.machine.again(play.id)
    play.machine.finish(play.id)
    play.to_client(PARSED, BOUND, error("lock", "55P03"), ready())
    bare = P("alter") + B() + E() + S
    play = Play().client(bare).submitted("alter").release(hold=True).to_server(bare)
    play.server(PARSED + BOUND + error("lock", "55P03"), ready()).events()
    assert play.machine.again(play.id)
    answer = PARSED + BOUND + done("ALTER TABLE")
    play.release(hold=True).to_server(bare).server(answer)
    play.machine.finish(play.id)
    play.to_client(answer)
