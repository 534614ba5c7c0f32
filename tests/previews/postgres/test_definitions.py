"""Definitions that go are written out so that they come back the same, whatever the search path."""

from __future__ import annotations

import pytest

from safeshell.previews.postgres.definitions import Definitions, definitions_of
from safeshell.previews.postgres.desk import Desk

THINGS = """
CREATE SCHEMA app; CREATE SCHEMA "Odd S";
CREATE TABLE app.t (id int PRIMARY KEY, a int, b text, CONSTRAINT "Big" CHECK (a > 0) NOT VALID);
CREATE TABLE app.u (t int CONSTRAINT fk REFERENCES app.t ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED);
CREATE INDEX part ON app.t USING btree (lower(b) DESC) INCLUDE (a) WHERE a > 3;
CREATE VIEW app.v WITH (security_barrier = true) AS SELECT id, a FROM app.t WHERE a > 1;
CREATE VIEW "Odd S"."V" AS SELECT count(*) AS "N n" FROM app.t;
CREATE MATERIALIZED VIEW app.m AS SELECT id, b FROM app.t; CREATE UNIQUE INDEX ON app.m (id);
CREATE FUNCTION app.f(x int, VARIADIC y text[]) RETURNS int LANGUAGE plpgsql STABLE SECURITY DEFINER SET work_mem = '1MB'
  AS $f$ BEGIN RETURN x; -- ; a comment
  END $f$;
CREATE FUNCTION app.f(x text, OUT y int) LANGUAGE sql AS 'SELECT 1';
CREATE PROCEDURE app.p(a int) LANGUAGE sql AS 'SELECT 1';
CREATE FUNCTION app.touched() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE TRIGGER tr BEFORE UPDATE OF a ON app.t FOR EACH ROW WHEN (OLD.a <> NEW.a) EXECUTE FUNCTION app.touched();
ALTER TABLE app.t ENABLE ALWAYS TRIGGER tr;
CREATE RULE r AS ON INSERT TO app.u WHERE NEW.t < 0 DO INSTEAD NOTHING;
CREATE STATISTICS app.st (dependencies) ON a, id FROM app.t;
SET search_path = app, public;
"""
SNAPSHOT = """
SET search_path = pg_catalog;
SELECT md5(string_agg(d, E'\\n' ORDER BY d)) FROM (
  SELECT c.oid::regclass || relkind::text || coalesce(reloptions::text, '') || CASE relkind WHEN 'i' THEN pg_get_indexdef(c.oid)
    ELSE coalesce(pg_get_viewdef(c.oid), '') END || pg_get_userbyid(relowner) AS d
    FROM pg_class c WHERE relnamespace IN (to_regnamespace('app'), to_regnamespace('"Odd S"')) AND relkind IN ('v', 'm', 'i')
  UNION ALL SELECT pg_get_functiondef(oid) || pg_get_userbyid(proowner) FROM pg_proc WHERE pronamespace = to_regnamespace('app')
  UNION ALL SELECT conrelid::regclass || conname || pg_get_constraintdef(oid) FROM pg_constraint WHERE connamespace = to_regnamespace('app')
  UNION ALL SELECT pg_get_triggerdef(oid) || tgenabled::text FROM pg_trigger WHERE NOT tgisinternal
  UNION ALL SELECT pg_get_ruledef(oid) FROM pg_rewrite WHERE rulename = 'r'
  UNION ALL SELECT pg_get_statisticsobjdef(oid) FROM pg_statistic_ext) s
"""


@pytest.fixture
def things(link):
    link.run("SET client_min_messages = warning")
    link.run(THINGS)
    return link


def told(link, text) -> Definitions:
    desk = Desk(link, 5.0)
    desk.open()
    try:
        return definitions_of(desk, text)
    finally:
        desk.close()


def snapshot(connect) -> str:
    return connect().run(SNAPSHOT)[0][0]


@pytest.mark.parametrize(
    "text",
    [
        "DROP VIEW v",
        'DROP VIEW app.v, "Odd S"."V"',
        "DROP VIEW IF EXISTS nowhere, v",
        "DROP INDEX part",
        "DROP MATERIALIZED VIEW app.m",
        "DROP FUNCTION f(int, text[])",
        "DROP FUNCTION app.f(text)",
        "DROP ROUTINE p",
        "DROP PROCEDURE app.p(int)",
        "DROP TRIGGER tr ON t",
        "DROP RULE r ON app.u",
        "DROP STATISTICS st",
        'ALTER TABLE t DROP CONSTRAINT "Big"',
        'ALTER TABLE app.u DROP CONSTRAINT fk; ALTER TABLE t DROP CONSTRAINT "Big"',
        "CREATE OR REPLACE VIEW v AS SELECT id, a FROM app.t",
        "CREATE OR REPLACE FUNCTION f(x int, VARIADIC y text[]) RETURNS int LANGUAGE sql AS 'SELECT 2'",
        "CREATE OR REPLACE RULE r AS ON INSERT TO u DO ALSO NOTHING",
    ],
)
def test_it_comes_back_as_it_was(things, connect, text):
    """Taken away or replaced, then made again from another session with another path."""
    before = snapshot(connect)
    kept = [told(things, part) for part in text.split("; ")]
    assert all(one.texts for one in kept)
    things.run(text)
    assert snapshot(connect) != before
    other = connect()
    for one in reversed(kept):
        other.run(";\n".join(one.texts))
    assert snapshot(connect) == before


@pytest.mark.parametrize(
    "text",
    [
        "DROP TABLE app.u",
        "DROP VIEW v CASCADE",
        "DROP VIEW nowhere",
        "DROP SCHEMA app CASCADE",
        "DROP FUNCTION nowhere(int)",
        "ALTER TABLE t DROP COLUMN a",
        'ALTER TABLE t DROP CONSTRAINT "Big", ADD COLUMN c int',
        "CREATE OR REPLACE VIEW fresh AS SELECT 1",
        "CREATE VIEW fresh AS SELECT 1",
        "ALTER TABLE t ADD COLUMN c int",
        "SELECT 1",
    ],
)
def test_what_has_no_text_has_no_kit(things, text):
    """Tables and their columns, CASCADE, what is not there, what only adds."""
    assert told(things, text) == Definitions()


def test_what_the_text_leaves_out_is_said(things):
    """Grants of what is dropped; the owner is put back where it is somebody else."""
    things.run("CREATE ROLE keeper; GRANT SELECT ON v TO keeper; ALTER VIEW v OWNER TO keeper")
    try:
        kept = told(things, "DROP VIEW v")
        assert kept.notes == ("its grants and comments are not in the undo kit",)
        assert kept.names == ("view app.v",)
        assert kept.texts[-1] == "ALTER VIEW app.v OWNER TO keeper"
    finally:
        things.run("DROP OWNED BY keeper CASCADE; DROP ROLE keeper")


def test_the_clients_search_path_is_as_it_was(things):
    """Inside a transaction, too."""
    things.run("BEGIN")
    told(things, "DROP VIEW v")
    assert things.run("SHOW search_path") == (("app, public",),)
    assert things.state == "T"
    things.run("ROLLBACK")
