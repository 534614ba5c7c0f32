"""The option tables against the programs that are installed."""

import re
import shutil
import subprocess

import pytest

from safeshell.gateways.clientrows import ROWS
from tests.servers import postgres_binaries

HELP_LINE = re.compile(
    r"^\s{2,8}(?:-(?P<short>[\w?]))?(?:,\s+)?(?:--(?P<long>[\w-]+))?(?P<takes>\[?=\S+|\s[A-Z_]{2,}\S*)?"
)
ONLY_BY_EQUALS = {"help"}
BY_VERSION = {("pgbench", ("d", ""))}
"""Before version 17 this was --debug; a word that follows it names the database either way."""


def printed(program: str) -> set[tuple[str, str]]:
    """(name, what it takes) of every option that the program's own help prints."""
    shown = subprocess.run([program, "--help"], capture_output=True, text=True, timeout=20, check=False).stdout
    found = set()
    for match in filter(None, map(HELP_LINE.match, shown.splitlines())):
        takes = "?" if (match["takes"] or "").startswith("[") else ":" if match["takes"] else ""
        found |= {(name, takes) for name in (match["short"], match["long"]) if name and name not in ONLY_BY_EQUALS}
    return found


def binaries():
    return [place for place in (postgres_binaries(), postgres_binaries(16)) if place is not None]


@pytest.mark.parametrize("name", sorted(set(ROWS) - {"pgcli"}))
def test_a_row_knows_what_the_program_prints(name):
    """Each option that an installed version prints is in the row and takes what the row says."""
    places = [place / name for place in binaries() if (place / name).exists()]
    if not places:
        pytest.skip(f"{name} is not installed")
    known = {(key, option.takes) for option in ROWS[name].options for key in (option.short, option.long) if key}
    for program in places:
        shown = printed(str(program))
        assert len(shown) > 5
        shown = {pair for pair in shown if pair[0] != "?" and (name, pair) not in BY_VERSION}
        assert shown <= known, program


@pytest.mark.skipif(shutil.which("pgcli") is None, reason="pgcli is not installed")
def test_pgcli_has_the_options_that_name_a_server():
    """Its own help, without the rest, which changes from version to version."""
    shown = printed("pgcli")
    assert {"h", "p", "U", "d"} <= {name for name, _ in shown}


def test_roles_are_of_options_that_take_a_value():
    """`-d` names a database where it takes a value, and not where it is a flag (createuser)."""
    assert ROWS["psql"].roles == {"h": "host", "p": "port", "U": "user", "d": "dbname"}
    assert "d" not in ROWS["createuser"].roles
    assert ROWS["dropdb"].roles["maintenance-db"] == "dbname"
