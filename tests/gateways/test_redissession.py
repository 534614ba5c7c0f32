"""A Redis client behind the guard: redis-py on the wire, a real server behind it, a scripted person."""

from __future__ import annotations

import socket
import threading
import time

import pytest
import redis

from safeshell.gateways.redissession import SILENT, worst_effect
from safeshell.model.effects import Effect, Tier
from tests.gateways.rediscourts import ScriptedCourt, guarded
from tests.servers import redis_server

REFUSED = r"safeshell: refused: "


@pytest.fixture(scope="module")
def running():
    with redis_server() as server:
        yield server


@pytest.fixture
def direct(running):
    client = redis.Redis(unix_socket_path=str(running.socket))
    client.flushall()
    yield client
    client.close()


def test_reads_pass_without_a_question(running, direct):
    """And without a line of their own in the audit."""
    direct.set("a", "1")
    court = ScriptedCourt()
    with guarded(running, court) as client:
        one = client()
        assert one.get("a") == b"1"
        assert one.info()["redis_version"]
        assert list(one.scan_iter()) == [b"a"]
        assert one.config_get("maxmemory") == {"maxmemory": "0"}
    assert court.questions == court.events == []


def test_a_flush_is_asked_with_its_preview(running, direct):
    """Refused, nothing is gone, and the client reads why as its server's error; confirmed, it runs."""
    direct.mset({f"cart:{n}": "x" for n in range(50)})
    court = ScriptedCourt(answers=[False, True])
    with guarded(running, court) as client:
        one = client()
        with pytest.raises(
            redis.ResponseError, match=REFUSED + "this removes every key of the database.*50 keys of db0"
        ):
            one.flushdb()
        assert direct.dbsize() == 50
        assert one.ping()
        assert one.flushdb()
    assert direct.dbsize() == 0
    assert [question.verdict.challenge for question in court.questions] == ["db0 50", "db0 50"]
    assert court.prepared == [("FLUSHDB", b"PONG")]


def test_what_came_of_it_is_recorded():
    """The server's answer; an error means that it did not run, and nothing is kept or watched."""
    with redis_server("--enable-debug-command", "yes") as server:
        court = ScriptedCourt(answers=[True, True, True])
        with guarded(server, court) as client:
            one = client()
            one.set("new", "1")
            with pytest.raises(redis.ResponseError, match="WRONGTYPE"):
                one.execute_command("LSET", "new", "0", "x")
            assert one.delete("new") == 1
    told = [note for note in court.notes if note[0] in ("outcome", "released")]
    assert told[0] == ("outcome", "SET new 1", "", "OK")
    assert told[1] == ("released", "SET new 1")
    assert told[2][1].startswith("LSET")
    assert "WRONGTYPE" in told[2][2]
    assert told[3:] == [("outcome", "DEL new", "", "1"), ("released", "DEL new")]


def test_a_new_key_is_a_plain_write(running, direct):
    """One key; once writes are unlocked it passes, and overwriting still asks in full."""
    court = ScriptedCourt(answers=[True])
    with guarded(running, court) as client:
        one = client()
        one.set("new", "1")
        assert [question.verdict.demand.name for question in court.questions] == ["KEY"]
        court.unlock()
        one.set("newer", "1")
        one.incr("counter")
        with pytest.raises(redis.ResponseError, match="overwrites the key"):
            one.set("new", "2")
    assert direct.get("new") == b"1"
    assert court.questions[1].verdict.challenge == "new 1"


def test_a_refusal_in_a_pipeline_keeps_its_place(running, direct):
    """The answers around it are the right ones, and nothing is asked twice in one burst."""
    direct.mset({"a": "1", "b": "2"})
    court = ScriptedCourt()
    with guarded(running, court) as client:
        pipe = client().pipeline(transaction=False)
        pipe.get("a").delete("a").get("b").delete("b").get("a")
        answers = pipe.execute(raise_on_error=False)
    assert answers[0::2] == [b"1", b"2", b"1"]
    assert all(isinstance(answer, redis.ResponseError) for answer in answers[1::2])
    assert len(court.questions) == 1
    assert "came with a command that was refused" in str(answers[3])


def test_a_refusal_inside_multi_aborts_the_transaction(running, direct):
    """Held when it is queued; the server itself forgets the whole of it."""
    direct.set("a", "1")
    court = ScriptedCourt(answers=[True])
    with guarded(running, court) as client:
        pipe = client().pipeline()
        pipe.incr("new").delete("a")
        with pytest.raises(redis.ResponseError, match=REFUSED):
            pipe.execute()
    assert direct.get("a") == b"1"
    assert direct.exists("new") == 0
    assert "inside MULTI nothing can be looked at" in court.questions[-1].preview.caveats


def test_the_preview_sees_what_was_sent_before(running, direct):
    """The barrier: earlier writes of the same pipeline have landed, in the database that was selected."""
    court = ScriptedCourt(tier=Tier.STAGING)
    with guarded(running, court) as client:
        pipe = client(db=5).pipeline(transaction=False)
        for number in range(20):
            pipe.rpush(f"jobs:{number}", "x")
        pipe.flushdb()
        pipe.execute(raise_on_error=False)
    (question,) = court.questions
    assert question.verdict.challenge == "db5 20"


def test_a_wrong_select_does_not_fool_the_preview(running, direct):
    """The server tells where the connection really is."""
    direct.set("a", "1")
    court = ScriptedCourt()
    with guarded(running, court) as client, socket.socket(socket.AF_UNIX) as raw:
        raw.connect(client.path)
        raw.settimeout(20)
        raw.sendall(b"SELECT 999\r\nFLUSHDB\r\n")
        got = b""
        while b"refused" not in got:
            got += raw.recv(4096)
    assert b"1 key of db0 go" in got


def test_noauth_is_the_servers_own_error():
    """Nothing can be looked at, and the server refuses by itself."""
    court = ScriptedCourt()
    with redis_server("--requirepass", "pw") as server, guarded(server, court) as client:
        with pytest.raises(redis.AuthenticationError, match=r"NOAUTH|Authentication required"):
            client(protocol=2).flushall()
        with pytest.raises(redis.ResponseError, match=REFUSED):
            client(password="pw").flushall()
        with pytest.raises(redis.AuthenticationError):
            client(password="wrong").get("a")
    assert len(court.questions) == 1


def test_names_that_the_server_lacks_go_through(running, direct):
    """The server refuses them; DEBUG keeps its subcommands to itself, so they stay dangerous."""
    court = ScriptedCourt()
    with guarded(running, court) as client:
        with pytest.raises(redis.ResponseError, match="unknown command"):
            client().execute_command("FROBNICATE", "x")
        with pytest.raises(redis.ResponseError, match="unknown subcommand"):
            client().execute_command("CONFIG FROB")
        assert court.questions == []
        with pytest.raises(redis.ResponseError, match=REFUSED):
            client().execute_command("DEBUG", "FROB")
    assert len(court.questions) == 1


def test_a_renamed_command_is_what_it_was():
    """COMMAND INFO tells."""
    court = ScriptedCourt()
    refused = pytest.raises(redis.ResponseError, match=REFUSED + "this removes every key of every database")
    with redis_server("--rename-command", "FLUSHALL", "XYZZY") as server, guarded(server, court) as client, refused:
        client().execute_command("XYZZY")


def test_a_big_set_is_counted_before_it_is_read(running, direct):
    """A small one passes."""
    for part in range(2):
        direct.sadd("big", *range(part * 6000, part * 6000 + 6000))
    direct.sadd("small", 1, 2)
    court = ScriptedCourt()
    with guarded(running, court) as client:
        assert client().smembers("small") == {b"1", b"2"}
        with pytest.raises(redis.ResponseError, match="reads 12,000 members at once"):
            client().smembers("big")
    assert court.questions[0].preview.caveats == ("SSCAN walks in small steps",)


def test_a_client_that_goes_takes_its_command_along(running, direct):
    """While the person is still thinking; a yes that comes later runs nothing."""
    direct.set("a", "1")
    court = ScriptedCourt(answers=[True], patience=0.6)
    with guarded(running, court) as client:
        with socket.socket(socket.AF_UNIX) as raw:
            raw.connect(client.path)
            raw.sendall(b"DEL a\r\n")
            time.sleep(0.3)
        time.sleep(0.8)
    assert court.questions
    assert direct.get("a") == b"1"


def test_a_kit_that_cannot_be_taken_may_refuse(running, direct):
    """Whatever the court says."""
    direct.set("a", "1")
    court = ScriptedCourt(answers=[True], kit_problem="safeshell: refused: the save failed")
    with guarded(running, court) as client, pytest.raises(redis.ResponseError, match="the save failed"):
        client().delete("a")
    assert direct.get("a") == b"1"


def write(client, count):
    for number in range(count):
        client.set(f"cart:{number}", "x")


def test_a_loop_of_single_writes_is_paused(running, direct):
    """One question for all of it; a yes lets it go on, a no stops it; a pipeline is left alone."""
    court = ScriptedCourt(tier=Tier.DEVELOPMENT, loop_writes=200, loop_rate=20.0, loop_answer=True)
    with guarded(running, court) as client:
        one = client()
        write(one, 400)
        assert len(court.loops) == 1
        assert "single SET in" in court.loops[0].summary
        assert "on cart:* 100 %" in court.loops[0].summary
        court.loop_answer = False
        with pytest.raises(redis.ResponseError, match=r"this loop was stopped: .* one round trip each"):
            write(one, 4000)
        for _ in range(3):
            with pytest.raises(redis.ResponseError, match="this loop was stopped"):
                one.set("cart:1", "x")
        assert one.get("cart:1") == b"x"
        time.sleep(2.2)
        assert one.set("cart:1", "y")
        pipe = client().pipeline(transaction=False)
        for number in range(4000):
            pipe.set(f"cart:{number}", "x")
        assert all(pipe.execute())
    assert len(court.loops) == 2
    summaries = [detail for kind, detail in court.notes if kind == "summary"]
    assert sum(detail["commands"].get("SET", 0) for detail in summaries) > 4000


def test_pubsub_blocking_and_scripts(running, direct):
    """Messages arrive, BLPOP waits while another connection goes on, EVAL_RO reads, EVAL asks."""
    court = ScriptedCourt(tier=Tier.DEVELOPMENT)
    with guarded(running, court) as client:
        listener = client().pubsub()
        listener.subscribe("news")
        listener.get_message(timeout=5)
        found = []
        waiting = client()
        thread = threading.Thread(target=lambda: found.append(waiting.blpop(["queue"], timeout=10)))
        thread.start()
        assert client().publish("news", "hello") == 1
        message = listener.get_message(timeout=5)
        assert message is not None
        assert message["data"] == b"hello"
        direct.rpush("queue", "job")
        thread.join(10)
        listener.close()
        assert found == [(b"queue", b"job")]
    court = ScriptedCourt()
    with guarded(running, court) as client:
        assert client().execute_command("EVAL_RO", "return 7", 0) == 7
        with pytest.raises(redis.ResponseError, match="EVAL_RO runs it without"):
            client().eval("return 7", 0)


def test_resp3(running, direct):
    """The same over HELLO 3, answers as maps."""
    direct.hset("h", "a", "1")
    court = ScriptedCourt()
    with guarded(running, court) as client:
        one = client(protocol=3)
        assert one.hgetall("h") == {b"a": b"1"}
        with pytest.raises(redis.ResponseError, match=REFUSED):
            one.delete("h")
        assert one.hgetall("h") == {b"a": b"1"}


def test_no_server():
    """The client reads why, as its server's error."""

    class Nowhere:
        socket = "/nowhere/redis.sock"

    with (
        guarded(Nowhere(), ScriptedCourt()) as client,
        pytest.raises(redis.ResponseError, match="no Redis server answers"),
    ):
        client().get("a")


def test_names():
    """Silent names are reads whatever their words; the worst of a name counts."""
    assert {b"GET", b"CONFIG|GET", b"SELECT", b"MULTI"} <= SILENT
    assert not {b"SMEMBERS", b"SORT", b"GETEX", b"SET", b"EVAL"} & SILENT
    assert worst_effect("XADD") is Effect.DESTROYS_ROWS
    assert worst_effect("NONSENSE") is Effect.NOT_UNDERSTOOD


def test_long_connections_are_summarised_before_they_end(running, direct):
    """What passed silently goes to the record now and then."""
    court = ScriptedCourt()
    with guarded(running, court) as client:
        one = client(protocol=2)
        one.get("a")
        client.adapter.summarise()
        assert [detail["commands"]["GET"] for kind, detail in court.notes if kind == "summary"] == [1]
        one.get("a")
    assert [detail["commands"]["GET"] for kind, detail in court.notes if kind == "summary"] == [1, 1]
