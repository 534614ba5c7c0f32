"""Safer routes: for each form of definition the same result as ready SQL for this very table.

A statement that only takes its lock for a moment gets lock_timeout, so that nobody queues behind it for long;
one that works under the lock is taken apart. What must not live here: what a form costs (ddl).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from safeshell.languages.postgres import ddlwords as words
from safeshell.languages.postgres import deparsing
from safeshell.languages.postgres.columns import Cost, constraints, rewriting, type_of
from safeshell.languages.postgres.scope import Scope
from safeshell.languages.postgres.trees import Tree, inner, qualified, quoted, strings
from safeshell.model.values import dataclass, field

PATIENCE = "SET lock_timeout = '5s';"
"""Before a statement that takes a strong lock for a moment; run it again when it gives up."""
BATCH = 10_000
"""Rows of one batch."""
_AGAIN = "repeat the UPDATE until it changes nothing"
_RETRY = "with lock_timeout it gives up instead of letting others queue behind it; then try again"
_NOT_NULL_UNCHECKED = 18
_STRONG = frozenset({words.SHARE, words.SHARE_ROW, words.EXCLUSIVE, words.ACCESS_EXCLUSIVE})


@dataclass(frozen=True, slots=True)
class Route:
    """Ready SQL, in order, and what to know about it."""

    sql: tuple[str, ...] = ()
    advice: str = ""


@dataclass(slots=True)
class _Steps:
    """A route while it is written."""

    table: str
    sql: list[str] = field(default_factory=list)
    advice: list[str] = field(default_factory=list)

    def alter(self, what: str) -> None:
        self.sql.append(f"ALTER TABLE {self.table} {what};")

    def batch(self, column: str, value: str, condition: str) -> None:
        inside = f"SELECT ctid FROM {self.table} WHERE {condition} LIMIT {BATCH}"  # noqa: S608 - names from the statement's tree, quoted
        self.sql.append(f"UPDATE {self.table} SET {column} = {value} WHERE ctid IN ({inside});")  # noqa: S608 - names from the statement's tree, quoted
        self.advice.append(_AGAIN)

    def say(self, advice: str) -> None:
        self.advice.append(advice)

    def route(self) -> Route:
        patient = bool(self.sql) and not self.sql[0].startswith(("SET ", "BEGIN"))
        alters = any(step.startswith(("ALTER", "DROP")) for step in self.sql)
        steps = [PATIENCE, *self.sql] if patient and alters else self.sql
        return Route(tuple(steps), "; ".join(dict.fromkeys(self.advice)))


def safer(kind: str, node: Tree, scope: Scope, cost: Cost) -> Route:
    """The safer way of a definition; empty where there is none, or none is needed."""
    writer = _WRITERS.get(kind)
    found = writer(node, scope) if writer else Route()
    if found.sql or found.advice or cost.lock not in _STRONG or cost.work != "none":
        return found
    try:
        return Route((PATIENCE, deparsing.sql(kind, node) + ";"), _RETRY)
    except ValueError:
        return found


def _alter_table(node: Tree, scope: Scope) -> Route:
    """Each command by its own route; those that need none stay as they are."""
    steps = _Steps(qualified(node["relation"]))
    changed = False
    for wrapped in node.get("cmds", ()):
        command = wrapped["AlterTableCmd"]
        writer = _COMMANDS.get(command.get("subtype", ""))
        if writer is not None and writer(steps, command, scope):
            changed = True
        else:
            whole = deparsing.sql("AlterTableStmt", {**node, "cmds": [wrapped]})
            steps.sql.append(whole + ";")
    return steps.route() if changed or steps.advice else Route()


def _add_column(steps: _Steps, command: Tree, scope: Scope) -> bool:
    """First the bare column, then each of its constraints by its own route."""
    column = inner(command.get("def"))[1]
    found = constraints(column)
    name = quoted(column["colname"])
    written = rewriting(column, scope)
    apart = {"CONSTR_CHECK", "CONSTR_UNIQUE", "CONSTR_PRIMARY", "CONSTR_FOREIGN"} & found.keys()
    if not written and not apart:
        return False
    serial = words.SERIAL.get(type_of(column))
    kept = [] if written else [item for item in column["constraints"] if inner(item)[1].get("contype") not in apart]
    bare = {key: value for key, value in column.items() if key != "constraints"} | (
        {"constraints": kept} if kept else {}
    )
    steps.alter(f"ADD COLUMN {name} {serial or _definition(bare)}")
    if written:
        _backfill(steps, column, name)
    for kind in sorted(apart):
        _add_apart(steps, found[kind], column["colname"])
    return True


def _definition(column: Tree) -> str:
    """Type and constraints of a column as text."""
    holder: Tree = {"relation": {"relname": "t", "inh": True, "relpersistence": "p"}, "objtype": "OBJECT_TABLE"}
    command = {"subtype": "AT_AddColumn", "def": {"ColumnDef": column}, "behavior": "DROP_RESTRICT"}
    text = deparsing.sql("AlterTableStmt", {**holder, "cmds": [{"AlterTableCmd": command}]})
    return text.partition(" ADD COLUMN ")[2].removeprefix(quoted(column["colname"])).strip()


def _backfill(steps: _Steps, column: Tree, name: str) -> None:
    """Values for the rows that are there, in batches."""
    found = constraints(column)
    if type_of(column) in words.SERIAL or "CONSTR_IDENTITY" in found:
        table, bare = steps.table, steps.table.rpartition(".")[2].strip('"')
        sequence = quoted(f"{bare}_{column['colname']}_seq")
        sequence = f"{table.rpartition('.')[0]}.{sequence}" if "." in table else sequence
        steps.sql.append(f"CREATE SEQUENCE {sequence} OWNED BY {table}.{name};")
        steps.alter(f"ALTER COLUMN {name} SET DEFAULT nextval('{sequence}')")
        steps.batch(name, "DEFAULT", f"{name} IS NULL")
    elif "CONSTR_GENERATED" in found:
        value = deparsing.expression(found["CONSTR_GENERATED"]["raw_expr"])
        steps.batch(name, f"({value})", f"{name} IS DISTINCT FROM ({value})")
        steps.say("a trigger has to keep the column up to date, since a plain column does not compute itself")
    else:
        value = deparsing.expression(found["CONSTR_DEFAULT"]["raw_expr"])
        steps.alter(f"ALTER COLUMN {name} SET DEFAULT {value}")
        steps.batch(name, "DEFAULT", f"{name} IS NULL")
    if "CONSTR_NOTNULL" in found:
        steps.say(f"then make {name} NOT NULL by a CHECK that is validated first")


def _add_apart(steps: _Steps, item: Tree, column: str) -> None:
    """A constraint of a new column as one of its table."""
    wanted = dict(item)
    if item["contype"] == "CONSTR_FOREIGN":
        wanted["fk_attrs"] = [{"String": {"sval": column}}]
    elif item["contype"] in ("CONSTR_UNIQUE", "CONSTR_PRIMARY"):
        wanted["keys"] = [{"String": {"sval": column}}]
    _constraint(steps, wanted, (column,))


def _add_constraint(steps: _Steps, command: Tree, scope: Scope) -> bool:
    del scope
    item = inner(command.get("def"))[1]
    if item.get("skip_validation") or item.get("indexname"):
        return False
    columns = strings(item.get("keys") or item.get("fk_attrs"))
    return _constraint(steps, item, columns)


_SUFFIX = {
    "CONSTR_CHECK": "check",
    "CONSTR_FOREIGN": "fkey",
    "CONSTR_UNIQUE": "key",
    "CONSTR_PRIMARY": "pkey",
    "CONSTR_NOTNULL": "not_null",
}


def _constraint(steps: _Steps, item: Tree, columns: Sequence[str]) -> bool:
    """NOT VALID and validated afterwards; or an index built beside the traffic, and used."""
    kind = item["contype"]
    if kind not in _SUFFIX:
        steps.say("there is no way to build an exclusion constraint without locking writers out")
        return False
    bare = steps.table.rpartition(".")[2].strip('"')
    middle = [] if kind == "CONSTR_PRIMARY" else list(columns)
    name = quoted(item.get("conname") or "_".join([bare, *middle, _SUFFIX[kind]]))
    if kind in ("CONSTR_UNIQUE", "CONSTR_PRIMARY"):
        listed = ", ".join(quoted(column) for column in columns)
        steps.sql.append(f"CREATE UNIQUE INDEX CONCURRENTLY {name} ON {steps.table} ({listed});")
        word = "UNIQUE" if kind == "CONSTR_UNIQUE" else "PRIMARY KEY"
        steps.alter(f"ADD CONSTRAINT {name} {word} USING INDEX {name}")
        return True
    unchecked = {**item, "skip_validation": True, "conname": item.get("conname") or name.strip('"')}
    unchecked.pop("initially_valid", None)
    steps.alter(f"ADD {_constraint_text(unchecked)}")
    steps.alter(f"VALIDATE CONSTRAINT {name}")
    return True


def _constraint_text(item: Tree) -> str:
    holder: Tree = {"relation": {"relname": "t", "inh": True, "relpersistence": "p"}, "objtype": "OBJECT_TABLE"}
    command = {"subtype": "AT_AddConstraint", "def": {"Constraint": item}, "behavior": "DROP_RESTRICT"}
    text = deparsing.sql("AlterTableStmt", {**holder, "cmds": [{"AlterTableCmd": command}]})
    return text.partition(" ADD ")[2]


def _set_not_null(steps: _Steps, command: Tree, scope: Scope) -> bool:
    column = quoted(command["name"])
    bare = steps.table.rpartition(".")[2].strip('"')
    name = quoted(f"{bare}_{command['name']}_not_null")
    if scope.major >= _NOT_NULL_UNCHECKED:
        steps.alter(f"ADD CONSTRAINT {name} NOT NULL {column} NOT VALID")
        steps.alter(f"VALIDATE CONSTRAINT {name}")
        return True
    steps.alter(f"ADD CONSTRAINT {name} CHECK ({column} IS NOT NULL) NOT VALID")
    steps.alter(f"VALIDATE CONSTRAINT {name}")
    steps.alter(f"ALTER COLUMN {column} SET NOT NULL")
    steps.alter(f"DROP CONSTRAINT {name}")
    return True


def _change_type(steps: _Steps, command: Tree, scope: Scope) -> bool:
    """A new column beside the old one, kept up to date by a trigger, filled in batches, then swapped."""
    del scope
    definition = inner(command.get("def"))[1]
    name, bare = command["name"], steps.table.rpartition(".")[2].strip('"')
    old, new, trigger = quoted(name), quoted(f"{name}_new"), quoted(f"{bare}_{name}_copy")
    kind = deparsing.type_name(definition["typeName"])
    using = definition.get("raw_default")
    value = deparsing.expression(using) if using else f"{old}::{kind}"
    fresh = f"NEW.{old}::{kind}"
    steps.alter(f"ADD COLUMN {new} {kind}")
    if using is None:
        body = f"BEGIN NEW.{new} := {fresh}; RETURN NEW; END"
        steps.sql.append(f"CREATE FUNCTION {trigger}() RETURNS trigger LANGUAGE plpgsql AS $$ {body} $$;")
        moment = f"BEFORE INSERT OR UPDATE ON {steps.table} FOR EACH ROW EXECUTE FUNCTION {trigger}()"
        steps.sql.append(f"CREATE TRIGGER {trigger} {moment};")
    else:
        steps.say("a trigger has to fill the new column for rows that are written meanwhile")
    steps.batch(new, value, f"{new} IS DISTINCT FROM ({value})")
    steps.sql.append("BEGIN;")
    if using is None:
        steps.sql += [f"DROP TRIGGER {trigger} ON {steps.table};", f"DROP FUNCTION {trigger}();"]
    steps.alter(f"DROP COLUMN {old}")
    steps.alter(f"RENAME COLUMN {new} TO {old}")
    steps.sql.append("COMMIT;")
    steps.say("build its indexes and constraints on the new column before the swap")
    return True


def _detach(steps: _Steps, command: Tree, scope: Scope) -> bool:
    part = inner(command.get("def"))[1]
    if scope.major < 14 or part.get("concurrent"):  # noqa: PLR2004 - the release that brought it
        return False
    steps.sql.append(f"ALTER TABLE {steps.table} DETACH PARTITION {qualified(part['name'])} CONCURRENTLY;")
    steps.say("it refuses to run in a transaction, and where there is a default partition")
    return True


def _attach(steps: _Steps, command: Tree, scope: Scope) -> bool:
    del scope
    child = qualified(inner(command.get("def"))[1]["name"])
    steps.say(
        f"a validated CHECK on {child} (and one on the default partition) that implies the bounds spares the scan"
    )
    return False


def _drop_column(steps: _Steps, command: Tree, scope: Scope) -> bool:
    del command, scope
    steps.say(f"first let no program name the column any more; {_RETRY}")
    return False


_COMMANDS: dict[str, Callable[[_Steps, Tree, Scope], bool]] = {
    "AT_AddColumn": _add_column,
    "AT_AddConstraint": _add_constraint,
    "AT_SetNotNull": _set_not_null,
    "AT_AlterColumnType": _change_type,
    "AT_DetachPartition": _detach,
    "AT_AttachPartition": _attach,
    "AT_DropColumn": _drop_column,
}


def _concurrent(kind: str, advice: str) -> Callable[[Tree, Scope], Route]:
    """The same statement CONCURRENTLY."""

    def write(node: Tree, scope: Scope) -> Route:
        del scope
        if node.get("concurrent"):
            return Route()
        return Route((deparsing.sql(kind, {**node, "concurrent": True}) + ";",), advice)

    return write


_OUTSIDE = "CONCURRENTLY lets writers through; it cannot run in a transaction and waits for older ones"


def _drop(node: Tree, scope: Scope) -> Route:
    """An index goes CONCURRENTLY; a table is renamed first and dropped when nobody missed it."""
    what, names = node.get("removeType"), [strings(inner(item)[1].get("items")) for item in node.get("objects", ())]
    if what == "OBJECT_INDEX" and len(names) == 1 and node.get("behavior") != "DROP_CASCADE":
        return _concurrent("DropStmt", _OUTSIDE)(node, scope)
    if what not in ("OBJECT_TABLE", "OBJECT_MATVIEW"):
        return Route()
    word = "TABLE" if what == "OBJECT_TABLE" else "MATERIALIZED VIEW"
    steps = [
        f"ALTER {word} {'.'.join(quoted(part) for part in name)} RENAME TO {quoted(name[-1] + '_dropped')};"
        for name in names
    ]
    return Route((PATIENCE, *steps), "rename it now, and drop it when nobody has missed it for some days")


def _reindex(node: Tree, scope: Scope) -> Route:
    from safeshell.languages.postgres.ddl import concurrently  # noqa: PLC0415 - the two know each other's shapes

    del scope
    if concurrently(node) or node.get("kind") == "REINDEX_OBJECT_SYSTEM":
        return Route()
    option = {"DefElem": {"defname": "concurrently", "defaction": "DEFELEM_UNSPEC"}}
    text = deparsing.sql("ReindexStmt", {**node, "params": [*node.get("params", ()), option]})
    return Route((text + ";",), _OUTSIDE)


def _refresh(node: Tree, scope: Scope) -> Route:
    if node.get("skipData"):
        return Route()
    return _concurrent("RefreshMatViewStmt", "readers go on; it needs a unique index on the view")(node, scope)


def _truncate(node: Tree, scope: Scope) -> Route:
    del scope
    names = [qualified(item["RangeVar"]) for item in node.get("relations", ())]
    steps = [f"DELETE FROM {name} WHERE ctid IN (SELECT ctid FROM {name} LIMIT {BATCH});" for name in names]  # noqa: S608 - names from the statement's tree, quoted
    return Route(
        tuple(steps), "a DELETE in batches locks nobody out and can be stopped; repeat it until it deletes nothing"
    )


def _rewritten(node: Tree, scope: Scope) -> Route:
    """CLUSTER and VACUUM FULL: only a program beside the server does it without the lock."""
    del scope
    if node.get("is_vacuumcmd") is False:
        return Route()
    return Route(advice="pg_repack does the same without locking readers and writers out")


def _vacuum(node: Tree, scope: Scope) -> Route:
    from safeshell.languages.postgres.statements import switched_on  # noqa: PLC0415 - reads options

    return _rewritten(node, scope) if node.get("is_vacuumcmd") and switched_on(node, "full") else Route()


def _create_table(node: Tree, scope: Scope) -> Route:
    """A partition is created beside its table and attached."""
    del scope
    if "partbound" not in node or node.get("partspec"):
        return Route()
    child, parent = qualified(node["relation"]), qualified(inner(node["inhRelations"][0])[1])
    bound = deparsing.sql("CreateStmt", {**node, "tableElts": []})
    values = bound.partition(f"PARTITION OF {parent} ")[2]
    first = f"CREATE TABLE {child} (LIKE {parent} INCLUDING ALL);"
    attach = f"ALTER TABLE {parent} ATTACH PARTITION {child} {values};"
    return Route((first, PATIENCE, attach), "attaching takes a weaker lock on the table than creating in place")


def _rename(node: Tree, scope: Scope) -> Route:
    """Programs that run still use the old name: a view keeps it alive."""
    del scope
    if node.get("renameType") == "OBJECT_COLUMN":
        advice = f"add the new column, fill it, move the programs, drop the old one; {_RETRY}"
        return Route((PATIENCE, deparsing.sql("RenameStmt", node) + ";"), advice)
    if node.get("renameType") != "OBJECT_TABLE":
        return Route()
    relation = node["relation"]
    old, new = qualified(relation), qualified({**relation, "relname": node["newname"]})
    view = f"CREATE VIEW {old} AS SELECT * FROM {new};"  # noqa: S608 - names from the statement's tree, quoted
    steps = (PATIENCE, "BEGIN;", deparsing.sql("RenameStmt", node) + ";", view, "COMMIT;")
    return Route(steps, "the view keeps programs alive that still use the old name")


_WRITERS: dict[str, Callable[[Tree, Scope], Route]] = {
    "AlterTableStmt": _alter_table,
    "IndexStmt": _concurrent("IndexStmt", _OUTSIDE),
    "DropStmt": _drop,
    "ReindexStmt": _reindex,
    "RefreshMatViewStmt": _refresh,
    "TruncateStmt": _truncate,
    "ClusterStmt": _rewritten,
    "VacuumStmt": _vacuum,
    "CreateStmt": _create_table,
    "RenameStmt": _rename,
}
