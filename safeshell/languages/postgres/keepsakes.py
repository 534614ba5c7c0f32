"""The definitions that a statement takes away or replaces, as far as the server can write them out again.

Views, indexes, routines, constraints, triggers, rules and statistics have a pg_get_*def(); tables, types, schemas have
none. What must not live here: asking for the texts (previews.postgres.definitions).
"""

from __future__ import annotations

from collections.abc import Iterator

from safeshell.languages.postgres import deparsing
from safeshell.languages.postgres.trees import Tree, Unparsed, inner, qualified, quoted, second_opinion, strings
from safeshell.model.values import dataclass

VIEW, MATVIEW, INDEX, ROUTINE = "view", "materialized view", "index", "routine"
CONSTRAINT, TRIGGER, RULE, STATISTICS = "constraint", "trigger", "rule", "statistics"

_RELATIONS = {"OBJECT_VIEW": VIEW, "OBJECT_MATVIEW": MATVIEW, "OBJECT_INDEX": INDEX, "OBJECT_STATISTIC_EXT": STATISTICS}
_ROUTINES = frozenset({"OBJECT_FUNCTION", "OBJECT_PROCEDURE", "OBJECT_ROUTINE"})
_ON_TABLES = {"OBJECT_TRIGGER": TRIGGER, "OBJECT_RULE": RULE}
_NO_INPUT = frozenset({"FUNC_PARAM_OUT", "FUNC_PARAM_TABLE"})


@dataclass(frozen=True, slots=True)
class Keepsake:
    """One definition. `name` as SQL writes it, of a routine with the types of its arguments where they are given.

    `table` is that of a constraint, trigger or rule, whose `name` is then bare, not quoted. `replaced`: another
    one comes in its place.
    """

    kind: str
    name: str
    table: str = ""
    replaced: bool = False


def keepsakes(text: str) -> tuple[Keepsake, ...]:
    """What one statement takes away or replaces; () where any of it has no text, or CASCADE takes along who knows what."""
    found = second_opinion(text)
    if isinstance(found, Unparsed) or len(found) != 1:
        return ()
    kind, node = found[0].kind, found[0].node
    reader = _READERS.get(kind)
    kept = list(reader(node)) if reader else []
    known = tuple(one for one in kept if one is not None)
    return known if len(known) == len(kept) else ()


def _drop(node: Tree) -> Iterator[Keepsake | None]:
    what = node.get("removeType", "")
    for wrapped in node.get("objects", ()):
        _, item = inner(wrapped)
        if node.get("behavior") == "DROP_CASCADE":
            yield None
        elif what in _RELATIONS:
            yield Keepsake(_RELATIONS[what], _dotted(strings(item.get("items"))))
        elif what in _ROUTINES:
            yield Keepsake(ROUTINE, _signature(strings(item.get("objname")), item, "objfuncargs"))
        elif what in _ON_TABLES:
            *table, name = strings(item.get("items"))
            yield Keepsake(_ON_TABLES[what], name, _dotted(table))
        else:
            yield None


def _alter_table(node: Tree) -> Iterator[Keepsake | None]:
    """DROP CONSTRAINT; anything else beside it is no definition that could be kept."""
    for wrapped in node.get("cmds", ()):
        command = wrapped.get("AlterTableCmd", {})
        plain = command.get("subtype") == "AT_DropConstraint" and command.get("behavior") != "DROP_CASCADE"
        yield Keepsake(CONSTRAINT, command.get("name", ""), qualified(node["relation"])) if plain else None


def _view(node: Tree) -> Iterator[Keepsake]:
    if node.get("replace"):
        yield Keepsake(VIEW, qualified(node["view"]), replaced=True)


def _routine(node: Tree) -> Iterator[Keepsake]:
    if node.get("replace"):
        yield Keepsake(ROUTINE, _signature(strings(node.get("funcname")), node, "parameters"), replaced=True)


def _trigger(node: Tree) -> Iterator[Keepsake]:
    if node.get("replace"):
        yield Keepsake(TRIGGER, node.get("trigname", ""), qualified(node["relation"]), replaced=True)


def _rule(node: Tree) -> Iterator[Keepsake]:
    if node.get("replace"):
        yield Keepsake(RULE, node.get("rulename", ""), qualified(node["relation"]), replaced=True)


_READERS = {
    "DropStmt": _drop,
    "AlterTableStmt": _alter_table,
    "ViewStmt": _view,
    "CreateFunctionStmt": _routine,
    "CreateTrigStmt": _trigger,
    "RuleStmt": _rule,
}


def _dotted(parts: tuple[str, ...] | list[str]) -> str:
    return ".".join(quoted(part) for part in parts)


def _signature(name: tuple[str, ...], node: Tree, where: str) -> str:
    """`app.total(integer, text[])`; the bare name where DROP gives no types."""
    if node.get("args_unspecified"):
        return _dotted(name)
    given = [inner(item)[1] for item in node.get(where, ())]
    types = [deparsing.type_name(one["argType"]) for one in given if one.get("mode") not in _NO_INPUT]
    return f"{_dotted(name)}({', '.join(types)})"
