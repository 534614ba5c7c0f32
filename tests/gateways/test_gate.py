"""The input gate: what waits behind an Enter, and what a refusal drops. Times are given."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from safeshell.gateways.gate import PROMPT_WAIT, QUIET, VERDICT_WAIT, InputGate


@pytest.fixture
def gate():
    made = InputGate()
    made.prompted(0.0)
    return made


def test_before_the_first_prompt_everything_passes():
    """Start files may read from the terminal."""
    assert InputGate().feed(b"a\rb\rc", 0.0) == b"a\rb\rc"


def test_typing_without_enter_passes(gate):
    """Keys go on at once."""
    assert gate.feed(b"rm -rf", 1.0) == b"rm -rf"
    assert gate.deadline == 0


@pytest.mark.parametrize("enter", [b"\r", b"\n", b"\x0f"])
def test_what_follows_an_enter_waits(gate, enter):
    """The line goes on with its Enter; the rest waits for the verdict."""
    assert gate.feed(b"one" + enter + b"two\rthree", 1.0) == b"one" + enter
    assert gate.feed(b"four", 1.001) == b""
    gate.released(1.002)
    assert gate.prompted(1.01) == b"two\r"
    gate.released(1.02)
    assert gate.prompted(1.03) == b"threefour"


def test_a_refusal_drops_the_rest(gate):
    """Held bytes are dropped, and so is what still comes without a pause."""
    gate.feed(b"one\rtwo\r", 1.0)
    assert gate.refused(1.01, more=False) == 4
    assert gate.feed(b"three\r", 1.01 + QUIET / 2) == b""
    assert gate.feed(b"four\r", 1.01 + QUIET) == b""
    assert gate.feed(b"x", 1.01 + 3 * QUIET) == b"x"


def test_a_refusal_without_a_paste_drops_nothing(gate):
    """A person who typed one line may type on at once."""
    gate.feed(b"one\r", 1.0)
    assert gate.refused(1.01, more=False) == 0
    gate.prompted(1.011)
    assert gate.feed(b"l", 1.012) == b"l"


def test_type_ahead_reaches_a_running_program(gate):
    """After the release the program gets its input, at the latest after PROMPT_WAIT."""
    gate.feed(b"cat\rhello\r", 1.0)
    gate.released(1.01)
    assert gate.tick(1.02) == b""
    assert gate.tick(1.01 + PROMPT_WAIT + 0.001) == b"hello\r"
    assert gate.feed(b"more\rand more\r", 1.2) == b"more\rand more\r"


def test_an_enter_that_asks_nothing_holds_only_shortly(gate):
    """Some Enters submit no line (menus, searches): the rest goes on after VERDICT_WAIT."""
    gate.feed(b"\rx", 1.0)
    assert gate.tick(1.0 + VERDICT_WAIT + 0.001) == b"x"


@pytest.mark.parametrize("cut", range(1, 20))
def test_enters_inside_a_bracketed_paste_are_text(gate, cut):
    """Between the paste markers nothing is submitted, however the bytes are cut."""
    data = b"\x1b[200~one\rtwo\r\x1b[201~"
    assert gate.feed(data[:cut], 1.0) + gate.feed(data[cut:], 1.0) == data
    assert gate.feed(b"\rthree", 1.0) == b"\r"


def test_a_quoted_enter_is_text(gate):
    """Ctrl-V Enter puts a character on the line."""
    assert gate.feed(b"a\x16\rb", 1.0) == b"a\x16\rb"


@given(st.lists(st.sampled_from([b"a", b"\r", b"~", b"\x16", b"\x1b", b"[", b"2", b"0", b"1", b"ab\rc", b"\x1b[200~"])))
def test_the_short_way_of_a_key_changes_nothing(typed):
    """A key that takes the short way leaves the gate as the long way does."""
    short, long = InputGate(), InputGate()
    short.prompted(0.0)
    long.prompted(0.0)
    for data in typed:
        assert (data if short.key(data) else short.feed(data, 1.0)) == long.feed(data, 1.0)
        assert short.held == long.held
