"""The background tint: set, queried, taken back."""

import pytest

from safeshell.gateways.tint import PARTIAL, QUERY, Tint


def test_set_and_taken_back_by_value_and_reset():
    """The old value that the terminal told comes back, and then the reset."""
    tint = Tint()
    assert tint.show("#300000", 1.0) == QUERY + b"\x1b]11;#300000\x07"
    assert tint.show("#300000", 1.1) == b""
    assert tint.typed(b"a\x1b]11;rgb:1/2/3\x07b", 1.2) == b"ab"
    assert tint.take_back() == b"\x1b]11;rgb:1/2/3\x07\x1b]111\x07"


def test_a_terminal_that_does_not_answer():
    """Without an answer the reset alone comes."""
    tint = Tint()
    tint.show("#300000", 1.0)
    assert tint.take_back() == b"\x1b]111\x07"


def test_no_tint_sends_nothing():
    """No colour, or one that is none: not a byte, at the end neither."""
    tint = Tint()
    assert tint.show("", 1.0) == b""
    assert tint.show("red; rm", 1.0) == b""
    assert tint.take_back() == b""


@pytest.mark.parametrize("cut", range(1, 18))
def test_a_cut_answer_is_taken_out(cut):
    """The answer may come in two reads."""
    tint = Tint()
    tint.show("#300000", 1.0)
    answer = b"\x1b]11;rgb:1/2/3\x1b\\"
    assert tint.typed(b"a" + answer[:cut], 1.1) + tint.typed(answer[cut:] + b"b", 1.11) == b"ab"
    assert tint.take_back().startswith(b"\x1b]11;rgb:1/2/3\x07")


def test_a_lone_escape_is_kept_only_for_a_moment():
    """An Escape key pressed in that time goes on after PARTIAL seconds."""
    tint = Tint()
    tint.show("#300000", 1.0)
    assert tint.typed(b"\x1b", 1.1) == b""
    assert tint.tick(1.1) == b""
    assert tint.tick(1.1 + PARTIAL) == b"\x1b"


def test_typing_is_not_touched_without_a_query():
    """Nothing is searched where nothing was asked."""
    assert Tint().typed(b"\x1b]11;rgb:1/2/3\x07", 1.0) == b"\x1b]11;rgb:1/2/3\x07"


def test_typing_is_searched_only_while_an_answer_may_come():
    """Before the query and after its answer nothing is looked for."""
    tint = Tint()
    assert not tint.listening
    tint.show("#300000", 0.0)
    assert tint.listening
    tint.typed(b"\x1b]11;rgb:0/0/0\x07", 0.1)
    assert not tint.listening
