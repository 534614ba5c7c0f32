"""Durations, sizes and their spellings; the shapes themselves are tested through config."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from safeshell.policy.config import examine
from safeshell.policy.configshapes import duration, spelled


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("60m", 3600), ("1h30m", 5400), ("900s", 900), ("90d", 7776000), ("500ms", 0.5), ("1.5h", 5400), ("0s", 0)],
)
def test_durations(text: str, seconds: float):
    """Numbers with units add up."""
    assert duration(text) == seconds


@pytest.mark.parametrize("text", ["", "60", "m", "1 h", "-1m", "1h30", "1w", "m60", "٣m"])
def test_no_durations(text: str):
    """A number without a unit, signs, spaces and other scripts' digits are refused."""
    assert duration(text) is None


@given(st.integers(min_value=0, max_value=10**7))
def test_spelled_is_read_back(seconds: int):
    """What is shown can be written."""
    assert duration(spelled(seconds)) == seconds


@pytest.mark.parametrize(
    ("text", "size"), [("64M", 64 << 20), ("10k", 10240), ("1GiB", 1 << 30), ("512", 512), ("2 MB", 2 << 20)]
)
def test_sizes(text: str, size: int):
    """Sizes count in powers of 1024."""
    faults, layer = examine(f"undo: {{size: {text}}}", "c.yaml")
    assert not faults
    assert layer.values["undo.size"] == size
