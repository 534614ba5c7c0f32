"""Unknown parts of SQL texts."""

from __future__ import annotations

from safeshell.languages.postgres.psql import read as read_postgres
from safeshell.model.knowledge import Knowledge


def test_unknown_parts_are_values_names_and_conditions():
    """At the start of a statement, as a function, or in a block of code they could be anything."""

    def dynamic(text: str) -> bool:
        return any(statement.dynamic for statement in read_postgres(text, Knowledge()).statements)

    assert not dynamic("select * from safeshell_unknown where a = safeshell_unknown and b = 'safeshell_unknown'")
    for text in ("safeshell_unknown", "select 1; safeshell_unknown", "explain safeshell_unknown",
                 "select safeshell_unknown(1)", "with x as (safeshell_unknown) select 1", "\\! safeshell_unknown"):  # fmt: skip
        assert dynamic(text), text
