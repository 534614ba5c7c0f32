"""CREATE, ALTER, DROP, TRUNCATE, REINDEX and their kin: what each destroys, changes or blocks.

What must not live here: locks, work and safer routes (ddl).
"""

from __future__ import annotations

from collections.abc import Callable

from safeshell.languages.postgres.queries import serious
from safeshell.languages.postgres.scope import Scope, claim, named, table, tables, temporary
from safeshell.languages.postgres.statementwords import ACCESS, BLOCKS, DEFINES, DESTROYS, DROPS, SCHEMA, WRITES
from safeshell.languages.postgres.trees import Tree, inner, qualified, strings
from safeshell.model.effects import Effect
from safeshell.model.facts import Ask
from safeshell.model.statements import Claim, Target, TargetKind

Judged = tuple[str, list[Claim]]

_ALTERS: dict[str, tuple[Effect, str]] = {
    "AT_DropColumn": (DESTROYS, "drops a column with its values"),
    "AT_DropIdentity": (SCHEMA, "drops a column's numbering"),
    "AT_DropConstraint": (SCHEMA, "drops a constraint"),
    "AT_AlterColumnType": (SCHEMA, "changes a column's type"),
    "AT_DisableTrigAll": (SCHEMA, "switches triggers and foreign keys off"),
    "AT_DisableTrigUser": (SCHEMA, "switches triggers off"),
    "AT_DisableTrig": (SCHEMA, "switches a trigger off"),
    "AT_DisableRowSecurity": (ACCESS, "lets everybody see all rows"),
    "AT_NoForceRowSecurity": (ACCESS, "lets the owner see all rows"),
    "AT_ChangeOwner": (ACCESS, "changes who owns it"),
    "AT_DetachPartition": (SCHEMA, "takes a partition out of its table"),
    "AT_SetUnLogged": (SCHEMA, "makes a table that a crash empties"),
}
"""Effect and reason by command of ALTER TABLE; all others only change the definition."""

_OWN = "temporary"
"""The rule of what happens to a table of this session alone."""
_OBJECTS = {
    "OBJECT_TABLE": "table",
    "OBJECT_INDEX": "index",
    "OBJECT_VIEW": "view",
    "OBJECT_MATVIEW": "materialized view",
    "OBJECT_SEQUENCE": "sequence",
    "OBJECT_FOREIGN_TABLE": "foreign table",
    "OBJECT_TYPE": "type",
}


def judge(kind: str, node: Tree, scope: Scope) -> Judged:
    """Claims of a statement that only defines something, and of what its parts run while it does."""
    verb = DEFINES[kind]
    target = _target(kind, node)
    effect = WRITES if _temporary(node) else SCHEMA
    found = [claim(verb.replace(" ... ", "-").replace(" ", "-"), effect, "changes definitions", targets=target)]
    return verb, found + _runs(kind, node, scope)


def _temporary(node: Tree) -> bool:
    """A table, view or sequence of this session alone."""
    return any(node.get(part, {}).get("relpersistence") == "t" for part in ("relation", "sequence", "view"))


def _runs(kind: str, node: Tree, scope: Scope) -> list[Claim]:
    """What is run, not only kept: bodies of functions, rules, views and policies are run later by others."""
    kept = {"CreateFunctionStmt", "RuleStmt", "ViewStmt", "CreatePolicyStmt", "AlterPolicyStmt", "CreateTrigStmt"}
    return [] if kind in kept else serious(node, scope)


def _target(kind: str, node: Tree) -> tuple[Target, ...]:
    """The table (or other thing) that a definition names."""
    for part in ("relation", "sequence", "view", "table", "typevar"):
        relation = node.get(part)
        if isinstance(relation, dict) and "relname" in relation:
            return (table(relation),)
    if kind == "CreatedbStmt":
        return named((node.get("dbname", ""),), TargetKind.DATABASE)
    for part in ("funcname", "domainname", "typeName", "defnames", "trigname"):
        listed = node.get(part)
        if isinstance(listed, list):
            return named(strings(listed), TargetKind.OTHER)
    return ()


def _create_table(node: Tree, scope: Scope) -> Judged:
    effect = WRITES if _temporary(node) else SCHEMA
    found = [claim("create-table", effect, "creates a table", targets=(table(node["relation"]),))]
    return "create table", found + serious(node, scope)


def _create_schema(node: Tree, scope: Scope) -> Judged:
    """A schema with everything that is created with it."""
    from safeshell.languages.postgres.statements import judge as judge_statement  # noqa: PLC0415 - the two call each other

    found = [claim("create-schema", SCHEMA, "creates a schema")]
    for wrapped in node.get("schemaElts", ()):
        kind, element = inner(wrapped)
        found += judge_statement(kind, element, scope)[1]
    return "create schema", found


def _alter_table(node: Tree, scope: Scope) -> Judged:
    """One claim for each effect among its commands."""
    what = _OBJECTS.get(node.get("objtype", ""), "table")
    target = (table(node["relation"]),)
    found: list[Claim] = []
    for wrapped in node.get("cmds", ()):
        command = wrapped.get("AlterTableCmd", {})
        effect, reason = _ALTERS.get(command.get("subtype", ""), (SCHEMA, f"changes the definition of a {what}"))
        advice = ""
        if command.get("subtype") == "AT_ChangeOwner":
            effect, reason, advice = _owner(node["relation"], command, scope)
        rule = "drop-column" if effect is DESTROYS else "alter-table"
        found.append(claim(rule, effect, reason, targets=target, advice=advice))
    found = found or [claim("alter-table", SCHEMA, f"changes the definition of a {what}", targets=target)]
    return f"alter {what}", list(dict.fromkeys(found)) + serious(node.get("cmds"), scope)


def _owner(relation: Tree, command: Tree, scope: Scope) -> tuple[Effect, str, str]:
    """A dump names the owner of everything it restores: the one that it has already is no change of access."""
    name = command.get("newowner", {}).get("rolename")
    if name and relation.get("schemaname") and scope.ask(Ask.OWNER, qualified(relation)) == name:
        return WRITES, "names the owner that it has already", ""
    return *_ALTERS["AT_ChangeOwner"], "pg_restore --no-owner leaves all that it restores to the role that restores"


def _drop(node: Tree, scope: Scope) -> Judged:
    what = node.get("removeType", "")
    verb, effect, reason = DROPS.get(what, ("drop", SCHEMA, "drops a definition"))
    cascade = node.get("behavior") == "DROP_CASCADE"
    if cascade and effect is SCHEMA:
        reason += ", with all that depends on it"
    targets = tuple(item for name in _dropped(node) for item in named(name, _kind(what)))
    if what == "OBJECT_TABLE" and not cascade and temporary(targets, scope):
        return verb, [claim(_OWN, WRITES, "drops a temporary table", targets=targets)]
    preview = "postgres.drop" if effect is DESTROYS else "postgres.ddl"
    found = claim(verb.replace(" ", "-"), effect, reason, targets=targets, recursive=cascade, preview=preview)
    return verb, [found]


def _kind(what: str) -> TargetKind:
    relations = {"OBJECT_TABLE", "OBJECT_FOREIGN_TABLE", "OBJECT_MATVIEW", "OBJECT_VIEW"}
    return TargetKind.TABLE if what in relations else TargetKind.OTHER


def _dropped(node: Tree) -> list[tuple[str, ...]]:
    """The names of what a DROP drops."""
    found = []
    for wrapped in node.get("objects", ()):
        kind, item = inner(wrapped)
        if kind == "List":
            found.append(strings(item.get("items")))
        elif kind == "String":
            found.append((item.get("sval", ""),))
        elif kind == "ObjectWithArgs":
            found.append(strings(item.get("objname")))
        elif kind == "TypeName":
            found.append(strings(item.get("names")))
    return found


def _truncate(node: Tree, scope: Scope) -> Judged:
    cascade = node.get("behavior") == "DROP_CASCADE"
    targets = tables(node.get("relations"))
    if not cascade and temporary(targets, scope):
        return "truncate", [claim(_OWN, WRITES, "empties a temporary table", targets=targets)]
    found = claim(
        "truncate",
        Effect.DESTROYS_DATA,
        "empties tables" + (", and all that refer to them" if cascade else ""),
        targets=targets,
        recursive=cascade,
        preview="postgres.truncate",
    )
    return "truncate", [found]


def _cluster(node: Tree, scope: Scope) -> Judged:
    del scope
    relation = node.get("relation")
    found = claim(
        "cluster",
        BLOCKS,
        "rewrites a table under a lock" if relation else "rewrites every clustered table under locks",
        targets=(table(relation),) if relation else (),
        unbounded=not relation,
    )
    return "cluster", [found]


def _reindex(node: Tree, scope: Scope) -> Judged:
    """Rebuilding CONCURRENTLY lets writers through."""
    del scope
    relation = node.get("relation")
    target = (table(relation),) if relation else named((node.get("name", ""),), TargetKind.OTHER)
    params = [item.get("DefElem", {}).get("defname") for item in node.get("params", ())]
    if "concurrently" in params:
        return "reindex", [
            claim("reindex-concurrently", WRITES, "rebuilds indexes beside the old ones", targets=target)
        ]
    return "reindex", [claim("reindex", BLOCKS, "rebuilds indexes under a lock", targets=target)]


def _refresh(node: Tree, scope: Scope) -> Judged:
    del scope
    target = (table(node["relation"]),)
    if node.get("concurrent"):
        reason = "rebuilds a view; its readers go on"
        return "refresh materialized view", [claim("refresh-concurrently", WRITES, reason, targets=target)]
    return "refresh materialized view", [claim("refresh", BLOCKS, "rebuilds a view under a lock", targets=target)]


def _rename(node: Tree, scope: Scope) -> Judged:
    del scope
    what = node.get("renameType", "")
    if what in ("OBJECT_ROLE", "OBJECT_DATABASE"):
        kind = "role" if what == "OBJECT_ROLE" else "database"
        old = node.get("subname", "")
        target = named((old,), TargetKind.USER if kind == "role" else TargetKind.DATABASE)
        return f"alter {kind}", [claim(f"rename-{kind}", ACCESS, f"renames a {kind}: nobody finds it", targets=target)]
    target = (table(node["relation"]),) if "relation" in node else ()
    reason = "renames what others may still look for"
    return "alter ... rename", [claim("rename", SCHEMA, reason, targets=target)]


JUDGES: dict[str, Callable[[Tree, Scope], Judged]] = {
    "CreateStmt": _create_table,
    "CreateSchemaStmt": _create_schema,
    "AlterTableStmt": _alter_table,
    "DropStmt": _drop,
    "TruncateStmt": _truncate,
    "ClusterStmt": _cluster,
    "ReindexStmt": _reindex,
    "RefreshMatViewStmt": _refresh,
    "RenameStmt": _rename,
}
