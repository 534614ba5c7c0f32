"""One statement of PostgreSQL -> its verb and claims, by the type of its node.

What is not surely a read is at least a write; a type that nobody listed is not understood.
What must not live here: queries (queries), sessions and transactions (control), locks (ddl).
"""

from __future__ import annotations

from collections.abc import Callable

from safeshell.languages.postgres import control, definitions
from safeshell.languages.postgres.changes import CHANGES
from safeshell.languages.postgres.queries import judge_query, serious
from safeshell.languages.postgres.scope import DEEPEST, Scope, claim, tables, temporary
from safeshell.languages.postgres.statementwords import DEFINES, FIXED
from safeshell.languages.postgres.trees import Tree, inner, qualified
from safeshell.model.effects import Effect
from safeshell.model.facts import Ask
from safeshell.model.statements import Claim, Statement, Target, TargetKind

Judged = tuple[str, list[Claim], tuple[Statement, ...]]
"""Verb, claims, and shell statements that run on the database server."""

_CHANGE_VERBS = {"InsertStmt": "insert", "UpdateStmt": "update", "DeleteStmt": "delete", "MergeStmt": "merge"}


def judge(kind: str, node: Tree, scope: Scope) -> Judged:
    """Verb and claims of one statement; never without a claim."""
    if kind == "SelectStmt" or kind in CHANGES:
        return _CHANGE_VERBS.get(kind, "select"), judge_query({kind: node}, scope), ()
    special = _SPECIAL.get(kind)
    if special is not None:
        return special(node, scope)
    plain = control.JUDGES.get(kind) or definitions.JUDGES.get(kind)
    if plain is not None:
        return (*plain(node, scope), ())
    if kind in FIXED:
        verb, effect, reason = FIXED[kind]
        found = [claim(verb.replace(" ", "-"), effect, reason, targets=_database(kind, node))]
        return verb, found + serious(node, scope), ()
    if kind in DEFINES:
        verb, found = definitions.judge(kind, node, scope)
        return verb, found, ()
    return "", [claim("unknown", Effect.NOT_UNDERSTOOD, "is a kind of statement that is not known here")], ()


def _database(kind: str, node: Tree) -> tuple[Target, ...]:
    """The database that DROP DATABASE names."""
    name = node.get("dbname", "") if kind == "DropdbStmt" else ""
    return (Target(TargetKind.DATABASE, name, name),) if name else ()


def _inner(wrapped: Tree | None, scope: Scope) -> Judged:
    kind, node = inner(wrapped)
    return judge(kind, node, scope)


def _explain(node: Tree, scope: Scope) -> Judged:
    """A plan only; with ANALYZE the statement runs, and what it makes stays."""
    if switched_on(node, "analyze"):
        _, found, nested = _inner(node.get("query"), scope)
        return "explain analyze", found, nested
    return "explain", [claim("explain", Effect.READS, "shows a plan")], ()


def switched_on(node: Tree, option: str) -> bool:
    """Whether an option of EXPLAIN, VACUUM and the like is given and not switched off; the last one counts."""
    from safeshell.languages.postgres.trees import constant  # noqa: PLC0415 - only here

    on = False
    for wrapped in node.get("options") or node.get("params") or ():
        item = wrapped.get("DefElem", {})
        if item.get("defname", "").lower() != option:
            continue
        _, value = inner(item.get("arg"))
        said = value.get("sval", value.get("boolval", value.get("ival", constant(item.get("arg")))))
        empty = "arg" in item and inner(item["arg"])[0] == "Integer" and "ival" not in value
        on = not empty and str(said).lower() not in ("false", "off", "0", "no")
    return on


def _declare(node: Tree, scope: Scope) -> Judged:
    _, found, nested = _inner(node.get("query"), scope)
    return "declare", found, nested


def _prepare(node: Tree, scope: Scope) -> Judged:
    """Judged when it is prepared; what EXECUTE runs later is known by the name."""
    _, found, nested = _inner(node.get("query"), scope)
    scope.prepared[node.get("name", "")] = tuple(found)
    return "prepare", found, nested


def _execute(node: Tree, scope: Scope) -> Judged:
    """The claims of what was prepared, in this text or before it (a question); opaque where nobody knows."""
    name = node.get("name", "")
    found = list(scope.prepared.get(name, ())) or _prepared_before(name, scope)
    return "execute", found + serious(node.get("params"), scope), ()


def _prepared_before(name: str, scope: Scope) -> list[Claim]:
    from safeshell.languages.postgres.reader import claims_prepared  # noqa: PLC0415 - the two call each other

    text = scope.ask(Ask.PREPARED, name)
    if isinstance(text, str) and scope.depth < DEEPEST:
        return claims_prepared(text, name, scope)
    return [claim("execute", Effect.RUNS_OPAQUE_CODE, "runs a statement that was prepared before")]


def _copy(node: Tree, scope: Scope) -> Judged:
    """COPY in or out; a program is a shell text that the SERVER runs."""
    relation = node.get("relation")
    name = (Target(TargetKind.TABLE, qualified(relation), qualified(relation)),) if relation else ()
    inside = judge_query(node["query"], scope) if node.get("query") else []
    inside += serious(node.get("whereClause"), scope)
    inside = [item for item in inside if item.effect is not Effect.READS]
    file = node.get("filename", "")
    if node.get("is_program") or node.get("isProgram"):
        ran = claim("copy-program", Effect.RUNS_OPAQUE_CODE, "runs a program on the database server", targets=name)
        return "copy", [ran, *inside], scope.shell(file)
    if node.get("is_from") or node.get("isFrom"):
        loads = "loads rows from a file of the database server" if file else "loads rows"
        own = not file and temporary(name, scope)
        effect = Effect.WRITES_SCRATCH if own else Effect.WRITES
        return "copy", [claim("copy-from", effect, loads, targets=name), *inside], ()
    if file:
        path = Target(TargetKind.OTHER, file, file)
        reason = "writes over a file on the database server"
        return "copy", [claim("copy-to", Effect.DESTROYS_DATA, reason, targets=(path,)), *inside], ()
    return "copy", inside or [claim("copy-out", Effect.READS, "reads rows", targets=name)], ()


def _do(node: Tree, scope: Scope) -> Judged:
    from safeshell.languages.postgres.blocks import judge_block  # noqa: PLC0415 - parses with postgast

    return "do", judge_block(node, scope), ()


def _create_as(node: Tree, scope: Scope) -> Judged:
    """CREATE TABLE AS, CREATE MATERIALIZED VIEW: a definition, and a query that runs."""
    verb = "create materialized view" if node.get("objtype") == "OBJECT_MATVIEW" else "create table as"
    into = node.get("into", {}).get("rel", {})
    effect = Effect.WRITES if into.get("relpersistence") == "t" else Effect.CHANGES_SCHEMA
    name = qualified(into)
    made = claim(
        verb.replace(" ", "-"), effect, "creates it from a query", targets=(Target(TargetKind.TABLE, name, name),)
    )
    _, found, nested = _inner(node.get("query"), scope)
    return verb, [made, *(item for item in found if item.effect not in (Effect.READS, Effect.WRITES))], nested


def _lock(node: Tree, scope: Scope) -> Judged:
    """ACCESS SHARE is what every SELECT takes; all other modes make somebody wait."""
    del scope
    if node.get("mode") == 1:
        return "lock", [claim("lock", Effect.READS, "locks as a SELECT does")], ()
    advice = "set lock_timeout before it, so that nobody queues behind it for long"
    found = claim(
        "lock",
        Effect.BLOCKS_OTHERS,
        "locks tables",
        targets=tables(node.get("relations")),
        advice=advice,
        preview="postgres.lock",
    )
    return "lock", [found], ()


def _vacuum(node: Tree, scope: Scope) -> Judged:
    vacuums = node.get("is_vacuumcmd") or node.get("isVacuumcmd")
    listed = [item.get("VacuumRelation", {}).get("relation", {}) for item in node.get("rels", ())]
    names = tables([{"RangeVar": item} for item in listed])
    if not vacuums:
        effect = Effect.WRITES_SCRATCH if temporary(names, scope) else Effect.WRITES
        return "analyze", [claim("analyze", effect, "renews the planner's statistics", targets=names)], ()
    if switched_on(node, "full"):
        found = claim(
            "vacuum-full",
            Effect.BLOCKS_OTHERS,
            "rewrites tables under a lock",
            targets=names,
            unbounded=not names,
            advice="pg_repack does the same without locking readers out",
            preview="postgres.ddl",
        )
        return "vacuum full", [found], ()
    return "vacuum", [claim("vacuum", Effect.WRITES, "cleans tables up", targets=names)], ()


_SPECIAL: dict[str, Callable[[Tree, Scope], Judged]] = {
    "ExplainStmt": _explain,
    "DeclareCursorStmt": _declare,
    "PrepareStmt": _prepare,
    "ExecuteStmt": _execute,
    "CopyStmt": _copy,
    "DoStmt": _do,
    "CreateTableAsStmt": _create_as,
    "LockStmt": _lock,
    "VacuumStmt": _vacuum,
}
