"""DROP SCHEMA and DROP DATABASE: what goes in one word."""

from __future__ import annotations

from safeshell.cli.bench import open_bench
from safeshell.model.effects import Demand
from safeshell.model.judgement import Reversibility
from safeshell.previews.postgres import take
from tests.previews.postgres.linking import Unit


def look(link, text):
    bench = open_bench(tier="production", here=False, config=None)
    weighed = bench.weigh(text, language="postgres", tier="production", mode=None)
    return take(weighed.assessment, link, units=[Unit(text)])


def test_a_schema_with_its_tables(link):
    """As the reader names it, quoted or not; the largest first."""
    link.run("""
        CREATE SCHEMA "Old Shop"; CREATE TABLE "Old Shop".a AS SELECT generate_series(1, 1000) AS n;
        CREATE VIEW "Old Shop".v AS SELECT 1 AS one; ANALYZE "Old Shop".a
    """)
    seen = look(link, 'DROP SCHEMA "Old Shop" CASCADE')
    assert seen.summary.startswith("1 table with about 1,000 rows, ")
    assert seen.summary.endswith(' and 1 other object: "Old Shop"')
    assert (seen.affected, seen.unit, seen.raises) == (1, "tables", Demand.CONFIRM)
    assert seen.reversibility is Reversibility.IRREVERSIBLE
    assert "Old Shop.a" in seen.sample[0]


def test_a_schema_that_is_not_there(link):
    """Nothing to lose."""
    assert look(link, "DROP SCHEMA IF EXISTS nowhere").raises is Demand.ALLOW


def test_a_database_with_those_who_use_it(link, connect):
    """Its size, and who is connected."""
    connect("shop-web")
    name = link.run("SELECT current_database()")[0][0]
    seen = look(link, f"DROP DATABASE {name}")
    assert seen.summary.startswith(f"the whole database {name}: ")
    assert "shop-web" in seen.caveats[0]
    assert seen.raises is Demand.CONFIRM
