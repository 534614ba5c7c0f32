"""One audit line: spelling, hash, link."""

from __future__ import annotations

import hashlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from safeshell.records.chain import FIELDS, GENESIS, LineError, compose, parse, stored_hash, timestamp


def fields(**more: object) -> dict[str, object]:
    plain: dict[str, object] = {
        "seq": 1,
        "at": "2026-11-22T10:00:00.000Z",
        "session": "s1",
        "action": "a1",
        "kind": "intent",
        "detail": {"text": "rm -rf daten-ü", "b": [1, 2.5, None, True]},
        "previous_hash": GENESIS,
    }
    return plain | more


def test_hash_is_that_of_the_canonical_json_of_the_line_without_it():
    """Anybody can check a line with a JSON library and sha256: no knowledge of safeshell is needed."""
    raw, digest = compose(fields())
    found = json.loads(raw)
    assert found.pop("hash") == digest
    canonical = json.dumps(found, sort_keys=True, separators=(",", ":"))
    assert hashlib.sha256(canonical.encode()).hexdigest() == digest
    assert tuple(json.loads(raw)) == FIELDS


def test_a_line_comes_back_as_it_was_written():
    """Reading gives the same values, non-ASCII text too."""
    raw, digest = compose(fields())
    line = parse(raw)
    assert line.as_json() == fields() | {"hash": digest}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"rm -rf", b"ls -la"),
        (b'"seq":1', b'"seq":2'),
        (b'"kind":"intent"', b'"kind": "intent"'),
        (b'"kind":"intent"', b'"kind":"x","kind":"intent"'),
        (b"intent", b"outcome"),
        (b"}\n", b"} \n"),
        (b'"session":"s1",', b""),
        (b'"seq":1', b'"seq":true'),
        (b"2.5", b"NaN"),
    ],
)
def test_any_change_of_a_line_is_noticed(old, new):
    """A changed value, another spelling of the same JSON, a doubled or missing key: none passes."""
    raw, _ = compose(fields())
    assert old in raw
    with pytest.raises(LineError):
        parse(raw.replace(old, new, 1))


@given(st.binary(max_size=200))
def test_random_bytes_are_no_line_and_no_crash(data):
    """Reading never fails otherwise than by LineError."""
    with pytest.raises(LineError):
        parse(data)
    assert isinstance(stored_hash(data), str)


def test_deeply_nested_json_is_no_crash():
    """A hostile line of 100,000 brackets is refused as any other garbage."""
    with pytest.raises(LineError):
        parse(b"[" * 100_000)
    assert stored_hash(b'{"hash":' + b"[" * 100_000) == ""


def test_timestamps_are_utc_with_milliseconds():
    """Milliseconds are cut, not rounded, so that a line is never dated after it was written."""
    assert timestamp(1_700_000_000.9999) == "2023-11-14T22:13:20.999Z"
    assert timestamp(0) == "1970-01-01T00:00:00.000Z"
