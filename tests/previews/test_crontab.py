"""Which jobs would go from a crontab: with the real crontab of a throwaway account where there is one."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess

import pytest

from safeshell.model.judgement import Exactness, Reversibility
from safeshell.previews import crontabs
from safeshell.previews.crontab import look
from tests.previews.making import finding, last, subject

TABLE = """# m h dom mon dow command
MAILTO=ops@example.org
0 3 * * * /usr/local/bin/backup --all

*/5 * * * * /usr/local/bin/queue
@reboot A=1 /usr/local/bin/start
"""
USER = "games"
"""An account that Debian always has and nobody uses."""


@pytest.fixture
def table():
    """Installs TABLE for USER by the real crontab, and puts back what was there."""
    if shutil.which("crontab") is None or os.geteuid():
        pytest.skip("needs cron's crontab and root")
    try:
        pwd.getpwnam(USER)
    except KeyError:
        pytest.skip(f"there is no account {USER}")
    if subprocess.run(["crontab", "-u", USER, "-l"], capture_output=True, check=False).returncode == 0:
        pytest.skip(f"{USER} has a crontab of its own")
    subprocess.run(["crontab", "-u", USER, "-"], input=TABLE, text=True, check=True)
    yield TABLE
    subprocess.run(["crontab", "-u", USER, "-r"], check=True)


def of(line: str, cwd="/"):
    return last(look, subject(line, finding("crontab"), cwd))


def test_removing_a_table_lists_its_jobs(table):
    """Settings, comments and blanks are no jobs; the table is still there afterwards."""
    seen = of(f"crontab -u {USER} -r")
    assert seen.summary == f"3 jobs of 3 would go from {USER}'s crontab"
    assert (seen.affected, seen.unit, seen.exactness) == (3, "jobs", Exactness.EXACT)
    assert seen.sample == (
        "0 3 * * * /usr/local/bin/backup --all",
        "*/5 * * * * /usr/local/bin/queue",
        "@reboot A=1 /usr/local/bin/start",
    )
    assert seen.reversibility is Reversibility.IRREVERSIBLE
    listed = subprocess.run(["crontab", "-u", USER, "-l"], capture_output=True, text=True, check=True).stdout
    assert "backup --all" in listed


def test_replacing_a_table_lists_what_is_not_in_the_new_one(table, tmp_path):
    """A file that keeps two of three jobs loses one."""
    (tmp_path / "new").write_text(
        "0 3 * * * /usr/local/bin/backup --all\n@reboot A=1 /usr/local/bin/start\n1 1 * * * x\n"
    )
    seen = of(f"crontab -u {USER} new", tmp_path)
    assert seen.affected == 1
    assert seen.sample == ("*/5 * * * * /usr/local/bin/queue",)


@pytest.mark.parametrize("line", [f"crontab -u {USER} -", f"crontab -u {USER}", f"crontab -u {USER} gone"])
def test_from_a_pipe_it_is_at_most_all(table, line):
    """What comes on standard input is not known: at most everything goes."""
    seen = of(line)
    assert (seen.affected, seen.exactness) == (3, Exactness.AT_MOST)
    assert "only known when it runs" in seen.caveats[0]


def test_no_table_no_loss():
    """An account without a crontab loses nothing, exactly."""
    if shutil.which("crontab") is None or os.geteuid():
        pytest.skip("needs cron's crontab and root")
    seen = of("crontab -u daemon -r")
    assert (seen.summary, seen.affected) == ("daemon's crontab has no job", 0)


def test_a_table_that_cannot_be_read_is_unknown(monkeypatch):
    """Without the program and without the right to read the spool nothing is claimed."""
    monkeypatch.setenv("PATH", "/nonexistent")
    monkeypatch.setattr(crontabs, "SPOOLS", ())
    seen = of("crontab -r")
    assert (seen.affected, seen.exactness) == (None, Exactness.UNKNOWN)


def test_options_that_crontab_would_refuse():
    """Not guessed."""
    assert of("crontab --remove-all").exactness is Exactness.UNKNOWN
