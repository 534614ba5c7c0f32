"""Which definitions a statement takes away or replaces, by its tree (what the server makes of them: test_definitions)."""

from __future__ import annotations

import pytest

from safeshell.languages.postgres.keepsakes import Keepsake, keepsakes


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('drop view if exists a.v, "W x"', (Keepsake("view", "a.v"), Keepsake("view", '"W x"'))),
        ("drop index concurrently i", (Keepsake("index", "i"),)),
        ("drop function f(int, out text), a.g", (Keepsake("routine", "f(int)"), Keepsake("routine", "a.g"))),
        ("drop procedure p()", (Keepsake("routine", "p()"),)),
        ('drop trigger "T" on a.b', (Keepsake("trigger", "T", "a.b"),)),
        ("drop rule r on b", (Keepsake("rule", "r", "b"),)),
        ("alter table a.b drop constraint c", (Keepsake("constraint", "c", "a.b"),)),
        ("create or replace view v as select 1", (Keepsake("view", "v", replaced=True),)),
        (
            "create or replace function a.f(x int, out y text, variadic z text[]) language sql as 'select 1'",
            (Keepsake("routine", "a.f(int, text[])", replaced=True),),
        ),
    ],
)
def test_what_is_named(text, found):
    """Each with the name under which the catalogue has it."""
    assert keepsakes(text) == found


@pytest.mark.parametrize(
    "text",
    [
        "drop view v cascade",
        "drop table t",
        "drop type t",
        "drop aggregate g(int)",
        "alter table t drop constraint c cascade",
        "alter table t drop constraint c, drop column d",
        "create view v as select 1",
        "create function f() returns int language sql as 'select 1'",
        "drop view v; drop view w",
        "delete from t",
        "no sql",
        "",
    ],
)
def test_what_has_no_text_is_none(text):
    """All of a statement or nothing of it."""
    assert keepsakes(text) == ()
