"""Reading the corpora and judging them through the real command, `safeshell check --jsonl`.

What must not live here: expectations.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent


def lines_of(path: Path) -> list[str]:
    """One case a line; lines starting with # are comments, a written \\n is a new line."""
    kept = [line for line in path.read_text(encoding="utf-8").splitlines() if line and not line.startswith("#")]
    return [line.replace("\\n", "\n") for line in kept]


def judge(texts: list[str], **asked: str) -> list[dict]:
    """The verdicts of `safeshell check --jsonl`, in the order of the texts."""
    given = "".join(json.dumps({"text": text, **asked}) + "\n" for text in texts)
    done = subprocess.run(
        [sys.executable, "-m", "safeshell.cli.main", "check", "--jsonl"],
        input=given,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
        env={**os.environ, "PYTHONPATH": str(HERE.parent)},
    )
    assert done.returncode == 0, done.stderr[-2000:]
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert [answer["text"] for answer in answers] == texts
    return answers


def asking(answers: list[dict]) -> list[str]:
    """The texts that do not pass silently."""
    return [answer["text"] for answer in answers if answer["demand"] != "allow"]


def silent(answers: list[dict]) -> list[str]:
    """The texts that pass silently."""
    return [answer["text"] for answer in answers if answer["demand"] == "allow"]
