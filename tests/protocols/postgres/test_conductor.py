"""What goes to the server, and when."""

from safeshell.protocols.wire import Described
from tests.protocols.postgres.play import (
    BAD_QUERY,
    BOUND,
    CLOSED,
    NO_DATA,
    PARSED,
    B,
    D,
    E,
    H,
    P,
    Play,
    Q,
    S,
    closing,
    columns,
    done,
    error,
    ours,
    ready,
    refusal,
    reply,
    row,
    tag,
    theirs,
)

OURS = "safeshell_abc123"


def piped() -> Play:
    """A pipeline whose first part has run, its second held."""
    play = Play().client(P("a"), B(), E(), H).submitted("a").release().server(PARSED, BOUND, tag("A"))
    play.client(P("b"), B(), E(), S).submitted("b", pipeline=True).machine.data_to_server()
    play.machine.data_to_client()
    return play


def test_runs_queue_up():
    """Two runs and a release asked for at once go one after the other."""
    play = Play().client(Q("x")).submitted("x").run("a").run("b").release().to_server(Q("a")).server(done("A"))
    play.to_server(Q("b")).server(done("B")).to_server(Q("x")).to_client()


def test_a_refusal_waits_for_a_preview_under_way():
    """The answers would otherwise be mixed up."""
    play = Play().client(Q("x")).submitted("x").run("a").refuse().to_server(Q("a")).server(done("A"))
    play.to_server(BAD_QUERY).server(error(), ready()).to_client(refusal(), ready())


def test_a_preview_inside_a_pipeline_has_no_sync():
    """A Sync would commit what ran before; the guard's names are closed again."""
    play = piped()
    play.machine.run_extended("g", "select $1", parameters=(b"1",), types=(23,))
    sent = P("select $1", OURS, (23,)) + B(b"1", name=OURS, portal=OURS) + D("P", OURS) + E(OURS)
    play.to_server(sent, closing("P", OURS), closing("S", OURS), H)
    play.server(PARSED, BOUND, columns("n"), row("4"), tag("SELECT 1"), CLOSED, CLOSED).to_client()
    assert play.events()[0].rows == (("4",),)
    play.release().to_server(P("b"), B(), E(), S)


def test_a_preview_that_fails_inside_a_pipeline_takes_it_along():
    """The server skips to the Sync by itself; the client reads the refusal, and release is none any more."""
    for verdict in (Play.release, Play.refuse):
        play = piped()
        play.machine.run_extended("g", "select nope")
        play.machine.data_to_server()
        play.server(error("nope")).to_client()
        assert play.events()[0].error.message == "nope"
        verdict(play).to_server(S).server(ready())
        assert play.machine.data_to_client().startswith(b"E")
        play.client(Q("x")).submitted("x")


def test_simple_runs_are_impossible_inside_a_pipeline():
    """The owner is told, and nothing is sent."""
    play = piped().run("select 1").to_server()
    assert play.events()[0].error.code == "guard"


def test_describe_tells_types():
    """What the parameters of a text are, without running it."""
    play = Play().client(Q("x")).submitted("x")
    play.machine.describe("d", "delete from t where a = $1")
    play.to_server(P("delete from t where a = $1", OURS), D("S", OURS), closing("S", OURS), S)
    play.server(PARSED, reply("t", b"\0\1\0\0\0\x17"), NO_DATA, CLOSED, ready()).told(Described("d", (23,)))


def test_the_clients_unnamed_statement_survives_our_queries():
    """A simple query destroys the unnamed statement: it is parsed again before a batch that counts on it."""
    play = Play().passes(P("delete from t") + S, PARSED + ready()).client(B(), E(), S).submitted("delete from t")
    play.run("select 1").to_server(Q("select 1")).server(done("SELECT 1")).events()
    play.release().to_server(P("delete from t"), B(), E(), S)
    play.server(PARSED, BOUND, done("DELETE 1")).to_client(BOUND, done("DELETE 1"))


def test_its_own_query_destroys_it_for_good():
    """What the client's own Query destroyed is not brought back."""
    play = Play().passes(P("delete from t") + S, PARSED + ready()).passes(Q("select 1"), done("SELECT 1"))
    play.client(B(), E(), S).submitted('EXECUTE ""').run("x").server(done("X")).events()
    play.machine.data_to_server()
    play.release().to_server(B(), E(), S)


def test_runs_before_the_first_statement():
    """The owner may ask the server right after the start."""
    play = Play().run("show x").to_server(Q("show x")).server(columns("x"), row("on"), done("SHOW")).to_client()
    assert play.events()[0].rows == (("on",),)


def test_a_kept_error_can_be_passed_on():
    """finish gives the client the server's own error."""
    play = Play().client(Q("x")).submitted("x").release(hold=True).server(error("dup", "23505"), ready())
    (replied,) = play.events()
    assert replied.error.code == "23505"
    play.machine.finish(play.id)
    play.to_client(error("dup", "23505"), ready())


def test_a_batch_that_begins_a_transaction_gets_the_lock_in_between():
    """JDBC sends BEGIN and the first statement together: the lock stands between them, in the same pipeline."""
    play = Play(mode="options").client(P("BEGIN"), B(), E(), P("select 1"), B(), E(), S).submitted("BEGIN;\nselect 1")
    play.release()
    texts = ("SET TRANSACTION READ WRITE", f"SAVEPOINT {OURS}_1", "SET LOCAL transaction_read_only = on")
    play.to_server(P("BEGIN"), B(), E(), ours(*texts), P("select 1"), B(), E(), S)
    play.server(PARSED, BOUND, tag("BEGIN"), theirs("SET", "SAVEPOINT", "SET"), PARSED, BOUND, done("SELECT 1", "T"))
    play.to_client(PARSED, BOUND, tag("BEGIN"), PARSED, BOUND, done("SELECT 1", "T"))
    play.client(P("delete"), B(), E(), S).submitted("delete")
    assert play.machine.allow_writes(play.id)
    play.to_server(Q(f"RELEASE {OURS}_1"))


def test_a_transaction_that_the_guard_left_open_is_rolled_back():
    """A preview that was given up: neither the refusal nor a release may find the guard's BEGIN still open."""
    for verdict, sent in ((Play.refuse, BAD_QUERY), (Play.release, Q("x"))):
        play = Play().client(Q("x")).submitted("x").run("begin read only").server(done("BEGIN", "T"))
        play.machine.data_to_server()
        verdict(play).to_server(Q("ROLLBACK")).server(done("ROLLBACK")).to_server(sent)
    play = Play().client(Q("x")).submitted("x").run("begin").server(done("BEGIN", "T")).release(hold=True)
    play.server(done("DELETE 2", "T")).machine.data_to_server()
    play.machine.fail(play.id, "too many")
    play.to_server(Q("ROLLBACK")).server(done("ROLLBACK")).to_server(BAD_QUERY)


def test_the_truth_is_told_at_the_end():
    """An owner that believes that it has committed, and has not, can't make the client believe it."""
    play = Play().client(Q("x")).submitted("x").run("begin").server(done("BEGIN", "T")).release(hold=True)
    play.server(done("DELETE 2", "T")).machine.finish(play.id, "I")
    play.to_client(done("DELETE 2", "T"))


def test_nothing_in_a_batch_writes_by_what_came_before_it():
    """Between different statements of a locked batch the transaction is made read-only again; the client sees none of it."""
    play = Play(mode="options").client(P("a"), B(), E(), P("a"), B(), E(), P("b"), B(), E(), S).submitted("a;\na;\nb")
    play.release().to_server(
        P("a"), B(), E(), P("a"), B(), E(), ours("SET LOCAL transaction_read_only = on"), P("b"), B(), E(), S
    )
    answer = PARSED + BOUND + tag("A")
    play.server(answer, answer, theirs("SET"), answer, ready()).to_client(answer, answer, answer, ready())
    play = Play(mode="options").client(P("a"), B(), E(), P("b"), B(), E(), S).submitted("a;\nb")
    assert play.machine.allow_writes(play.id)
    play.release().to_server(Q("BEGIN READ WRITE")).server(done("BEGIN", "T"))
    play.to_server(P("a"), B(), E(), P("b"), B(), E(), S)
