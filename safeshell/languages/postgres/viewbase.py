"""The table behind a view that the server lets rows be changed through: which, and its columns by the view's names.

Reads the text of pg_get_viewdef(), which spells every column out. What must not live here: asking for it, whether
the server takes changes of the view (previews).
"""

from __future__ import annotations

from collections.abc import Mapping

from safeshell.languages.postgres.trees import Tree, Unparsed, inner, qualified, second_opinion, strings
from safeshell.model.values import dataclass

_SHAPES = ("distinctClause", "groupClause", "havingClause", "windowClause", "withClause", "limitCount", "limitOffset")
"""Any of these, and the rows of a view are not rows of one table (chapter on CREATE VIEW, updatable views)."""


@dataclass(frozen=True, slots=True)
class Base:
    """The one relation in a view's FROM, as SQL writes it, and its columns by the names that the view gives them."""

    name: str
    columns: Mapping[str, str]


def base_of(definition: str) -> Base | None:
    """What a view's definition shows of one relation; None where it shows something else."""
    found = second_opinion(definition)
    if isinstance(found, Unparsed) or len(found) != 1 or found[0].kind != "SelectStmt":
        return None
    query = found[0].node
    sources = query.get("fromClause", ())
    if any(query.get(shape) for shape in _SHAPES) or query.get("op", "SETOP_NONE") != "SETOP_NONE" or len(sources) != 1:
        return None
    kind, relation = inner(sources[0])
    if kind != "RangeVar":
        return None
    columns = dict(pair for item in query.get("targetList", ()) if (pair := _column(item)) is not None)
    return Base(qualified(relation), columns) if columns else None


def _column(item: Tree) -> tuple[str, str] | None:
    """The view's name of a column, and the table's; None for an expression."""
    target = item.get("ResTarget", {})
    kind, value = inner(target.get("val"))
    words = strings(value.get("fields")) if kind == "ColumnRef" else ()
    return (target.get("name") or words[-1], words[-1]) if words and words[-1] else None
