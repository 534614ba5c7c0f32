"""DO blocks: always opaque, and no smaller than what stands in them."""

from __future__ import annotations

import pytest

from tests.languages.postgres.asking import effects


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ("begin perform 1; end", set()),
        ("begin delete from t; end", {"destroys_rows", "unbounded"}),
        ("declare x int := lo_unlink(1); begin null; end", {"destroys_data"}),
        ("begin if pg_terminate_backend(1) then null; end if; end", {"stops_service"}),
        ("begin execute 'drop table x'; end", {"destroys_data"}),
        ("begin execute 'drop table ' || x; end", set()),
        ("declare r record; begin for r in select * from t for update loop null; end loop; end", {"blocks_others"}),
        ("begin commit; set transaction read write; end", {"writes"}),
        ("begin call p(); end", set()),
        ("begin x := f(1); end", {"not_understood"}),
        ("declare x text := 'drop table y'; begin raise notice '%', x; end", set()),
        ("declare x int[]; begin x[1] = lo_unlink(2); end", {"destroys_data"}),
        (
            "declare r record; begin for r in execute 'delete from t' loop null; end loop; end",
            {"destroys_rows", "unbounded"},
        ),
        ("declare x int; begin x := nextval('s'); end", {"writes"}),
        ("frobnicate", {"not_understood"}),
    ],
)
def test_bodies(body: str, found: set[str]) -> None:
    """Statements, expressions and constant texts of EXECUTE."""
    assert effects(f"do $$ {body} $$") - {"runs_opaque_code"} == found
    assert "runs_opaque_code" in effects(f"do $$ {body} $$")


def test_other_languages_are_opaque() -> None:
    """PL/Python and the like are not read here."""
    assert effects("do language plpython3u $$ import os $$") == {"runs_opaque_code"}
    assert "not_understood" in effects("do 'begin $safeshell_block$ end'")
