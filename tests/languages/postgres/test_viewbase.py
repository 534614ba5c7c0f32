"""Which table stands behind a view, by its definition."""

from __future__ import annotations

import pytest

from safeshell.languages.postgres.viewbase import Base, base_of


@pytest.mark.parametrize(
    ("text", "name", "columns"),
    [
        (" SELECT id,\n    name\n   FROM t;", "t", {"id": "id", "name": "name"}),
        ("SELECT o.id AS number, lower(o.x) AS x FROM app.orders o WHERE o.id > 1", "app.orders", {"number": "id"}),
        ('SELECT "A b" FROM "Odd S"."T"', '"Odd S"."T"', {"A b": "A b"}),
        ("SELECT id, id AS again FROM ONLY t ORDER BY id", "t", {"id": "id", "again": "id"}),
    ],
)
def test_one_relation_and_its_columns(text, name, columns):
    """Renamed columns by the table's names; expressions are none."""
    assert base_of(text) == Base(name, columns)


@pytest.mark.parametrize(
    "text",
    [
        "SELECT a.id FROM a, b",
        "SELECT a.id FROM a JOIN b USING (id)",
        "SELECT DISTINCT id FROM a",
        "SELECT id FROM a UNION SELECT id FROM b",
        "SELECT id FROM a GROUP BY id",
        "SELECT id FROM a LIMIT 1",
        "WITH w AS (SELECT 1) SELECT id FROM a",
        "SELECT id FROM (SELECT 1 AS id) a",
        "SELECT count(*) FROM a",
        "SELECT * FROM a",
        "SELECT 1",
        "SELECT id FROM a; SELECT id FROM a",
        "no sql",
        "",
    ],
)
def test_anything_else_has_none(text):
    """Its rows are not those of one table, or nobody can tell."""
    assert base_of(text) is None
