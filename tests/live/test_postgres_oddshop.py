"""The number shown against the number hit where tables are odd: triggers, policies, nested partitions, odd names and types."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import pytest

from safeshell.model.errors import PreviewError
from safeshell.model.judgement import Assessment, Exactness
from safeshell.previews.postgres import take
from tests.making import action
from tests.previews.postgres.conftest import connect, link, server, template  # noqa: F401 - fixtures
from tests.previews.postgres.linking import Unit

# ruff: noqa: F811 - imported fixtures are arguments of tests

pytestmark = pytest.mark.live
HERE = Path(__file__).parent
SCHEMA = (HERE / "oddshop.sql").read_text(encoding="utf-8")
CASES = [
    tuple(part.strip() for part in line.split(" || "))
    for line in (HERE / "oddshop.txt").read_text(encoding="utf-8").splitlines()
    if line and not line.startswith("#")
]
"""A statement, then the values of its parameters."""


@pytest.fixture(scope="session")
def odd_template(server, template):
    """The shop's template gets the odd tables too, once."""
    from tests.previews.postgres.linking import PqLink

    filled = PqLink(server.conninfo(template))
    had = filled.run("SELECT 1 FROM pg_available_extensions WHERE name = 'citext'")
    if had:
        filled.run(SCHEMA)
    filled.close()
    if not had:
        pytest.skip("this server comes without citext")
    return template


@pytest.fixture
def odd(odd_template, connect):
    """A connection to a copy of it; nobody else's statements run there."""
    return connect()


def hit(link, text: str, values: tuple[bytes | None, ...]) -> int | None:
    """Rows that the server says were hit; None where it refuses the statement."""
    tables = text.removeprefix("TRUNCATE ").removesuffix(" CASCADE").split(", ") if text.startswith("TRUNCATE") else []
    rows = sum(int(link.run(f"SELECT count(*) FROM {name}")[0][0] or 0) for name in tables)
    with suppress(PreviewError):
        tag = link.tag(text, values)
        return rows if tables else int(tag.rpartition(" ")[2])
    return None


@pytest.mark.parametrize("case", CASES, ids=lambda case: case[0][:60])
def test_the_number_shown_is_the_number_hit(odd, case):
    """Exact, or labelled as a bound that holds, or with the reason why it cannot be known; the connection is as it was."""
    text, values = case[0], tuple(None if part == "NULL" else part.encode() for part in case[1:])
    role = "app" if "ledger" in text else "postgres"
    odd.run(f"SET ROLE {role}")
    seen = take(Assessment(action(text), (), ()), odd, units=[Unit(text, values)])
    assert odd.state == "I"
    odd.run("BEGIN")
    real = hit(odd, text, values)
    odd.run("ROLLBACK")
    assert real is not None, "the server refuses this statement"
    if seen.exactness is Exactness.EXACT:
        assert seen.affected == real, seen
    elif seen.exactness is Exactness.AT_MOST:
        assert seen.affected >= real, seen
    elif seen.exactness is Exactness.AT_LEAST:
        assert seen.affected <= real, seen
    else:
        assert seen.caveats, seen


def test_nearly_all_of_them_are_exact(odd):
    """A label is the exception here too: at most one statement in five has one."""
    labels = []
    for text, *values in CASES:
        odd.run(f"SET ROLE {'app' if 'ledger' in text else 'postgres'}")
        parameters = tuple(None if part == "NULL" else part.encode() for part in values)
        seen = take(Assessment(action(text), (), ()), odd, units=[Unit(text, parameters)])
        labels += [text] if seen.exactness is not Exactness.EXACT else []
    assert len(CASES) >= 90
    assert len(labels) <= len(CASES) // 5, labels
