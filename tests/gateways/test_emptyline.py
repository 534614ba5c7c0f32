"""The empty prompt after a refusal: taken away where it is one, left where it may be anything else."""

import pytest

from safeshell.gateways.emptyline import EmptyLine

SHOWN = b"\x1b[?2004h\x1b[1;97;41m[PROD vm ro]\x1b[0m P> "
AGAIN = b"\x1b[1;97;41m[PROD vm ro]\x1b[0m P> \r\n\x1b[?2004l\r"


def after(*pieces: bytes, shown: bytes = SHOWN) -> EmptyLine:
    line = EmptyLine()
    line.prompted()
    line.see(shown)
    line.typed()
    line.refused()
    for piece in pieces:
        line.see(piece)
    return line


@pytest.mark.parametrize("cut", range(1, len(AGAIN)))
def test_the_same_prompt_again_is_taken_away(cut):
    """One row up and everything below it, however the output is cut."""
    assert after(AGAIN[:cut], AGAIN[cut:]).leftover(80) == b"\x1b[1A\r\x1b[J"


def test_a_prompt_of_several_lines():
    """bash draws only the last one again."""
    assert after(b"two P> \r\n\x1b[?2004l\r", shown=b"[PROD vm ro] one\r\r\ntwo P> ").leftover(80) == b"\x1b[1A\r\x1b[J"


def test_a_prompt_wider_than_the_terminal():
    """Its rows count; where its end meets the margin nobody knows them."""
    wide = b"x" * 95 + b"> "
    assert after(wide + b"\r\n", shown=wide).leftover(80) == b"\x1b[2A\r\x1b[J"
    assert after(wide + b"\r\n", shown=wide).leftover(97) == b""


@pytest.mark.parametrize(
    "written",
    [b"", b"P> ", AGAIN + b"job done\r\n", b"job done\r\n" + AGAIN, b"^C\r\n", b"\r\n", AGAIN.replace(b"ro", b"rw")],
)
def test_anything_else_stays(written):
    """Output of a background program, another prompt, an unfinished line."""
    assert after(written).leftover(80) == b""


def test_type_ahead_and_terminals_of_no_width():
    """What was typed meanwhile is no part of a prompt; without a size nothing is known."""
    line = after(AGAIN)
    line.typed()
    assert line.leftover(80) == b""
    assert after(AGAIN).leftover(0) == b""


def test_it_stops_watching_when_there_is_much():
    """A line of output without end is not kept."""
    line = after(b"x" * 5000)
    assert not line.watching
    assert line.leftover(80) == b""


def test_it_waits_for_the_end_of_the_line():
    """The prompt's frame may come before the last bytes of the terminal."""
    assert after(b"").unfinished
    assert not after(AGAIN).unfinished
    assert not EmptyLine().unfinished
