"""Finding lines and telling actions."""

from __future__ import annotations

import pytest

from safeshell.model.audit import AuditEvent, EventKind
from safeshell.records.audit import Audit, log_names
from safeshell.records.story import Log, Search


@pytest.fixture
def log(tmp_path):
    audit = Audit(str(tmp_path))
    for number, (session, action, kind, detail) in enumerate(
        [
            ("s1", "", EventKind.SESSION_START, {"host": "web-3"}),
            ("s1", "a1", EventKind.INTENT, {"text": "rm -rf Data/", "effects": ["destroys_data"]}),
            ("s1", "a1", EventKind.OUTCOME, {"exit": 0}),
            ("s2", "a2", EventKind.REFUSED, {"text": "reboot", "effects": ["halts_host"]}),
        ]
    ):
        audit.write(AuditEvent(1_700_000_000.0 + number * 60, session, action, kind, detail))
    return Log.of(str(tmp_path))


@pytest.mark.parametrize(
    ("search", "seqs"),
    [
        (Search(), [1, 2, 3, 4]),
        (Search(since="2023-11-14T22:14:20.000Z"), [2, 3, 4]),
        (Search(until="2023-11-14T22:14:20.000Z"), [1]),
        (Search(session="s2"), [4]),
        (Search(kind="outcome"), [3]),
        (Search(effect="destroys_data"), [2]),
        (Search(text="data"), [2]),
        (Search(text="destroys_data"), [2]),
        (Search(refused=True), [4]),
        (Search(session="s1", refused=True), []),
    ],
)
def test_every_condition_narrows_the_search(log, search, seqs):
    """Each by itself, and all of them together."""
    assert [line.seq for line in log.find(search)] == seqs


def test_an_action_is_told_with_its_intent_and_its_outcome(log):
    """Paired by the action's id."""
    story = log.story("a1")
    assert [line.kind for line in story.lines] == ["intent", "outcome"]
    assert story.first(EventKind.OUTCOME) is story.lines[1]
    assert log.story("nothing").lines == []
    assert log.story("").lines == []
    assert [found.action for found in log.last(5)] == ["a1", "a2"]
    assert [found.action for found in log.last(1)] == ["a2"]
    assert log.last(0) == []


def test_damage_is_counted_and_costs_only_itself(log, tmp_path):
    """Searching goes on behind a broken line."""
    (name,) = log_names(str(tmp_path))
    raw = (tmp_path / name).read_bytes().splitlines(keepends=True)
    (tmp_path / name).write_bytes(b"".join([raw[0], b"garbage\n", raw[1].replace(b"Data", b"Date"), *raw[2:]]))
    assert [line.seq for line in log.find(Search())] == [1, 3, 4]
    assert log.damaged == 2
