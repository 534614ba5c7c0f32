"""Reconciling a head with the log it names."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from safeshell.model.audit import EventKind
from safeshell.records.chain import GENESIS, compose
from safeshell.records.head import Head
from safeshell.records.tail import EXPLAINED, HARMLESS_NOTES, Tail, compare, read_tail, reconcile


def chain(count: int) -> list[bytes]:
    previous, raw = GENESIS, []
    for seq in range(1, count + 1):
        fields = {"seq": seq, "at": "t", "session": "s", "action": "a", "kind": "note", "detail": {}}
        line, previous = compose(fields | {"previous_hash": previous})
        raw.append(line)
    return raw


def test_the_tail_is_the_last_good_line_and_what_is_torn_behind_it():
    """Garbage behind the last good line is passed over, an unended line is measured."""
    raw = chain(3)
    tail = read_tail(b"".join(raw) + b"garbage\n" + b"torn", 2)
    assert tail.last is not None
    assert (tail.last.seq, tail.torn) == (3, 4)
    assert read_tail(b"".join(raw), 2).anchor == read_tail(b"".join(raw[:2]), 2).last.hash  # type: ignore[union-attr]
    assert read_tail(b"", 5) == Tail(None, 0, "")


@given(st.binary(max_size=300), st.integers(-5, 10**6))
def test_random_bytes_have_no_tail_and_crash_nothing(data, anchor):
    """Whatever stands in a log, the next writer can go on."""
    tail = read_tail(data, anchor)
    assert tail.last is None
    true, _ = reconcile(Head("f", 9, 3, "h"), tail, file="f", size=len(data), boot="b")
    assert (true.seq, true.hash, true.size) == (0, GENESIS, len(data))


@pytest.mark.parametrize(
    ("seq", "anchor", "boot", "expected"),
    [
        (5, "h", "boot", ""),
        (7, "h", "boot", ""),
        (7, "x", "boot", "changed"),
        (7, "", "boot", "changed"),
        (4, "", "boot", "cut"),
        (4, "", "other", "lost"),
        (4, "", "", "cut"),
        (2, "", "other", "cut"),
    ],
)
def test_what_is_wrong_between_head_and_log(seq, anchor, boot, expected):
    """Missing lines are a power loss only after another boot, and only behind the last durable line (3)."""
    assert compare(Head("f", 1, 5, "h", 3, "d", "boot"), seq, anchor, boot) == expected


def test_a_first_writer_that_failed_leaves_nothing_to_note():
    """An empty log without a head is how a full disk ends the very first write."""
    assert reconcile(None, Tail(None, 0, ""), file="f", size=0, boot="b")[1] == []


def test_every_note_is_explained_and_only_two_are_harmless():
    """A new kind of note needs its sentence; everything but torn and lost breaks the chain."""
    assert {"torn", "lost"} == HARMLESS_NOTES
    assert set(EXPLAINED) == {"torn", "lost", "cut", "changed", "head_lost"}
    line = read_tail(chain(1)[0], 1).last
    notes = reconcile(Head("f", 1, 5, "h"), Tail(line, 7, ""), file="f", size=1, boot="")[1]
    assert [(kind, detail["audit"]) for kind, detail in notes] == [
        (EventKind.NOTE, "torn"),
        (EventKind.TAMPERING, "cut"),
    ]
