"""Keys of the one-key question, without a terminal (with one: tests/live/test_dialogs.py)."""

from __future__ import annotations

import pytest

from safeshell.dialogs.onekey import ONE_KEY, KeyTalk
from safeshell.dialogs.talk import ENTER, ESCAPE, INTERRUPT
from safeshell.model.judgement import Consent
from tests.dialogs.samples import SAMPLES


def talk(name: str, *bursts: tuple[str, ...] | str) -> KeyTalk:
    """A talk fed with bursts of keys, with a moment of rest after each."""
    made = KeyTalk(SAMPLES[name])
    made.ready = True
    for burst in bursts:
        for key in burst:
            made.key(key)
        made.settle()
    return made


@pytest.mark.parametrize(
    ("name", "burst", "how"),
    [
        ("key", "o", Consent.ONCE),
        ("key", "O", Consent.ONCE),
        ("key", ("o", ENTER), Consent.ONCE),
        ("key", "u", Consent.UNLOCK),
        ("key_program", "r", Consent.REMEMBER),
        ("key", (ENTER,), Consent.DECLINED),
        ("key", (ESCAPE,), Consent.DECLINED),
        ("key", (INTERRUPT,), Consent.DECLINED),
        ("key", "n", Consent.DECLINED),
    ],
)
def test_each_key_means_what_the_line_says(name, burst, how):
    """u, o, r where offered; Enter alone and Esc are no."""
    answer = talk(name, burst).answer
    assert answer is not None
    assert answer.how is how
    assert answer.granted is (how is not Consent.DECLINED)


@pytest.mark.parametrize(("name", "key"), [("key", "r"), ("key_program", "u"), ("key", "y"), ("key", ""), ("key", " ")])
def test_what_is_not_offered_is_no_answer(name, key):
    """A key that the line does not name neither grants nor declines."""
    assert talk(name, (key,)).answer is None


def test_a_burst_is_not_an_answer():
    """Keys that come together are a paste of a terminal that does not mark them: ignored, and said so."""
    made = talk("key", "oops")
    assert made.answer is None
    assert made.note == ONE_KEY
    assert talk("key", "uo").answer is None
    assert talk("key", (*"echo", ENTER, *"o")).answer.granted is False


def test_a_marked_paste_satisfies_nothing():
    """`o` in a bracketed paste is not `o`, alone or together with a key; Esc still is a no."""
    made = KeyTalk(SAMPLES["key"])
    made.ready = True
    made.paste("o")
    made.settle()
    assert made.answer is None
    assert made.note == ONE_KEY
    made.key(ESCAPE)
    assert not made.answer.granted


def test_keys_before_it_listens_are_dropped():
    """Type-ahead never answers."""
    made = KeyTalk(SAMPLES["key"])
    made.key("o")
    made.ready = True
    made.settle()
    assert made.answer is None


def test_unlock_takes_the_minutes_of_the_question():
    """The answer carries the minutes that were offered."""
    assert talk("key", "u").answer.minutes == 15


def test_an_unlock_with_a_reason_needs_one():
    """With a reason it is an unlock that carries it; Enter alone or blanks are a no; Esc too."""
    given = talk("key_reason", "u", (*"ticket 12", ENTER)).answer
    assert (given.how, given.reason, given.minutes) == (Consent.UNLOCK, "ticket 12", 20)
    assert not talk("key_reason", "u", (ENTER,)).answer.granted
    assert not talk("key_reason", "u", (" ", ENTER)).answer.granted
    assert not talk("key_reason", "u", (*"tick", ESCAPE)).answer.granted


def test_a_reason_may_be_pasted():
    """The address of a ticket is rarely typed by hand; only Enter sends it."""
    made = talk("key_reason", "u")
    made.paste("https://tickets.example/12\n")
    assert made.answer is None
    made.key(ENTER)
    assert made.answer.reason == "https://tickets.example/12"
