"""The recording format, both versions, and reading what is damaged."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from safeshell.model.errors import RecordError
from safeshell.records.asciicast import Event, Header, Reader, Writer, convert, header_line

HEADER = Header(3, 100, 30, 1_790_000_000, "xterm-256color", "bash", "a title", {"SHELL": "/bin/bash"})
EVENTS = [
    Event(0.1, "o", "$ "),
    Event(0.35, "r", "120x40"),
    Event(0.350001, "m", "here"),
    Event(2.0, "o", "ü\x1b[0m\r\n"),
]


def lines(version: int, events=EVENTS) -> list[str]:
    writer = Writer(version)
    header = Header(
        version, *(getattr(HEADER, name) for name in ("cols", "rows", "timestamp", "term", "command", "title", "env"))
    )
    return [header_line(header), *(line for event in events if (line := writer.line(event)))]


def test_version_3_has_a_term_object_and_intervals():
    """As its format page says."""
    header, *events = map(json.loads, lines(3, [*EVENTS, Event(2.5, "x", "0")]))
    assert header["version"] == 3
    assert header["term"] == {"cols": 100, "rows": 30, "type": "xterm-256color"}
    assert header["timestamp"] == 1_790_000_000
    assert events == [
        [0.1, "o", "$ "],
        [0.25, "r", "120x40"],
        [1e-06, "m", "here"],
        [1.649999, "o", "ü\x1b[0m\r\n"],
        [0.5, "x", "0"],
    ]


def test_version_2_has_width_and_height_and_absolute_times_and_no_exit():
    """So that players that know only version 2 play it."""
    header, *events = map(json.loads, lines(2, [*EVENTS, Event(2.5, "x", "0")]))
    assert (header["version"], header["width"], header["height"]) == (2, 100, 30)
    assert header["env"] == {"SHELL": "/bin/bash", "TERM": "xterm-256color"}
    assert [event[0] for event in events] == [0.1, 0.35, 0.350001, 2.0]


@pytest.mark.parametrize("version", [2, 3])
def test_what_was_written_is_read(version):
    """Header and events, with their times to the microsecond."""
    reader = Reader(lines(version))
    assert (reader.header.cols, reader.header.rows, reader.header.term) == (100, 30, "xterm-256color")
    assert [(round(event.at, 6), event.code, event.data) for event in reader.events()] == [
        (event.at, event.code, event.data) for event in EVENTS
    ]


@given(st.lists(st.tuples(st.floats(0, 1000), st.sampled_from("oirm"), st.text(max_size=20)), max_size=30))
def test_converting_there_and_back_loses_nothing(rows):
    """3 to 2 to 3: the same events; rounded intervals do not add up to a drift."""
    now, events = 0.0, []
    for interval, code, data in rows:
        now += interval
        events.append(Event(now, code, data))
    there = list(convert(Reader(lines(3, events)), 2))
    back = list(convert(Reader(there), 3))
    assert json.loads(back[0])["term"]["cols"] == 100
    for event, read in zip(events, Reader(back).events(), strict=True):
        assert (event.code, event.data) == (read.code, read.data)
        assert abs(event.at - read.at) < 1e-4


def test_comments_blank_and_damaged_lines_are_passed_over():
    """A torn last line (the disk was full) and garbage in the middle cost only themselves."""
    raw = lines(3)
    reader = Reader(
        [
            raw[0],
            "# a comment\n",
            "\n",
            raw[1],
            "garbage\n",
            "[1]\n",
            '[-1,"o","x"]\n',
            '["x","o","x"]\n',
            '[0.1,"o","un',
        ]
    )
    assert [event.data for event in reader.events()] == ["$ "]
    assert reader.damaged == 5


@pytest.mark.parametrize("first", ["", "x", "[]", "{}", '{"version": 1}', '{"version": "3"}', "[" * 100_000])
def test_without_a_header_it_is_no_recording(first):
    """Said plainly."""
    with pytest.raises(RecordError, match="no recording"):
        Reader([first])


@given(st.lists(st.text(max_size=60), max_size=10), st.sampled_from([2, 3]))
def test_random_lines_crash_nothing(rest, version):
    """Neither reading nor converting."""
    list(convert(Reader([lines(version)[0], *rest]), 2))


@given(st.recursive(st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=5), lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["version", "term", "cols", "rows", "width", "env", "timestamp"]), inner, max_size=5), max_leaves=10))  # fmt: skip
def test_odd_headers_crash_nothing(found):
    """Any JSON as a header: read with defaults, or refused."""
    if isinstance(found, dict):
        found = {"version": 3} | found
    try:
        reader = Reader([json.dumps(found), json.dumps(found), json.dumps([found, "o", "x"])])
    except RecordError:
        return
    list(convert(reader, 2))
