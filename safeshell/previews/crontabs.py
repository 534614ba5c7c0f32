"""Reading crontabs: a user's own by `crontab -l`, another's by root or from the spool.

What must not live here: sentences, changing any.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from safeshell.previews.programs import output
from safeshell.previews.subject import Subject

SPOOLS = (Path("/var/spool/cron/crontabs"), Path("/var/spool/cron"), Path("/var/spool/cron/tabs"))
"""Debian and BusyBox, Red Hat, SUSE."""

_NONE_YET = "no crontab for"


def of_user(name: str | None, subject: Subject) -> list[str] | None:
    """The lines of a crontab (None: one's own); empty where there is none, None where it cannot be read."""
    argv = ["crontab", *(["-u", name] if name else []), "-l"]
    lines, program = output(argv, subject)
    if program.code == 0:
        return lines
    if _NONE_YET in program.error:
        return []
    return _from_spool(name) if name else None


def _from_spool(name: str) -> list[str] | None:
    for spool in SPOOLS:
        try:
            return (spool / name).read_text(encoding="utf-8", errors="replace").splitlines()
        except OSError:
            continue
    return None


def jobs(lines: Sequence[str] | None) -> list[str]:
    """The lines that run something: neither comments, blanks, nor settings like MAILTO=x (crontab(5))."""
    return [line.strip() for line in lines or () if _is_job(line.strip())]


def _is_job(line: str) -> bool:
    if not line or line.startswith("#"):
        return False
    name, equals, _ = line.partition("=")
    setting = equals and name.strip().strip("\"'").isidentifier()
    return not setting
