"""Our own corpus: what reads is silent, what writes, escapes or hides is held, each with its gravest effect."""

from __future__ import annotations

from pathlib import Path

import pytest

from safeshell.languages.postgres.shapes import shape
from tests.languages.postgres.asking import effects, held

HERE = Path(__file__).parent


def lines(name: str) -> list[str]:
    text = (HERE / name).read_text(encoding="utf-8")
    return [line for line in text.splitlines() if line and not line.startswith("#")]


READS = lines("reads.txt") + lines("reads_manual.txt")
HOLDS = [tuple(line.split(" | ", 1)) for name in ("holds.txt", "holds_manual.txt") for line in lines(name)]


@pytest.mark.parametrize("text", READS)
def test_reads_are_silent(text: str) -> None:
    """Nothing in these can write."""
    assert not held(text), effects(text)


@pytest.mark.parametrize(("effect", "text"), HOLDS, ids=[text for _, text in HOLDS])
def test_everything_else_is_held(effect: str, text: str) -> None:
    """And for what it does."""
    assert held(text)
    assert effect in effects(text)


def test_no_shape_clears_what_its_text_does_not() -> None:
    """A text without its constants is judged no milder than with them."""
    shapes = [(text, shape(text)) for _, text in HOLDS]
    assert [text for text, bare in shapes if bare is not None and not held(bare)] == []


def test_the_corpus_is_large_and_varied() -> None:
    """Enough of both kinds to mean something, and nothing twice."""
    assert len(READS) + len(HOLDS) >= 1_300
    assert len(set(READS)) == len(READS)
    assert len({text for _, text in HOLDS}) == len(HOLDS)
