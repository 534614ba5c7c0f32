"""The court of a wire: what it remembers, unlocks, counts and records."""

from __future__ import annotations

import pytest

from safeshell.approvals.requests import Requests
from safeshell.cli.setting import Setting
from safeshell.cli.wireroad import Trade, WireCourt
from safeshell.gateways.travel import travel
from safeshell.gateways.wirejudge import Case
from safeshell.languages.reading import Reading
from safeshell.model.audit import EventKind
from safeshell.model.effects import Effect, Mode
from safeshell.model.judgement import Exactness, Preview
from safeshell.model.knowledge import Knowledge
from safeshell.model.places import Place
from safeshell.model.statements import Claim, Context, Language, Span, Statement, Target, TargetKind
from safeshell.model.tiers import Tier
from safeshell.policy.observation import Observation
from safeshell.policy.policy import Policy
from tests.making import environment


def read(text, _facts, _server):
    """A language of two words: `look` reads, `drop` destroys a table's rows; anything else breaks the reader."""
    if not text.startswith(("look", "drop")):
        raise ValueError(text)
    effect = Effect.READS if text.startswith("look") else Effect.DESTROYS_ROWS
    orders = (Target(TargetKind.TABLE, "orders", "orders"),)
    claim = Claim(effect, "test", "does it", orders, preview="rows" * (effect is not Effect.READS))
    return Reading((Statement(Language.POSTGRES, text, Span(0, len(text)), "SELECT", (claim,)),))


@pytest.fixture
def court(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    events = []

    def record(event):
        events.append(event)
        return True

    policy = Policy(tokens="self")
    setting = Setting(policy, Knowledge(), Observation("laptop", user="ada", operator="ada"), {"HOME": str(tmp_path)})
    trade = Trade(Language.POSTGRES, read, lambda *_: Preview("1,284 rows", 1284, "rows", Exactness.EXACT))
    made = WireCourt(setting, trade, record, Requests(str(tmp_path / "requests"), redact=str), "s1")
    return made, events


def case(text, **more):
    here = environment(Tier.PRODUCTION, "shop@db")
    return Case("1", "s1", text, text, Context(database="shop"), here, (), None, **more)


def walk(made, one):
    return travel(made.road(one), made.doors(one))


def test_what_reads_passes_and_is_known_from_then_on(court):
    """Counted per verb, written as one line."""
    made, events = court
    one = case("look at orders")
    end = walk(made, one)
    assert end.released
    made.keep("key", one, end, asked=False)
    made.known("key")["look at orders"].count += 4
    assert made.known("other") == {}
    made.summarise()
    made.summarise()
    assert [(event.kind, event.detail["passed_silently"]) for event in events] == [(EventKind.SUMMARY, {"select": 5})]


def test_what_took_answers_to_know_is_counted_and_not_remembered(court):
    """The answer may be another one next time; long texts are not kept either."""
    made, events = court
    for text in ("look it up", "look" + "x" * 5000):
        one = case(text)
        made.keep("key", one, walk(made, one), asked=text == "look it up")
        assert text not in made.known("key")
    made.summarise()
    assert events[-1].detail["passed_silently"] == {"other reads": 2}


def test_off_a_terminal_a_refusal_carries_preview_and_request(court):
    """And the request lets the same text run once."""
    made, events = court
    one = case("drop the rows")
    end = walk(made, one)
    assert not end.released
    assert "1,284 rows" in end.message
    id_ = end.confirmation.request_id
    assert f"safeshell approve --own {id_}" in end.message
    made.token = id_
    end = walk(made, one)
    assert end.released
    assert made.settle(one, end).released
    again = made.settle(one, end)
    assert not again.released
    assert "was used just now" in again.message
    assert [event.kind for event in events] == [EventKind.REFUSED, EventKind.INTENT]
    assert events[-1].durable


def test_a_withdrawn_question_is_a_no(court):
    """Nobody is asked, no request is left."""
    made, _ = court
    one = case("drop the rows")
    one.withdrawal.withdraw("it was cancelled")
    end = walk(made, one)
    assert not end.released
    assert not end.confirmation.request_id


def test_an_unlock_is_for_its_target_and_its_time(court):
    """Each change of a mode counts up, so that connections notice."""
    made, events = court
    here, other = environment(Tier.PRODUCTION, "shop@db"), environment(Tier.PRODUCTION, "shop@other")
    assert made.mode(here) is Mode.READ_ONLY
    before = made.epoch
    assert made.unlock(here, 500, "a reason") == 60
    assert made.epoch != before
    assert (made.mode(here), made.mode(other)) == (Mode.READ_WRITE, Mode.READ_ONLY)
    assert made.writable_until(here) > 0
    made.lock(here)
    assert made.mode(here) is Mode.READ_ONLY
    assert [event.kind for event in events] == [EventKind.UNLOCK, EventKind.LOCK]


def test_a_resumed_process_is_locked(court):
    """A suspended terminal may be somebody else's now."""
    made, _ = court
    here = environment(Tier.PRODUCTION, "shop@db")
    made.unlock(here, 5)
    made.lock()
    assert made.mode(here) is Mode.READ_ONLY


def test_the_marker_inside_the_database_counts(court):
    """A remote place is what it says of itself."""
    made, _ = court
    place = Place("database", "db.internal.example", detail={"engine": "postgres", "database": "shop", "user": "ada"})
    assert made.environment(place, "").tier is Tier.UNKNOWN
    assert made.environment(place, "production").tier is Tier.PRODUCTION
    assert made.environment(place, "staging").tier is Tier.STAGING


def test_a_text_that_only_reads_is_cleared_by_itself(court):
    """Without a road; what destroys, and what breaks the reader, is not."""
    made, _ = court
    assert made.clears("key", "look at orders", {})
    assert made.known("key")["look at orders"].count == 1
    assert not made.clears("key", "drop the rows", {})
    assert not made.clears("key", "break the reader", {})
    assert "drop the rows" not in made.known("key")


def test_texts_of_a_known_shape_are_cleared_without_being_read(court):
    """The shape was judged as a text of its own; one that destroys is never kept."""
    made, events = court
    read_texts = []

    def reading(text, facts, server):
        read_texts.append(text)
        return read(text, facts, server)

    made.trade.read = reading
    made.trade.shape = lambda text, _server: text.rstrip("0123456789") + "?"
    assert all(made.clears("key", f"look at {number}", {}) for number in range(50))
    assert read_texts == ["look at 0", "look at ?"]
    assert not made.clears("key", "drop 1", {})
    assert not made.clears("key", "drop 2", {})
    made.summarise()
    assert events[-1].detail["passed_silently"] == {"select": 50}
