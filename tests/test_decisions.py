"""Whole decisions, from text to question, in the four columns of the drawing."""

from __future__ import annotations

import pytest
import yaml

from tests.corpus import HERE, judge

ROWS = yaml.safe_load((HERE / "decisions.yaml").read_text(encoding="utf-8"))
COLUMNS = (("production", "ro"), ("production", "rw"), ("staging", "rw"), ("development", "rw"))
LETTERS = {"none": "n", "quiet": "q", "key": "k", "full": "f"}


@pytest.fixture(scope="module")
def answers():
    """Every row judged in every column, in one process for each column."""
    texts = [row["text"] for row in ROWS]
    columns = [judge(texts, tier=tier, mode=mode) for tier, mode in COLUMNS]
    return {
        text: "".join(LETTERS[column[number]["question"]] for column in columns) for number, text in enumerate(texts)
    }


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["text"])
def test_decision(row, answers):
    """The question in production read-only, unlocked, in staging and in development."""
    assert answers[row["text"]] == row["asks"]
