"""The barrier and the look at the server."""

from __future__ import annotations

import threading
import time

import pytest

from safeshell.gateways.links import LinkError
from safeshell.gateways.redislink import RedisLink
from safeshell.gateways.redislook import Barrier, Look, ServerRefuses
from safeshell.gateways.redisports import RedisCase
from safeshell.gateways.redistarget import RedisTarget
from safeshell.model.effects import Tier
from safeshell.model.facts import Ask, Question
from safeshell.model.places import Environment
from safeshell.protocols.wire import Ran, ServerError
from tests.servers import redis_server


@pytest.fixture(scope="module")
def running():
    with redis_server() as server:
        yield server


def case(line, *, in_multi=False, database=0):
    words = tuple(line.encode().split())
    return RedisCase(
        "r1", line, line.split()[0], words, database, "default", in_multi, Environment("x", Tier.PRODUCTION, "x")
    )


def answered(info):
    """A barrier whose answer is there at once; None: none can be set."""
    barrier = Barrier(lambda: info is not None)
    barrier.arrived(Ran("look", rows=((info or "",),)))
    return barrier


@pytest.fixture
def link(running):
    made = RedisLink(RedisTarget(socket=str(running.socket)))
    yield made
    made.close()


def look(link, one, info=""):
    return Look(one, link, (), answered(info), {})


def test_questions_of_the_reader(link):
    """Whether keys exist, how big one is, what the server says of a name."""
    seeing = look(link, case("SET a 1"))
    seeing.extend(5)
    seeing.call(b"FLUSHALL")
    seeing.call(b"RPUSH", b"list one", b"1", b"2")
    absent, there = Question(Ask.KEYS_ABSENT, 'a "b c"'), Question(Ask.KEYS_ABSENT, 'a "list one"')
    size, wrong = Question(Ask.KEY_SIZE, 'LLEN "list one"'), Question(Ask.KEY_SIZE, 'SCARD "list one"')
    named = [Question(Ask.SERVER_COMMAND, name) for name in ("GET", "NOPE", "CONFIG|GET", "CONFIG|NOPE", "DEBUG|SLEEP")]
    facts = seeing.gather((absent, there, size, wrong, *named), 5)
    assert (facts[absent], facts[there], facts[size]) == (True, False, "2")
    assert wrong not in facts
    assert facts[named[0]].startswith("get;")
    assert "readonly" in facts[named[0]]
    assert facts[named[1]] is facts[named[3]] is None
    assert facts[named[2]].startswith("config|get;admin")
    assert facts[named[4]].startswith("debug;admin")


def test_the_connection_tells_where_it_is(link):
    """CLIENT INFO counts, not what was sent; inside MULTI nothing is asked and keys stay unknown."""
    seeing = look(link, case("SET a 1", database=7), "id=3 db=4 user=default resp=2")
    question = Question(Ask.KEYS_ABSENT, "a")
    assert seeing.gather((question,), 5) == {question: True}
    assert seeing.database == 4
    assert look(link, case("SET a 1", in_multi=True)).gather((question,), 5) == {}


def test_a_connection_that_may_do_nothing(link):
    """NOAUTH: the held command gets the server's own answer."""
    barrier = Barrier(lambda: True)
    barrier.arrived(Ran("look", error=ServerError("ERROR", "NOAUTH", "NOAUTH Authentication required.")))
    seeing = Look(case("DEL a"), link, (), barrier, {})
    with pytest.raises(ServerRefuses):
        seeing.gather((Question(Ask.KEYS_ABSENT, "a"),), 5)


def test_a_barrier_that_does_not_come():
    """A blocking command before it, or a client that left."""
    begun = time.monotonic()
    with pytest.raises(LinkError, match="still running") as caught:
        Barrier(lambda: True).pass_(time.monotonic() + 0.2)
    assert caught.value.late
    assert time.monotonic() - begun < 2
    gone = Barrier(lambda: True)
    threading.Timer(0.1, gone.stop).start()
    with pytest.raises(LinkError, match="the client is gone"):
        gone.pass_(time.monotonic() + 10)
    assert Barrier(lambda: False).pass_(time.monotonic() + 1) is None


def test_a_preview_that_cannot_be_taken_says_so(link):
    """Inside MULTI, and when the server does not answer in time."""
    from safeshell.model.judgement import Assessment
    from safeshell.model.statements import Action, Context, Language

    action = Action("1", "t", Language.REDIS, "DEL a", Context(), case("DEL a").environment, 0.0)
    assessment = Assessment(action, (), ())
    inside = look(link, case("DEL a", in_multi=True)).preview(assessment, 2, 100)
    assert inside.caveats == ("inside MULTI nothing can be looked at",)
    late = Look(case("DEL a"), link, (), Barrier(lambda: True), {})
    assert late.preview(assessment, 0.1, 100).caveats == ("earlier commands of this connection are still running",)


@pytest.mark.parametrize(
    ("login", "info", "kept"),
    [
        ((b"AUTH", b"default", b"pw"), "user=default", True),
        ((b"AUTH", b"ann", b"pw"), "user=default", False),
        ((b"AUTH", b"ann", b"pw"), "user=ann", True),
        ((b"AUTH", b"ann", b"pw"), "", True),
        ((b"AUTH", b"pw"), "user=default", True),
    ],
)
def test_a_login_that_failed_is_not_repeated(login, info, kept):
    """The connection tells who it really is."""
    placed = []

    class Link:
        deadline = 0.0

        def place(self, words, database):
            placed.append(tuple(words))

    Look(case("DEL a"), Link(), login, answered(f"db=0 {info}"), {}).extend(5)
    assert placed == [login if kept else ()]
