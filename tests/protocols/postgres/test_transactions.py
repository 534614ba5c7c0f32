"""What the guard says round each whole, so that the server itself keeps it read-only."""

import pytest

from safeshell.protocols.wire import Ran
from tests.protocols.postgres.play import (
    BAD_QUERY,
    BOUND,
    PARSED,
    B,
    E,
    H,
    P,
    Play,
    Q,
    S,
    done,
    error,
    ours,
    parameter,
    ready,
    refusal,
    tag,
    theirs,
)

G1 = "SAVEPOINT safeshell_abc123_1; SET LOCAL transaction_read_only = on"
G2 = "SAVEPOINT safeshell_abc123_2; SET LOCAL transaction_read_only = on"
LOCK = Q("SET default_transaction_read_only = on")
UNLOCK = Q("SET default_transaction_read_only = off")
PIN = Q("BEGIN READ ONLY; SELECT 1")
LOCKED = tag("SAVEPOINT") + done("SET", "T")


def options(**more) -> Play:
    return Play(mode="options", **more)


def begun(text: str = "BEGIN", **more) -> Play:
    return options(**more).passes(Q(text), done("BEGIN", "T"))


def armed() -> Play:
    """In a transaction whose lock g is set, after one SELECT."""
    play = begun().client(Q("select 1")).submitted("select 1").release()
    play.to_server(Q("SET TRANSACTION READ WRITE; " + G1)).server(tag("SET"), LOCKED).to_client()
    return play.to_server(Q("select 1")).server(done("SELECT 1", "T")).to_client(done("SELECT 1", "T"))


def test_autocommit_reads_cost_nothing():
    """The start-up option does the work, and the server reports any change of it."""
    options().passes(Q("select 1"), done("SELECT 1"))


def test_an_old_server_is_asked_each_time():
    """Before 14 nothing reports a changed default: it is set again before each unit."""
    play = options(version="13.1").client(Q("select 1")).submitted("select 1").release().to_server(LOCK)
    play.server(done("SET")).to_server(Q("select 1"))


def test_a_default_changed_behind_our_back_is_put_right():
    """A SET or set_config that came through anyway holds for its own message only."""
    play = options().passes(Q("do $$...$$"), parameter("default_transaction_read_only", "off") + done("DO"))
    play.client(Q("insert")).submitted("insert").release().to_server(LOCK).server(done("SET")).to_server(Q("insert"))


def test_a_transaction_gets_its_lock_before_its_first_statement():
    """BEGIN alone is left as it is, SET TRANSACTION too; the first statement finds g in place."""
    play = begun().passes(Q("SET TRANSACTION ISOLATION LEVEL SERIALIZABLE"), done("SET", "T"))
    play.client(Q("select 1")).submitted("select 1").release().to_server(Q("SET TRANSACTION READ WRITE; " + G1))
    play.server(tag("SET"), LOCKED).to_server(Q("select 1")).to_client()


def test_a_transaction_that_wants_to_be_read_only_is_left_alone():
    """pg_dump's: no savepoint, so that it can export or take a snapshot; a SELECT settles that nobody loosens it."""
    for more in ([], ["SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY", "SET TRANSACTION SNAPSHOT '00-1'"]):
        play = begun("BEGIN" if more else "BEGIN READ ONLY")
        for text in more:
            play.passes(Q(text), done("SET", "T"))
        play.client(Q("select 1")).submitted("select 1").release().to_server(Q("SELECT 1"))
        play.server(done("SELECT 1", "T")).to_server(Q("select 1")).to_client().server(done("SELECT 1", "T"))
        play.to_client(done("SELECT 1", "T")).passes(Q("select 2"), done("SELECT 1", "T"))


def test_a_confirmed_write_inside_a_transaction():
    """RELEASE g at once, the statement, and g again before the next whole, whatever it is."""
    play = armed().client(Q("delete")).submitted("delete")
    assert play.machine.allow_writes(play.id)
    play.to_server(Q("RELEASE safeshell_abc123_1")).release().to_server().server(done("RELEASE", "T"))
    play.to_client().to_server(Q("delete")).server(done("DELETE 1", "T")).to_client(done("DELETE 1", "T"))
    play.client(Q("select 2")).submitted("select 2").release().to_server(Q(G2)).server(LOCKED).to_server(Q("select 2"))


def test_refused_after_all_the_lock_comes_back():
    """allow_writes and then a refusal that keeps the transaction: the next whole finds the lock."""
    play = armed().client(Q("delete")).submitted("delete")
    assert play.machine.allow_writes(play.id)
    play.server(done("RELEASE", "T")).machine.data_to_server()
    play.refuse(keep_transaction=True).to_server(Q("SAVEPOINT safeshell_abc123_k")).server(done("SAVEPOINT", "T"))
    play.to_server(BAD_QUERY).server(error(), ready("E")).to_client(refusal())
    play.to_server(Q("ROLLBACK TO safeshell_abc123_k")).server(done("ROLLBACK", "T"))
    play.to_server(Q("RELEASE safeshell_abc123_k")).to_client().server(done("RELEASE", "T")).to_client(ready("T"))
    play.client(Q("select 2")).submitted("select 2").release().to_server(Q(G2))


def test_the_first_statement_may_be_the_confirmed_one():
    """BEGIN and then a confirmed DELETE: the transaction is made writable, nothing is released."""
    play = begun().client(Q("delete")).submitted("delete")
    assert play.machine.allow_writes(play.id)
    play.to_server(Q("SET TRANSACTION READ WRITE")).server(done("SET", "T")).release().to_server(Q("delete"))
    play.server(done("DELETE 1", "T")).client(Q("x")).submitted("x").release().to_server(Q(G1))


@pytest.mark.parametrize("text", ["SAVEPOINT a", "RELEASE a", 'ROLLBACK TO "a"', 'ROLLBACK TO "a"; RELEASE "a"'])
def test_the_lock_stays_innermost(text):
    """The client's own savepoints stand outside of g, so that RELEASE g never takes one with it."""
    play = armed().client(Q(text)).submitted(text).release().to_server(Q("RELEASE safeshell_abc123_1"))
    play.server(done("RELEASE", "T")).to_server(Q(text)).server(done("SAVEPOINT", "T"))
    play.client(Q("x")).submitted("x").release().to_server(Q(G2))


def test_after_an_error_and_rollback_to_there_is_a_new_lock():
    """In the aborted transaction nothing of ours is said; g may be gone, so another one is set."""
    play = armed().client(Q("nope")).submitted("nope").release().to_server(Q("nope")).server(error(), ready("E"))
    play.client(Q("ROLLBACK TO a")).submitted("ROLLBACK TO a", failed=True).release().to_server(Q("ROLLBACK TO a"))
    play.server(done("ROLLBACK", "T")).client(Q("x")).submitted("x").release().to_server(Q(G2))


@pytest.mark.parametrize("text", ["rollback to a /* */", "select 1; savepoint b", "release a -- c"])
def test_hidden_savepoint_commands_are_known_by_their_tags(text):
    """What the small grammar does not match still answers with a tag, and gets a new lock behind it."""
    answer = "SAVEPOINT" if "savepoint" in text else text.split()[0].upper()
    play = armed().passes(Q(text), done(answer, "T"))
    play.client(Q("x")).submitted("x").release().to_server(Q(G2))


def test_commit_and_chain_is_a_new_transaction():
    """The chained transaction gets its own lock before its first statement."""
    play = armed().passes(Q("commit and chain"), done("COMMIT", "T"))
    play.client(Q("x")).submitted("x").release().to_server(Q("SET TRANSACTION READ WRITE; " + G2))


def test_a_message_that_begins_and_goes_on_is_locked_at_once():
    """What is not surely known of a transaction counts as writable, so the next whole finds a lock."""
    play = options().passes(Q("begin; select 1"), tag("BEGIN") + done("SELECT 1", "T"))
    play.client(Q("x")).submitted("x").release().to_server(Q(G1))
    play = armed().passes(Q("commit; begin read write"), tag("COMMIT") + done("BEGIN", "T"))
    play.client(Q("x")).submitted("x").release().to_server(Q(G2))


def test_a_standby_that_refuses_gets_the_same_transaction_again():
    """SET TRANSACTION READ WRITE fails on a standby: nothing has run yet, so the transaction is begun anew; once a session."""
    play = begun().client(Q("select 1")).submitted("select 1").release()
    play.machine.data_to_server()
    play.server(error("recovery", "0A000"), ready("E")).to_client().to_server(Q("ROLLBACK")).server(done("ROLLBACK"))
    play.to_server(Q("BEGIN")).server(done("BEGIN", "T")).to_server(Q(G2)).server(LOCKED).to_server(Q("select 1"))
    play.server(done("SELECT 1", "T")).client(Q("delete")).submitted("delete")
    assert not play.machine.allow_writes(play.id)
    play.refuse().server(error(), ready("E")).client(Q("ROLLBACK")).submitted("ROLLBACK").release()
    play.server(done("ROLLBACK"))
    play.machine.data_to_server()
    play.client(Q("BEGIN")).submitted("BEGIN").release().server(done("BEGIN", "T")).machine.data_to_server()
    play.client(Q("x")).submitted("x").release().to_server(Q("SELECT 1"))


def test_the_guards_own_query_does_not_take_the_chance():
    """After BEGIN the guard asks about the first statement: the lock is set before that, not after."""
    play = begun().client(Q("select f()")).submitted("select f()").run("select 1")
    play.to_server(Q("SET TRANSACTION READ WRITE; " + G1)).server(tag("SET"), LOCKED).to_server(Q("select 1"))
    play.server(done("SELECT 1", "T")).told(Ran("g", tag="SELECT 1")).release().to_server(Q("select f()"))


def test_only_a_standby_gets_its_transaction_again():
    """Any other failure of the recipe is told: nothing of the client's may be rolled back behind its back."""
    play = begun().client(Q("select 1")).submitted("select 1").release()
    play.machine.data_to_server()
    play.server(error("no", "25001"), ready("E")).to_server(BAD_QUERY).server(error("aborted", "25P02"), ready("E"))
    assert b"safeshell: refused: the server would not SET TRANSACTION READ WRITE" in play.machine.data_to_client()
    assert play.machine.state == "E"


def test_modes_that_ask_for_writing_get_the_lock():
    """SET TRANSACTION READ WRITE by itself before a standby's (or any) first statement."""
    play = begun().server(parameter("in_hot_standby", "on"))
    play.machine.data_to_client()
    play.events()
    play.passes(Q("SET TRANSACTION READ WRITE"), done("SET", "T"))
    play.client(Q("delete")).submitted("delete").release().to_server(Q(G1))


def test_an_allowed_autocommit_write_is_wrapped():
    """BEGIN READ WRITE, the statement, COMMIT; the client reads nothing before COMMIT has succeeded."""
    play = options().client(Q("delete")).submitted("delete")
    assert play.machine.allow_writes(play.id)
    play.to_server().release().to_server(Q("BEGIN READ WRITE")).server(done("BEGIN", "T")).to_server(Q("delete"))
    play.server(done("DELETE 1", "T")).to_client().to_server(Q("COMMIT")).server(done("COMMIT"))
    play.to_client(done("DELETE 1")).passes(Q("select 1"), done("SELECT 1"))


def test_a_commit_that_fails_takes_the_tag_with_it():
    """Deferred constraints: `DELETE 1` must not be read when COMMIT fails behind it."""
    play = options().client(Q("delete")).submitted("delete")
    play.machine.allow_writes(play.id)
    play.release().server(done("BEGIN", "T")).server(done("DELETE 1", "T")).server(error("deferred", "23503"), ready())
    play.to_client(error("deferred", "23503"), ready("I"))
    assert play.machine.state == "I"


def test_an_allowed_write_that_fails_is_rolled_back():
    """The client reads its true error and that it is in no transaction."""
    play = options().client(Q("delete")).submitted("delete")
    play.machine.allow_writes(play.id)
    play.release().server(done("BEGIN", "T")).server(error("x", "23505"), ready("E")).machine.data_to_server()
    play.server(done("ROLLBACK")).to_client(error("x", "23505"), ready("I"))


def test_an_allowed_write_that_can_not_begin_is_refused():
    """BEGIN READ WRITE fails (a standby): the statement never runs and the client reads why."""
    play = options().client(Q("delete")).submitted("delete")
    play.machine.allow_writes(play.id)
    play.release().to_server(Q("BEGIN READ WRITE")).server(error("recovery", "0A000"), ready()).to_server(BAD_QUERY)
    play.server(error(), ready())
    assert b"safeshell: refused: the server would not BEGIN READ WRITE: recovery" in play.machine.data_to_client()


@pytest.mark.parametrize("answer", [done("VACUUM"), error("no") + ready()])
def test_what_can_not_run_in_a_block_switches_the_default(answer):
    """The session's default is switched round that unit, and back whatever it answered, before the client reads ready."""
    play = options().client(Q("vacuum")).submitted("vacuum")
    assert play.machine.allow_writes(play.id, block=False)
    play.release().to_server(UNLOCK).server(done("SET")).to_server(Q("vacuum")).server(answer).to_server(LOCK)
    play.to_client(answer[:-6]).server(done("SET")).to_client(ready())


def test_a_switched_default_that_ends_in_a_transaction():
    """BEGIN; DELETE in one message: inside, g locks what follows; the default is put back when it ends."""
    play = options().client(Q("begin; delete")).submitted("begin; delete")
    play.machine.allow_writes(play.id, block=False)
    play.release().server(done("SET")).server(tag("BEGIN"), done("DELETE 1", "T")).machine.data_to_server()
    play.client(Q("x")).submitted("x").release().to_server(Q(G1)).server(LOCKED).server(done("SELECT 1", "T"))
    play.client(Q("commit")).submitted("commit").release().server(done("COMMIT")).machine.data_to_server()
    play.client(Q("y")).submitted("y").release().to_server(LOCK)


def test_a_time_box():
    """unlock switches the default before the next whole, and back after; an open transaction is locked then too."""
    play = options()
    play.machine.unlock(True)
    play.client(Q("insert")).submitted("insert").release().to_server(UNLOCK).server(done("SET")).to_server(Q("insert"))
    play.server(done("INSERT 0 1")).to_client(done("INSERT 0 1")).passes(
        Q("BEGIN"), done("BEGIN", "T")
    ).machine.data_to_server()
    play = play.client(Q("insert")).submitted("insert").release().to_server(Q("insert")).server(done("INSERT 0 1", "T"))
    play.machine.unlock(False)
    play.client(Q("insert")).submitted("insert").release().to_server(Q(G1)).server(LOCKED).server(error(), ready("E"))
    play.client(Q("rollback")).submitted("rollback").release().server(done("ROLLBACK")).machine.data_to_server()
    play.client(Q("insert")).submitted("insert").release().to_server(LOCK)


def test_pinned_units():
    """Round each autocommit unit; the client reads ready when COMMIT is done; Terminate and empty batches need none."""
    play = Play(mode="pinned", read_only="off").client(Q("select 1")).submitted("select 1").release().to_server(PIN)
    play.server(tag("BEGIN"), done("SELECT 1", "T")).to_server(Q("select 1")).server(done("SELECT 1", "T"))
    play.to_client(tag("SELECT 1")).to_server(Q("COMMIT")).server(done("COMMIT")).to_client(ready())
    play.passes(S, ready())


CAPPED = "SET LOCAL transaction_read_only = on"


def test_a_pinned_pipeline():
    """The pin is opened before its first part and closed behind its Sync."""
    play = Play(mode="pinned").client(P("a"), B(), E(), H).submitted("a").release().to_server(PIN)
    play.server(tag("BEGIN"), done("SELECT 1", "T")).to_server(P("a"), B(), E(), H).server(PARSED, BOUND, tag("A"))
    play.client(P("b"), B(), E(), S).submitted("b").release().to_server(ours(CAPPED), P("b"), B(), E(), S)
    play.server(theirs("SET"), PARSED, BOUND, done("B", "T")).to_server(Q("COMMIT")).server(done("COMMIT"))
    play.to_client(PARSED, BOUND, tag("A"), PARSED, BOUND, tag("B"), ready())


@pytest.mark.parametrize("mode", ["options", "pinned"])
def test_a_transaction_begun_unseen_inside_a_pipeline(mode):
    """BEGIN READ WRITE behind a Flush: no ReadyForQuery tells of it, so each further part is made read-only first."""
    play = Play(mode=mode).client(P("begin read write"), B(), E(), H).submitted("begin read write").release()
    play.to_server(P("begin read write"), B(), E(), H).server(PARSED, BOUND, tag("BEGIN"))
    play.client(P("delete"), B(), E(), S).submitted("delete")
    assert not play.machine.allow_writes(play.id)
    play.release().to_server(ours(CAPPED), P("delete"), B(), E(), S).server(theirs("SET"), PARSED, BOUND, error())
    play.server(ready("E"))
    assert play.machine.state == "E"


def test_what_can_not_be_made_writable_is_said_beforehand():
    """A transaction that began read-only and has read: better refused with a reason than confirmed in vain."""
    play = options().passes(Q("begin; select 1"), tag("BEGIN") + done("SELECT 1", "T"))
    play.client(Q("delete")).submitted("delete")
    assert not play.machine.allow_writes(play.id)


def test_pinned_transactions():
    """A client's own BEGIN is not pinned but locked; one hidden in a longer message stays in the read-only pin."""
    play = Play(mode="pinned").passes(Q("BEGIN"), done("BEGIN", "T")).client(Q("select 1")).submitted("select 1")
    play.release().to_server(Q(G1))
    play = Play(mode="pinned").client(Q("begin; select 1")).submitted("begin; select 1").release().to_server(PIN)
    play.server(tag("BEGIN"), done("SELECT 1", "T")).server(tag("BEGIN"), done("SELECT 1", "T"))
    play.to_client(tag("BEGIN"), tag("SELECT 1"), ready("T"))


def test_a_pin_that_fails_refuses():
    """Without its pin a unit does not run."""
    play = Play(mode="pinned").client(Q("insert")).submitted("insert").release().to_server(PIN)
    play.server(error("no"), ready()).to_server(BAD_QUERY)


def test_no_session_set_ever_reaches_a_pooler():
    """A server that starts with another default than we asked for is not ours alone: the machine pins by itself."""
    play = options(read_only="off")
    assert play.machine.mode == "pinned"
    play.machine.unlock(True)
    play.passes(Q("insert"), done("INSERT 0 1"))


def test_writes_in_a_pipeline_are_not_promised():
    """A pipeline that has begun can't be made writable without ending it."""
    play = options().client(P("a"), B(), E(), H).submitted("a")
    assert not play.machine.allow_writes(play.id)
    play.release().server(PARSED, BOUND, tag("A")).client(P("b"), B(), E(), S).submitted("b")
    assert not play.machine.allow_writes(play.id)


def test_the_guards_own_transaction_is_not_framed():
    """BEGIN READ WRITE by run, the released statement, COMMIT by run: nothing is added, the client saw no transaction."""
    play = options().client(Q("delete")).submitted("delete").run("BEGIN READ WRITE").to_server(Q("BEGIN READ WRITE"))
    play.server(done("BEGIN", "T")).told(Ran("g", tag="BEGIN")).release(hold=True).to_server(Q("delete"))
    play.server(done("DELETE 1", "T")).replied("DELETE 1", status="T").run("COMMIT").server(done("COMMIT")).events()
    play.machine.finish(play.id)
    play.to_client(done("DELETE 1", "I"))
    play.machine.data_to_server()
    play.passes(Q("select 1"), done("SELECT 1"))
