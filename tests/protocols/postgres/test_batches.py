"""Messages gathered into wholes."""

from safeshell.protocols.postgres.batches import CALL, NAMED, SOFT
from tests.protocols.postgres.play import (
    BAD_PARSE,
    BAD_QUERY,
    BOUND,
    PARSED,
    B,
    D,
    E,
    H,
    P,
    Play,
    Q,
    S,
    done,
    error,
    ready,
    refusal,
    reply,
)


def test_a_batch_is_judged_whole():
    """All that would run up to the Sync is one whole, refused as one."""
    play = Play().client(P("insert"), B(), E(), P("drop"), B(), E()).submitted().client(S).submitted("insert;\ndrop")
    play.refuse().to_server(BAD_PARSE, S).server(error(), ready()).to_client(refusal(), ready())


def test_a_flush_ends_a_whole_and_makes_a_pipeline():
    """What follows a Flush is judged as part of a pipeline; refused there, the server skips to the client's Sync."""
    play = Play().client(P("insert"), B(), E(), H).submitted("insert", pipeline=False).release()
    play.to_server(P("insert"), B(), E(), H).server(PARSED, BOUND, reply("C", b"INSERT 0 1\0"))
    play.machine.data_to_client()
    play.client(P("drop"), B(), E(), H).submitted("drop", pipeline=True).refuse().to_server(BAD_PARSE, H)
    play.server(error()).to_client(refusal()).client(P("update"), B(), E()).submitted().client(S).to_server(S)
    play.server(ready()).to_client(ready()).client(P("x"), B(), E(), S).submitted("x", pipeline=False)


def test_a_query_behind_extended_messages_belongs_to_them():
    """Without a Sync between them the server answers both together, so both are one whole."""
    play = Play().client(P("select 1"), B(), E(), Q("drop")).submitted("select 1;\ndrop").release()
    play.to_server(P("select 1"), B(), E(), Q("drop"))
    play.server(PARSED, BOUND, reply("C", b"SELECT 1\0"), done("DROP TABLE")).client(Q("x")).submitted("x")


def test_function_calls_are_refused():
    """The machine can't read them, so the server fails for real; nobody is asked."""
    play = Play().client(reply("F", b"\0\0\0\1")).submitted().to_server(BAD_QUERY).server(error(), ready())
    play.to_client(refusal(CALL), ready())


def test_too_long_is_refused_and_not_kept():
    """Above the cap the bytes are dropped as they come; the session goes on."""
    play = Play(cap=2 * 1024 * 1024)
    sent = Q("x" * 3_000_000)
    for at in range(0, len(sent), 65536):
        play.client(sent[at : at + 65536])
        assert play.machine.buffered < 100_000
    play.submitted().to_server(BAD_QUERY).server(error(), ready())
    assert b"longer than 2 MB" in play.machine.data_to_client()
    play.client(Q("select 1")).submitted("select 1")


def test_many_small_messages_meet_the_cap_too():
    """A whole counts as the sum of its messages."""
    play = Play(cap=1024 * 1024)
    play.client(P("select 1"))
    for _ in range(20):
        play.client(P("x" * 60_000))
    play.client(B(), E(), S).submitted().to_server(BAD_PARSE, S)


def test_a_long_pipeline_is_judged_in_parts():
    """A pipeline beyond a megabyte goes on part by part, without waiting for answers that no Flush has asked for."""
    play = Play()
    value = b"v" * (SOFT // 2)
    play.client(P("insert", "s"), B(value, name="s"), E(), B(value, name="s")).submitted("insert").release()
    play.client(E(), B(name="s"), E(), S).submitted("insert;\ninsert", pipeline=True).release()
    play.machine.data_to_server()
    answers = PARSED + (BOUND + reply("C", b"INSERT 0 1\0")) * 3 + ready()
    play.server(answers).to_client(answers)


def test_names_of_ours_are_refused():
    """A client that names the guard's savepoints is refused without a question."""
    play = Play().client(Q("release safeshell_abc123_1")).submitted().server(error(), ready())
    play.to_client(refusal(NAMED), ready())


def test_describe_learns_the_types():
    """ParameterDescription tells the types that the Parse left open; the next Bind's unit has them."""
    play = Play().passes(P("delete from t where a = $1", "s") + D("S", "s") + S,
                         PARSED + reply("t", b"\0\1\0\0\0\x17") + reply("n") + ready())  # fmt: skip
    play.client(B(b"1", name="s"), E(), S)
    (event,) = play.events()
    assert event.units[0].types == (23,)
