"""Reading crontabs without the crontab program."""

from __future__ import annotations

import pytest

from safeshell.previews import crontabs
from tests.previews.making import finding, subject


def test_the_spool_is_read_where_the_program_is_missing(tmp_path, monkeypatch):
    """As root may: the file named like the account."""
    (tmp_path / "ada").write_text("* * * * * x\n")
    monkeypatch.setattr(crontabs, "SPOOLS", (tmp_path / "none", tmp_path))
    monkeypatch.setenv("PATH", "/nonexistent")
    about = subject("x", finding("crontab"))
    assert crontabs.of_user("ada", about) == ["* * * * * x"]
    assert crontabs.of_user("bob", about) is None
    assert crontabs.of_user(None, about) is None


@pytest.mark.parametrize(
    ("line", "is_job"),
    [
        ("* * * * * /bin/x", True),
        ("@daily x", True),
        ("  0 1 * * * A=b x", True),
        ("# 0 1 * * * x", False),
        ("", False),
        ("MAILTO=a@b", False),
        ('PATH = "/bin"', False),
        ('"MAILTO"=x', False),
    ],
)
def test_jobs_are_what_runs(line, is_job):
    """crontab(5): comments, blanks and settings run nothing."""
    assert (crontabs.jobs([line]) == [line.strip()]) is is_job
