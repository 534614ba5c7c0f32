"""`safeshell requests`, run as the command that people run."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time

from safeshell.approvals.requests import Requests, default_directory
from safeshell.model.judgement import Exactness, Preview
from safeshell.model.statements import Language
from safeshell.records.redact import redact


def listing(state, *words: str) -> list[str]:
    env = {"PATH": os.environ["PATH"], "HOME": str(state), "SAFESHELL_STATE_DIR": str(state)}
    argv = [sys.executable, "-m", "safeshell.cli.main", "requests", *words]
    done = subprocess.run(argv, capture_output=True, text=True, timeout=30, check=True, env=env)
    assert done.stderr == ""
    return done.stdout.splitlines()


def leave(state, text: str, at: float):
    requests = Requests(default_directory({"SAFESHELL_STATE_DIR": str(state)}), redact=redact)
    preview = Preview("1,284 rows", 1284, "rows", Exactness.EXACT)
    return requests, requests.leave(
        language=Language.POSTGRES,
        text=text,
        target="shop@db.prod",
        operator="ada",
        host="web-3",
        preview=preview,
        at=at,
    )


def test_nothing_waiting_prints_nothing(tmp_path):
    """So that a script can loop over it."""
    assert listing(tmp_path) == []


def test_each_request_is_one_line_with_its_id_first_and_its_text_and_target_whole(tmp_path):
    """Line breaks and control characters in a text do not break the line; secrets are covered."""
    text = "DELETE FROM orders\nWHERE id < 10; ALTER ROLE bob PASSWORD 'S3cr3tZq9' \x1b[2J"
    requests, one = leave(tmp_path, text, time.time() - 5)
    _, two = leave(tmp_path, "TRUNCATE orders", time.time())
    leave(tmp_path, "expired", time.time() - 700)
    requests.confirm(two.id, "ada", time.time())
    first, second = listing(tmp_path)
    assert first.split()[0] == one.id
    assert "waits, 9:5" in first
    assert "postgres on shop@db.prod" in first
    assert "1,284 rows" in first
    assert first.endswith("DELETE FROM orders^JWHERE id < 10; ALTER ROLE bob PASSWORD '[redacted]' ^[[2J")
    assert second.split()[0] == two.id
    assert "confirmed by ada" in second


def test_json_holds_no_secret_either(tmp_path):
    """Everything that a program may need, the exact text not."""
    _, one = leave(tmp_path, "ALTER ROLE bob PASSWORD 'S3cr3tZq9'", time.time())
    (line,) = listing(tmp_path, "--json")
    assert "S3cr3tZq9" not in line
    found = json.loads(line)
    assert (found["id"], found["at_most"], found["unit"], found["digest"]) == (one.id, 1284, "rows", one.digest)
