"""Finding the guard's own answers in the server's stream."""

from __future__ import annotations

import itertools
from collections import deque

from hypothesis import given
from hypothesis import strategies as st

from safeshell.protocols.resp.markers import MOST_ANSWER, Answers, Marker


def line(token: bytes) -> bytes:
    return b"-ERR unknown command '" + token + b"', with args beginning with: \r\n"


PIECES = st.lists(
    st.sampled_from([b"+OK\r\n", b"$3\r\na-b\r\n", b"-", b"\r\n", b"-ERR unknown command '", b"x" * 300, b"TOKE"]),
    max_size=6,
)


@given(PIECES, PIECES, PIECES, st.lists(st.integers(0, 3000), max_size=6))
def test_only_the_marked_lines_change(before, inside, after, cuts):
    """Whatever stands around them and however the bytes are cut; runs keep their answers to themselves."""
    head, middle, tail = b"".join(before) + b"\r\n", b"".join(inside) + b"\r\n", b"".join(after)
    stream = head + line(b"TOKEN1") + middle + line(b"TOKEN2") + line(b"TOKEN3") + tail
    due = [Marker(b"TOKEN1", opens="look"), Marker(b"TOKEN2", closes="look"), Marker(b"TOKEN3", line=b"-no\r\n")]
    answers, out = Answers(deque(due)), b""
    places = sorted({min(cut, len(stream)) for cut in cuts} | {0, len(stream)})
    for begin, end in itertools.pairwise(places):
        out += answers.feed(stream[begin:end])
    assert out == head + b"-no\r\n" + tail
    assert answers.finished == [("look", middle)]


def test_without_a_marker_due_nothing_is_kept_back():
    """Bytes go on as the same object."""
    data = b"-ERR unknown command '"
    assert Answers().feed(data) is data


def test_a_long_answer_is_not_kept():
    """The guard's own command cannot fill the memory."""
    answers = Answers(deque([Marker(b"T1", opens="x"), Marker(b"T2", closes="x")]))
    answers.feed(line(b"T1"))
    for _ in range(100):
        answers.feed(b"y" * 100_000)
    answers.feed(b"\r\n" + line(b"T2"))
    ((_, raw),) = answers.finished
    assert MOST_ANSWER < len(raw) < MOST_ANSWER + 200_000


def test_the_rest_is_given_out_at_the_end():
    """A server that dies in the middle of a line."""
    answers = Answers(deque([Marker(b"TOKEN", line=b"-no\r\n")]))
    assert answers.feed(b"+OK\r\n-ERR unk") == b"+OK\r\n"
    assert answers.rest() == b"-ERR unk"


def test_a_marker_that_was_answered_otherwise_is_given_up():
    """A proxy that answers `-NOAUTH` to everything names no token; the next one that is named counts again."""
    due = [Marker(b"T1_", opens="look"), Marker(b"T2_", closes="look"), Marker(b"T3_", watches="r1")]
    due += [Marker(b"T4_", watched="r1"), Marker(b"T5_", line=b"-no\r\n"), Marker(b"T6_", line=b"-never\r\n")]
    answers, denied = Answers(deque(due)), b"-NOAUTH Authentication required.\r\n"
    assert answers.feed(denied * 3) == denied * 3
    assert answers.feed(b"+OK\r\n" + line(b"T5_")[:30]) + answers.feed(line(b"T5_")[30:]) == b"+OK\r\n-no\r\n"
    assert [marker.token for marker in answers.due] == [b"T6_"]
    assert (answers.finished, answers.answered) == ([("look", b"")], [("r1", b"")])
