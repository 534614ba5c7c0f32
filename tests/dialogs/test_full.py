"""Keys of the full dialog, without a terminal (with one: tests/live/test_dialogs.py)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from safeshell.dialogs.full import NOT_IT, PASTED, FullTalk
from safeshell.dialogs.talk import BACKSPACE, CLEAR, ENTER, ESCAPE, INTERRUPT, WORD
from safeshell.model.judgement import Consent
from tests.dialogs.samples import SAMPLES


def talk(*keys: str, ready: bool = True) -> FullTalk:
    made = FullTalk(SAMPLES["rm"])
    made.ready = ready
    for key in keys:
        made.key(key)
    return made


def test_the_challenge_and_enter_is_the_only_yes():
    """Typed to the letter, it is a yes by typing."""
    answer = talk(*"web-prod-3", ENTER).answer
    assert answer is not None
    assert (answer.granted, answer.how) == (True, Consent.TYPED)


@pytest.mark.parametrize("keys", [[ENTER], [ESCAPE], [*"web", ESCAPE], [" ", ENTER], [*"yes", ENTER, ENTER]])
def test_other_ways_out_are_a_no(keys):
    """Enter alone, Esc, blanks, a wrong word and then Enter alone."""
    answer = talk(*keys).answer
    assert answer is not None
    assert (answer.granted, answer.how) == (False, Consent.DECLINED)


@pytest.mark.parametrize("keys", [[INTERRUPT], [*"web-prod-3", INTERRUPT]])
def test_an_interrupt_is_a_no_that_says_so(keys):
    """Whoever asked may end what else was to come; Esc only says no to this."""
    answer, escaped = talk(*keys).answer, talk(ESCAPE).answer
    assert answer is not None
    assert escaped is not None
    assert (answer.granted, answer.interrupted, escaped.interrupted) == (False, True, False)


def test_a_wrong_word_may_be_tried_once_more():
    """One note, one more try that counts; the second wrong word ends it."""
    once = talk(*"WEB-PROD-3", ENTER)
    assert once.answer is None
    assert once.note == NOT_IT
    assert talk(*"nope", ENTER, *"web-prod-3", ENTER).answer.granted
    assert not talk(*"nope", ENTER, *"nope", ENTER).answer.granted


def test_a_paste_types_nothing():
    """The challenge pasted is not taken, it is said so, and typing it still works."""
    pasted = talk()
    pasted.paste("web-prod-3\r")
    assert pasted.answer is None
    assert pasted.note == PASTED
    for key in (*"web-prod-3", ENTER):
        pasted.key(key)
    assert pasted.answer.granted


def test_nothing_counts_before_it_listens_but_no():
    """Type-ahead is dropped, the challenge included; Esc is a no at any time."""
    early = talk(*"web-prod-3", ENTER, ready=False)
    assert early.answer is None
    early.ready = True
    early.key(ENTER)
    assert not early.answer.granted
    assert not talk(ESCAPE, ready=False).answer.granted


def test_the_line_can_be_edited():
    """Backspace, Ctrl-W and Ctrl-U work; other keys leave no trace."""
    assert talk(*"web-prod-34", BACKSPACE, ENTER).answer.granted
    assert talk(*"rubbish", CLEAR, *"web-prod-3", ENTER).answer.granted
    assert talk(*"rubbish", WORD, "", "\x01", *"web-prod-3", ENTER).answer.granted


@given(st.lists(st.sampled_from([ENTER, ESCAPE, BACKSPACE, CLEAR, WORD, *"webprod-3yo", ""]), max_size=60))
def test_no_other_row_of_keys_is_a_yes(keys):
    """Whatever is typed, a yes needs the challenge between the start or an edit and an Enter."""
    made = talk(*keys)
    if made.answer is not None and made.answer.granted:
        assert ENTER in keys
        assert [key for key in keys if key in "web-prod-3"].count("w") >= 1
        assert set("web-prod-3") <= set(keys)


def patient(*keys: str) -> FullTalk:
    made = FullTalk(SAMPLES["ddl"])
    made.ready = True
    for key in keys:
        made.key(key)
    return made


@pytest.mark.parametrize(
    ("keys", "remedy"),
    [
        ([], False),
        (["r"], True),
        (["R"], True),
        (["r", "r"], False),
        (["r", ENTER], True),
        (["r", ENTER, "r", ENTER, "r"], True),
        ([*"sh", BACKSPACE, BACKSPACE, "r"], True),
        ([""], False),
    ],
)
def test_the_remedy_is_chosen_before_the_challenge(keys, remedy):
    """Its key turns it on and off, with or without Enter; the challenge is typed all the same."""
    answer = patient(*keys, *"shop@db.prod", ENTER).answer
    assert answer is not None
    assert (answer.granted, answer.how, answer.remedy) == (True, Consent.TYPED, remedy)


@pytest.mark.parametrize(
    "keys", [["r", ENTER, ENTER], ["r", ESCAPE], [*"r yes", ENTER, ENTER], ["r", ENTER, *"shop", ENTER, ENTER]]
)
def test_the_remedys_key_is_no_consent(keys):
    """Alone it runs nothing; Enter after it, Esc, a wrong word are a no."""
    answer = patient(*keys).answer
    assert answer is not None
    assert not answer.granted


def test_within_the_challenge_its_letter_is_a_letter():
    """`r` after the first letter is typed; where nothing is offered it always is."""
    assert patient(*"shop@db.prod", ENTER).answer.remedy is False
    assert talk("r", ENTER).note == NOT_IT
