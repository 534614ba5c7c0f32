"""What a preview needs of each statement: the SELECTs that show its rows, and what a definition locks and costs.

Pure: nothing here runs. Every query is made from the statement's own tree and has its parameters ($n) under
the same numbers. It has to be run READ ONLY all the same.
What must not live here: how a change becomes a query (rowplans), locks and routes (ddl, routes).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from safeshell.languages.postgres import deparsing, routines, trees
from safeshell.languages.postgres.changes import CHANGES
from safeshell.languages.postgres.ddl import Form, alone, describe
from safeshell.languages.postgres.queries import look
from safeshell.languages.postgres.rowplans import Rows, rows_of, truncated
from safeshell.languages.postgres.scope import Scope
from safeshell.languages.postgres.statements import switched_on
from safeshell.languages.postgres.trees import Parsed, Tree, Unparsed, inner
from safeshell.model.facts import Facts
from safeshell.model.judgement import Exactness
from safeshell.model.values import dataclass, replace

_NOTHING: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Relation:
    """A table that a statement changes. `only`: without its partitions and children."""

    schema: str
    name: str
    only: bool = False
    alias: str = ""

    @property
    def text(self) -> str:
        """As SQL writes it."""
        parts = [part for part in (self.schema, self.name) if part]
        return ".".join(trees.quoted(part) for part in parts)


@dataclass(frozen=True, slots=True)
class StatementPlan:
    """One statement of a message, in order.

    `kind` is rows, truncate, ddl, backend (sessions are ended; `sample` selects their pids) or other.
    `count` gives one row for each row touched, so that a cursor can be moved through it; where the text alone
    tells the number (`fixed`) it is `SELECT number AS count`. `sample` and `before_after` give the rows as
    they are (columns that end in ` (new)`: as they would be), `undo_select` every old row; `lock_rows` may be
    appended to it in a transaction that may write. `parameters` are the $n that any of these uses.
    `lock` is PostgreSQL's name of the strongest lock ("" for none), `work` none, scan, rewrite or index, `safer`
    ready SQL, in order. `sets` are the columns that get new values in rows that are there. `parts` are changes inside of this one (WITH, several tables of a TRUNCATE).
    """

    text: str
    kind: str
    verb: str
    relations: tuple[Relation, ...] = ()
    count: str | None = None
    sample: str | None = None
    before_after: str | None = None
    undo_select: str | None = None
    lock_rows: str = ""
    parameters: tuple[int, ...] = ()
    fixed: int | None = None
    exactness: Exactness = Exactness.UNKNOWN
    caveats: tuple[str, ...] = ()
    returning: bool = False
    lock: str = ""
    work: str = "none"
    also_locks: tuple[tuple[str, str], ...] = ()
    safer: tuple[str, ...] = ()
    advice: str = ""
    transactional: bool = True
    transaction_control: bool = False
    parts: tuple[StatementPlan, ...] = ()
    sets: tuple[str, ...] = ()


def plan(text: str, *, server: Mapping[str, str] = _NOTHING, facts: Facts | None = None) -> tuple[StatementPlan, ...]:
    """A plan for every statement of a text; () where the text does not parse, or is nested too deep.

    `server` holds what the server reports of itself, `facts` answers to the reader's questions.
    """
    found = trees.second_opinion(text)
    if isinstance(found, Unparsed):
        text = trees.without_comments(text) or text
        found = trees.second_opinion(text)
    if isinstance(found, Unparsed):
        return ()
    scope = Scope(facts=facts or {}, server=server)
    data = text.encode()
    try:
        return tuple(_of(item, data, scope) for item in found)
    except RecursionError:
        return ()


def _of(item: Parsed, data: bytes, scope: Scope) -> StatementPlan:
    return _planned(item, data[item.start : item.end].decode(errors="replace").strip(), scope)


def _planned(item: Parsed, text: str, scope: Scope) -> StatementPlan:
    kind, node = item.kind, item.node
    if kind == "ExplainStmt" and inner(node.get("query"))[0] in CHANGES and switched_on(node, "analyze"):
        kind, node = inner(node["query"])
    if kind in CHANGES:
        return _change(kind, node, text, scope)
    if kind == "TruncateStmt":
        return _truncate(node, text, scope)
    form = describe(item.kind, item.node, scope)
    if form is not None:
        return _defined(StatementPlan(text, "ddl", form.verb, _relations(item.node)), form)
    runs = kind != "PrepareStmt" and (kind != "ExplainStmt" or switched_on(node, "analyze"))
    parts = _inside(look({kind: node}).changes, node, text, scope) if runs else ()
    control = kind == "TransactionStmt"
    made = StatementPlan(text, "other", _verb(kind), transactional=not alone(kind, node), transaction_control=control)
    if parts:
        return _with_parts(replace(made, kind="rows"), parts)
    return _ended(made, node) if kind == "SelectStmt" else made


def _with_parts(made: StatementPlan, parts: tuple[StatementPlan, ...]) -> StatementPlan:
    """A statement with changes in its WITH: one of them stands for all where it is the only one.

    Its number is no promise for what the server will report, which speaks of the outer statement.
    """
    countable = [part for part in parts if part.count is not None]
    if len(parts) != 1 or not countable:
        caveat = "a WITH query of the statement changes rows itself: what it does is shown apart"
        return replace(made, parts=parts, caveats=(*made.caveats, caveat))
    (one,) = parts
    caveat = f"counted is the {one.verb} inside of its WITH"
    return replace(one, exactness=Exactness.ESTIMATE, caveats=(*one.caveats, caveat), parts=parts)


def _ended(made: StatementPlan, query: Tree) -> StatementPlan:
    """SELECT pg_terminate_backend(pid) FROM ...: which pids."""
    calls = [inner(item["ResTarget"].get("val")) for item in query.get("targetList", ())]
    ending = [node for kind, node in calls if kind == "FuncCall" and _ends(node)]
    if not ending or len([None for _, _, node in look(query).calls if _ends(node)]) != 1:
        return made
    whole = {**query, "targetList": deparsing.select(ending[0].get("args", ())[:1])["targetList"]}
    pids = {key: value for key, value in whole.items() if key not in ("sortClause", "lockingClause")}
    text = deparsing.sql("SelectStmt", pids)
    return replace(made, kind="backend", sample=text, parameters=deparsing.parameters(pids))


def _ends(call: Tree) -> bool:
    return bool(call.get("args")) and trees.strings(call.get("funcname"))[-1:] in _ENDING


_ENDING = (("pg_terminate_backend",), ("pg_cancel_backend",))


def _verb(kind: str) -> str:
    return kind.removesuffix("Stmt").lower()


def _defined(plan_: StatementPlan, form: Form) -> StatementPlan:
    return replace(
        plan_,
        lock=form.lock,
        work=form.work,
        also_locks=form.also,
        safer=form.safer,
        advice=form.advice,
        caveats=(*plan_.caveats, *form.caveats),
        transactional=form.transactional,
    )


def _relation(node: Tree) -> Relation:
    alias = node.get("alias", {}).get("aliasname", "")
    return Relation(node.get("schemaname", ""), node.get("relname", ""), not node.get("inh"), alias)


def _relations(node: Tree) -> tuple[Relation, ...]:
    """The tables that a definition, a LOCK, VACUUM, COMMENT or DROP names."""
    relation = node.get("relation")
    if isinstance(relation, dict):
        return (_relation(relation),)
    listed = [inner(item) for item in (*node.get("relations", ()), *node.get("rels", ()))]
    if listed:
        found = [item.get("relation", {}) if kind == "VacuumRelation" else item for kind, item in listed]
        return tuple(_relation(item) for item in found)
    names = [_parts(item, node.get("removeType", "")) for item in node.get("objects", ()) if isinstance(item, dict)]
    if "object" in node:
        names.append(_parts(node["object"], node.get("objtype", "")))
    return tuple(Relation(name[-2] if len(name) > 1 else "", name[-1]) for name in names if name)


_PARTS_OF_TABLES = frozenset(
    {"OBJECT_TRIGGER", "OBJECT_POLICY", "OBJECT_RULE", "OBJECT_COLUMN", "OBJECT_TABCONSTRAINT"}
)
"""Named by their table and then by themselves."""


def _parts(wrapped: Tree, what: str) -> tuple[str, ...]:
    """The parts of a table's name in a list of words."""
    kind, node = inner(wrapped)
    names = trees.strings(node.get("items")) if kind == "List" else ()
    return names[:-1] if what in _PARTS_OF_TABLES else names


def _change(kind: str, node: Tree, text: str, scope: Scope) -> StatementPlan:
    """One change of rows, with those inside its WITH."""
    made = StatementPlan(
        text,
        "rows",
        _verb(kind),
        (_relation(node["relation"]),),
        returning="returningClause" in node or "returningList" in node,
        lock="RowExclusiveLock",
        sets=_sets(node),
    )
    inside = [part for part in look(node).changes if part[1] is not node]
    parts = _inside(inside, node, text, scope)
    if parts:
        return _with_parts(made, parts)
    return _with_rows(made, rows_of(kind, node), scope)


def _sets(node: Tree) -> tuple[str, ...]:
    """The columns that UPDATE, ON CONFLICT DO UPDATE or MERGE give new values."""
    whens = [inner(wrapped)[1] for wrapped in node.get("mergeWhenClauses", ())]
    updates = [when for when in whens if when.get("commandType") == "CMD_UPDATE"]
    updates += [node] if "cols" not in node and "mergeWhenClauses" not in node else []
    updates += [node.get("onConflictClause", {})]
    names = [item["ResTarget"].get("name", "") for update in updates for item in update.get("targetList", ())]
    return tuple(dict.fromkeys(name for name in names if name))


def _inside(changes: Sequence[tuple[str, Tree]], node: Tree, text: str, scope: Scope) -> tuple[StatementPlan, ...]:
    """Plans of the changes inside of a statement, each with the queries of its WITH that only read."""
    around = node.get("withClause", {})
    reading = [item for item in around.get("ctes", ()) if not look(item).changes]
    return tuple(_change(kind, _joined(change, around, reading), text, scope) for kind, change in changes)


def _joined(change: Tree, around: Tree, reading: Sequence[Tree]) -> Tree:
    if not reading:
        return change
    own = change.get("withClause", {})
    recursive = {"recursive": True} if own.get("recursive") or around.get("recursive") else {}
    return {**change, "withClause": {"ctes": [*reading, *own.get("ctes", ())], **recursive}}


def _with_rows(made: StatementPlan, rows: Rows, scope: Scope) -> StatementPlan:
    """A plan with the queries of its rows as text."""
    caveats, exactness = _doubts(rows, scope)
    made = replace(made, caveats=(*made.caveats, *caveats), exactness=exactness, fixed=rows.fixed)
    if exactness is Exactness.UNKNOWN:
        return made
    named = {
        "count": _number(rows.fixed) if rows.fixed is not None else rows.each,
        "sample": rows.shown,
        "before_after": None if _acts(rows.after) else rows.after,
        "undo_select": rows.old,
    }
    queries = {name: deparsing.without(tree, "lockingClause") for name, tree in named.items() if tree}
    texts = {name: deparsing.sql("SelectStmt", tree) for name, tree in queries.items()}
    lock = f" FOR UPDATE OF {trees.quoted(rows.alias)}" if rows.old and rows.alias else ""
    return replace(made, **texts, parameters=deparsing.parameters(queries), lock_rows=lock)


def _number(fixed: int) -> Tree:
    return deparsing.select([deparsing.number(fixed)], names=["count"])


def _acts(query: Tree | None) -> bool:
    """Whether a query would itself do something (nextval in a new value)."""
    return any(routines.deed(schema, name) for schema, name, _ in look(query).calls)


def _doubts(rows: Rows, scope: Scope) -> tuple[tuple[str, ...], Exactness]:
    """What makes the number less than exact, in words; UNKNOWN where nothing may be asked at all."""
    caveats = list(rows.caveats)
    exactness = Exactness.AT_MOST if rows.bound else Exactness.EXACT
    if rows.each is None:
        return tuple(caveats), exactness if rows.fixed is not None else Exactness.UNKNOWN
    seen = look(rows.each)
    for schema, name, _ in seen.calls:
        if routines.deed(schema, name) or name in routines.QUERY_TEXTS or name == "set_config":
            caveats.append(f"counting its rows would itself run {name}()")
            return tuple(caveats), Exactness.UNKNOWN
        if not routines.steady(schema, name) and not _one_for_all(schema, name, scope):
            caveats.append(f"{name}() may answer differently when the statement runs")
            exactness = Exactness.ESTIMATE
    if seen.locks:
        caveats.append("rows that others have locked are counted too")
        exactness = Exactness.ESTIMATE
    return tuple(dict.fromkeys(caveats)), exactness


def _one_for_all(schema: str, name: str, scope: Scope) -> bool:
    from safeshell.model.facts import Ask  # noqa: PLC0415 - only for functions of somebody's own

    subject = f"{trees.quoted(schema)}.{trees.quoted(name)}" if schema else trees.quoted(name)
    return scope.ask(Ask.ROUTINE, subject) in {"stable", "immutable"}


def _truncate(node: Tree, text: str, scope: Scope) -> StatementPlan:
    """Several tables are counted together; each one's rows are a part."""
    wrapped: Sequence[Tree] = node.get("relations", ())
    relations = tuple(_relation(item["RangeVar"]) for item in wrapped)
    made = StatementPlan(text, "truncate", "truncate", relations)
    form = describe("TruncateStmt", node, scope)
    made = _defined(made, form) if form else made
    each = truncated(wrapped)
    if len(each) == 1:
        made = _with_rows(made, each[0], scope)
    else:
        parts = tuple(
            _with_rows(replace(made, relations=(name,)), rows, scope)
            for name, rows in zip(relations, each, strict=True)
        )
        whole = _union([rows.each for rows in each if rows.each])
        made = replace(_with_rows(made, Rows(each=whole), scope), parts=parts)
    if node.get("behavior") == "DROP_CASCADE":
        caveat = "every table that refers to these is emptied too, and is not counted here"
        made = replace(made, exactness=Exactness.AT_LEAST, caveats=(*made.caveats, caveat))
    return made


def _union(queries: Sequence[Tree]) -> Tree:
    whole = queries[0]
    for query in queries[1:]:
        whole = deparsing.union_all(whole, query)
    return whole
