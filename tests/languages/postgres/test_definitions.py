"""Definitions: what is destroyed, what is only changed, what is run on the way."""

from __future__ import annotations

import pytest

from safeshell.languages.postgres.reader import read
from safeshell.model.facts import Ask, Question
from tests.languages.postgres.asking import effects


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("create table t (a int)", {"changes_schema"}),
        ("create temp table t (a int)", {"writes"}),
        ("create function f() returns void language sql as 'delete from t'", {"changes_schema"}),
        ("create rule r as on insert to t do also delete from u", {"changes_schema"}),
        ("create view v as select pg_terminate_backend(1)", {"changes_schema"}),
        ("create index on t (lower(a))", {"changes_schema"}),
        ("create schema s create table t (a int) grant all on t to bob", {"changes_schema", "revokes_access"}),
        ("alter table t add column a int", {"changes_schema"}),
        ("alter table t add column a int, drop column b", {"changes_schema", "destroys_data"}),
        ("alter table t disable row level security", {"revokes_access"}),
        ("alter table t alter a set default pg_terminate_backend(1)::int", {"changes_schema", "stops_service"}),
        ("drop table t", {"destroys_data"}),
        ("drop view v", {"changes_schema"}),
        ("drop index concurrently i", {"changes_schema"}),
        ("drop policy p on t", {"revokes_access"}),
        ("drop publication p", {"stops_service"}),
        ("drop owned by bob", {"destroys_data"}),
        ("truncate a, b cascade", {"destroys_data"}),
        ("cluster", {"blocks_others", "unbounded"}),
        ("reindex table concurrently t", {"writes"}),
        ("refresh materialized view concurrently v", {"writes"}),
        ("alter role bob rename to alice", {"revokes_access"}),
        ("alter table t rename a to b", {"changes_schema"}),
    ],
)
def test_effects_of_definitions(text: str, found: set[str]) -> None:
    """Kept code is not run; data that goes is named as such."""
    assert effects(text) == found


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ('drop table if exists a.b, "C"', ["a.b", '"C"']),
        ("truncate only a, b.c", ["a", "b.c"]),
        ("create index i on s.t (a)", ["s.t"]),
        ("alter table only s.t drop a", ["s.t"]),
        ("drop function s.f(int)", ["s.f"]),
        ("drop type s.t", ["s.t"]),
        ("drop schema a, b", ["a", "b"]),
        ("refresh materialized view m", ["m"]),
    ],
)
def test_what_is_changed_is_named(text: str, names: list[str]) -> None:
    """With its schema, quoted where needed."""
    assert [target.value for item in read(text).statements for target in item.targets] == names


def test_the_owner_that_it_has_already() -> None:
    """By the catalogue's word, for a name with its schema; another owner, or none known, changes who may do what."""
    text = "alter table s.t owner to bob; alter sequence s.q owner to bob; alter view v owner to bob"
    known = {Question(Ask.OWNER, name): "bob" for name in ("s.t", "s.q", "v")}
    found = [{effect.value for effect in one.effects} for one in read(text, facts=known).statements]
    assert found == [{"writes"}, {"writes"}, {"revokes_access"}]
    assert [question.subject for question in read(text).questions if question.about is Ask.OWNER] == ["s.t", "s.q"]
    other = {Question(Ask.OWNER, "s.t"): "alice"}
    assert {effect.value for effect in read("alter table s.t owner to bob", facts=other).statements[0].effects} == {
        "revokes_access"
    }
