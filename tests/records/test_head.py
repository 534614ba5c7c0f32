"""The head file's one line."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from safeshell.records.head import HEAD_SIZE, Head, unpack

HEAD = Head("audit-000000000001-20261122.jsonl", 12345, 678, "a" * 64, 600, "b" * 64, "boot-id")


@pytest.mark.parametrize("head", [HEAD, Head("x", 0), Head("x", 10**15, 10**12, "f" * 64, 10**12, "f" * 64, "b" * 36)])
def test_a_head_comes_back_and_always_has_one_size(head):
    """One size, so that overwriting in place needs no new block and leaves no rest of a longer one."""
    assert len(head.pack()) == HEAD_SIZE
    assert unpack(head.pack()) == head


@pytest.mark.parametrize("raw", [b"", b"\0" * HEAD_SIZE, HEAD.pack()[:-1], HEAD.pack() + b"x", b" " * HEAD_SIZE])
def test_anything_else_is_no_head(raw):
    """An empty, short, long or zeroed head is None, not an error."""
    assert unpack(raw) is None


@given(st.binary(max_size=600))
def test_random_bytes_are_no_head_and_no_crash(data):
    """Nothing but a packed head is read as one."""
    assert unpack(data) is None
