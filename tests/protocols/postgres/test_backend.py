"""The walk along the server's messages."""

from tests.protocols.postgres.play import (
    BOUND,
    COPY_DONE,
    PARSED,
    B,
    E,
    H,
    P,
    Play,
    Q,
    S,
    columns,
    copy,
    done,
    error,
    ready,
    refusal,
    reply,
    row,
    tag,
)


def test_rows_pass_without_being_copied():
    """A chunk that holds nothing but the client's own answer is passed as the very object that came."""
    chunk = columns("a") + row("x" * 1000) * 50
    play = Play().client(Q("x")).submitted("x").release()
    play.machine.receive_from_server(chunk)
    assert play.machine.data_to_client() is chunk


def test_a_long_row_passes_in_pieces():
    """No row is gathered: its bytes go on as they come."""
    long = row("x" * 1_000_000)
    play = Play().client(Q("x")).submitted("x").release().server(columns("a"))
    play.machine.data_to_client()
    for at in range(0, len(long), 65536):
        play.server(long[at : at + 65536])
        assert len(play.machine.data_to_client()) >= min(65536, len(long) - at) - 5
        assert play.machine.buffered < 20
    play.server(done("SELECT 1")).to_client(done("SELECT 1"))


def test_row_data_that_looks_like_the_end_is_no_end():
    """Messages are walked by their lengths; a value of the bytes of ReadyForQuery changes nothing."""
    evil = row("Z\0\0\0\5I")
    play = Play().client(Q("x")).submitted("x").release().server(columns("a"), evil)
    play.client(Q("y")).submitted()
    play.server(done("SELECT 1")).submitted("y")


def test_an_error_skips_to_the_sync():
    """After an error in a pipeline the answers of everything up to its Sync don't come, and aren't waited for."""
    play = Play().client(P("a"), B(), E(), P("b"), B(), E(), S).submitted("a;\nb").release()
    play.server(PARSED, BOUND, error("no"), ready()).to_client(PARSED, BOUND, error("no"), ready())
    assert play.machine.outstanding == 0


def test_an_error_before_the_sync_is_sent():
    """The client's further messages are dropped as the server would drop them; its Sync ends that."""
    play = Play().client(P("a"), B(), E(), H).submitted("a").release().server(error("no")).to_client(error("no"))
    play.machine.data_to_server()
    play.client(P("drop"), B(), E(), Q("drop"), H).submitted().to_server().client(S).to_server(S).server(ready())
    play.client(Q("x")).submitted("x")


def test_a_copy_streams_in():
    """CopyData passes in any pieces once the server asks for it."""
    play = Play().client(Q("copy t from stdin")).submitted("copy t from stdin").release()
    play.server(reply("G", b"\0\0\0"))
    play.machine.data_to_server()
    sent = copy(b"1\n") + copy(b"2\n" * 1000)
    play.client(sent[:9]).to_server(sent[:7]).client(sent[9:700]).to_server(sent[7:700])
    play.client(sent[700:], COPY_DONE, Q("x")).submitted().to_server(sent[700:], COPY_DONE)
    play.server(done("COPY 1001")).submitted("x")


def test_an_extended_copy_has_two_syncs():
    """The Sync behind the Execute is ignored by a copying server; the one behind CopyDone counts."""
    play = Play().client(P("copy"), B(), E(), S).submitted("copy").release()
    play.server(PARSED, BOUND, reply("G", b"\0\0\0")).client(copy(b"1\n"), COPY_DONE, S)
    play.machine.data_to_client()
    play.to_server(P("copy"), B(), E(), S, copy(b"1\n"), COPY_DONE, S)
    play.server(done("COPY 1")).to_client(done("COPY 1")).client(Q("x")).submitted("x")


def test_a_failed_copy_drops_what_is_still_coming():
    """The server has given up copying: late data is dropped, a query behind it is judged."""
    play = Play().client(Q("copy")).submitted("copy").release().server(reply("G", b"\0\0\0"), error("bad"), ready())
    play.machine.data_to_server()
    play.client(copy(b"1\n"), COPY_DONE, Q("x")).to_server().submitted("x")


def test_a_refused_pipeline_stays_in_step():
    """Answers before the refusal reach the client, then the refusal, then the server's own ReadyForQuery."""
    play = Play().client(P("a"), B(), E(), H).submitted("a").release().server(PARSED, BOUND, tag("A 1"))
    play.client(P("b"), B(), E(), S).submitted("b").refuse().server(error(), ready())
    play.to_client(PARSED, BOUND, tag("A 1"), refusal(), ready())
