"""Definitions: the lock each takes, the work done under it, and what the server's release changes about it.

What must not live here: the tables (ddlwords), columns and constraints (columns), safer routes (routes).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from safeshell.languages.postgres import ddlwords as words
from safeshell.languages.postgres.columns import Cost, add_column, add_constraint, change_type
from safeshell.languages.postgres.ddlwords import LOCKS, WORK
from safeshell.languages.postgres.queries import look
from safeshell.languages.postgres.scope import Scope
from safeshell.languages.postgres.statementwords import DEFINES, FIXED
from safeshell.languages.postgres.trees import Tree, inner, qualified
from safeshell.model.effects import HARMLESS
from safeshell.model.statements import Claim
from safeshell.model.values import dataclass, replace

_CONCURRENT_DETACH = 14
"""The first release with DETACH PARTITION ... CONCURRENTLY; before it DETACH left the child almost alone."""


@dataclass(frozen=True, slots=True)
class Form:
    """A definition: the strongest lock it takes on the table it names, the work under it, and its alternatives.

    `also` are locks on other tables. `safer` is ready SQL, in order; `transactional` is False where it
    refuses to run inside a transaction block.
    """

    verb: str
    lock: str = ""
    work: str = "none"
    also: tuple[tuple[str, str], ...] = ()
    safer: tuple[str, ...] = ()
    advice: str = ""
    caveats: tuple[str, ...] = ()
    transactional: bool = True

    @property
    def detail(self) -> Mapping[str, str]:
        """For a statement's detail and `safeshell check`: lock, work, other locks."""
        also = ", ".join(f"{lock} on {name}" for name, lock in self.also)
        found = {"lock": self.lock or "none", "work": self.work, "also_locks": also, "caveat": "; ".join(self.caveats)}
        return {key: value for key, value in found.items() if value}

    def adorn(self, found: Claim) -> Claim:
        """The claim with its preview, and the safer way where it has none of its own."""
        if found.effect in HARMLESS:
            return found
        return replace(
            found,
            preview=found.preview or "postgres.ddl",
            advice=found.advice or self.advice,
            instead=found.instead or " ".join(self.safer),
        )


def describe(kind: str, node: Tree, scope: Scope) -> Form | None:
    """The form of a definition; None for a statement that is none. The tree has to be postgast's."""
    from safeshell.languages.postgres.routes import safer  # noqa: PLC0415 - the two know each other's shapes

    cost = _cost(kind, node, scope)
    if cost is None:
        return None
    route = safer(kind, node, scope, cost)
    return Form(
        verb=_verb(kind, node),
        lock=cost.lock,
        work=cost.work,
        also=cost.also,
        safer=route.sql,
        advice=route.advice,
        caveats=cost.caveats,
        transactional=not alone(kind, node),
    )


def row_lock(kind: str, node: Tree) -> str:
    """The lock on the table of a statement that changes or locks rows; "" for any other."""
    seen = look({kind: node})
    if seen.changes or (kind == "CopyStmt" and node.get("is_from")):
        return words.ROW_EXCLUSIVE
    return words.ROW_SHARE if seen.locks else ""


def _verb(kind: str, node: Tree) -> str:
    from safeshell.languages.postgres.definitions import JUDGES  # noqa: PLC0415 - only for its verbs

    if kind in JUDGES:
        return JUDGES[kind](node, Scope())[0]
    return DEFINES.get(kind) or FIXED.get(kind, ("",))[0] or kind.removesuffix("Stmt").lower()


def _cost(kind: str, node: Tree, scope: Scope) -> Cost | None:
    special = _SPECIAL.get(kind)
    if special is not None:
        return special(node, scope)
    if kind in words.STATEMENTS:
        return Cost(*words.STATEMENTS[kind])
    return Cost() if kind in DEFINES else None


def heavier(first: Cost, second: Cost) -> Cost:
    """Two commands of one statement: the stronger lock, the heavier work."""
    return Cost(
        lock=max(first.lock, second.lock, key=LOCKS.index),
        work=max(first.work, second.work, key=WORK.index),
        also=tuple(dict.fromkeys((*first.also, *second.also))),
        caveats=tuple(dict.fromkeys((*first.caveats, *second.caveats))),
    )


def _alter_table(node: Tree, scope: Scope) -> Cost:
    found = Cost()
    for wrapped in node.get("cmds", ()):
        found = heavier(found, command(wrapped["AlterTableCmd"], node, scope))
    if node.get("objtype") == "OBJECT_INDEX" and found.work == "none":
        return Cost(words.UPDATE_EXCLUSIVE)
    return found


def command(item: Tree, statement: Tree, scope: Scope) -> Cost:
    """One command of ALTER TABLE."""
    subtype = item.get("subtype", "")
    if subtype == "AT_AddColumn":
        return add_column(inner(item.get("def"))[1], scope)
    if subtype == "AT_AlterColumnType":
        return change_type(item, qualified(statement["relation"]), scope)
    if subtype == "AT_AddConstraint":
        return add_constraint(inner(item.get("def"))[1], scope)
    if subtype in ("AT_AttachPartition", "AT_DetachPartition"):
        return _partition(subtype, inner(item.get("def"))[1], scope)
    if subtype == "AT_DropConstraint":
        caveat = "if it is a foreign key, the table it refers to is locked as well"
        return Cost(words.ACCESS_EXCLUSIVE, caveats=(caveat,))
    if subtype == "AT_SetNotNull":
        caveat = "no scan where a valid CHECK says the same"
        return Cost(words.ACCESS_EXCLUSIVE, "scan", caveats=(caveat,))
    return Cost(*words.COMMANDS.get(subtype, (words.ACCESS_EXCLUSIVE, "none")))


def _partition(subtype: str, item: Tree, scope: Scope) -> Cost:
    child = qualified(item.get("name", {}))
    if subtype == "AT_AttachPartition":
        caveats = ("no scan where valid CHECKs imply the bounds", "the default partition is locked and scanned too")
        return Cost(words.UPDATE_EXCLUSIVE, "scan", ((child, words.ACCESS_EXCLUSIVE),), caveats)
    if item.get("concurrent"):
        return Cost(words.UPDATE_EXCLUSIVE, also=((child, words.ACCESS_EXCLUSIVE),))
    newer = scope.major >= _CONCURRENT_DETACH
    on_child = words.ACCESS_EXCLUSIVE if newer else words.UPDATE_EXCLUSIVE
    return Cost(words.ACCESS_EXCLUSIVE, also=((child, on_child),), caveats=("the default partition is locked too",))


def _create_table(node: Tree, scope: Scope) -> Cost:
    """A new table locks nobody, but for the tables that it refers to or becomes a part of."""
    del scope
    also: list[tuple[str, str]] = []
    caveats: tuple[str, ...] = ()
    lock = ""
    for wrapped in node.get("inhRelations", ()):
        parent = qualified(inner(wrapped)[1])
        part = "partbound" in node
        lock = words.ACCESS_EXCLUSIVE if part else words.UPDATE_EXCLUSIVE
        also.append((parent, lock))
        caveats = ("the default partition is locked and scanned too",) if part else ()
    for wrapped in node.get("tableElts", ()):
        kind, element = inner(wrapped)
        listed = [inner(item)[1] for item in element.get("constraints", ())] if kind == "ColumnDef" else [element]
        parents = [qualified(item["pktable"]) for item in listed if item.get("contype") == "CONSTR_FOREIGN"]
        also += [(parent, words.SHARE_ROW) for parent in parents]
        lock = max(lock, words.SHARE_ROW if parents else "", key=LOCKS.index)
    return Cost(lock, also=tuple(dict.fromkeys(also)), caveats=caveats)


def _index(node: Tree, scope: Scope) -> Cost:
    del scope
    if node.get("concurrent"):
        return Cost(words.UPDATE_EXCLUSIVE, "index", caveats=("it waits for every older transaction, twice",))
    return Cost(words.SHARE, "index")


def _drop(node: Tree, scope: Scope) -> Cost:
    del scope
    lock = words.DROPS.get(node.get("removeType", ""), "")
    if node.get("concurrent"):
        return Cost(words.UPDATE_EXCLUSIVE, caveats=("it waits for every older transaction",))
    caveats = ("tables that foreign keys tie to it are locked too",) if node.get("removeType") == "OBJECT_TABLE" else ()
    return Cost(lock, caveats=caveats)


def _rename(node: Tree, scope: Scope) -> Cost:
    del scope
    if "OBJECT_INDEX" in (node.get("renameType"), node.get("relationType")):
        return Cost()
    return Cost(words.RENAMES.get(node.get("renameType", ""), ""))


def _set_schema(node: Tree, scope: Scope) -> Cost:
    del scope
    return Cost(words.ACCESS_EXCLUSIVE if "relation" in node else "")


def _comment(node: Tree, scope: Scope) -> Cost:
    del scope
    return Cost(words.UPDATE_EXCLUSIVE if node.get("objtype") in words.COMMENTED else "")


def _reindex(node: Tree, scope: Scope) -> Cost:
    del scope
    if concurrently(node):
        return Cost(words.UPDATE_EXCLUSIVE, "index", caveats=("it waits for every older transaction, more than once",))
    return Cost(words.SHARE, "index", caveats=("each index is locked against readers while it is rebuilt",))


def concurrently(node: Tree) -> bool:
    """Whether REINDEX has the option."""
    return any(item.get("DefElem", {}).get("defname") == "concurrently" for item in node.get("params", ()))


def _refresh(node: Tree, scope: Scope) -> Cost:
    del scope
    return Cost(words.EXCLUSIVE, "scan") if node.get("concurrent") else Cost(words.ACCESS_EXCLUSIVE, "rewrite")


def _view(node: Tree, scope: Scope) -> Cost:
    del scope
    return Cost(words.ACCESS_EXCLUSIVE if node.get("replace") else "")


def _vacuum(node: Tree, scope: Scope) -> Cost:
    del scope
    from safeshell.languages.postgres.statements import switched_on  # noqa: PLC0415 - reads options

    if not node.get("is_vacuumcmd"):
        return Cost(words.UPDATE_EXCLUSIVE)
    full = switched_on(node, "full")
    return Cost(words.ACCESS_EXCLUSIVE, "rewrite") if full else Cost(words.UPDATE_EXCLUSIVE, "scan")


def _lock(node: Tree, scope: Scope) -> Cost:
    del scope
    return Cost(LOCKS[node.get("mode", 8)])


def _alter_domain(node: Tree, scope: Scope) -> Cost:
    del scope
    constraint = inner(node.get("def"))[1]
    scans = node.get("subtype") in ("C", "O", "V") and not constraint.get("skip_validation")
    caveat = "every table with a column of this domain is locked against writers and scanned"
    return Cost(words.SHARE, "scan", caveats=(caveat,)) if scans else Cost()


def alone(kind: str, node: Tree) -> bool:
    """Whether a statement refuses to run in a transaction block, or may (CALL and DO end transactions themselves)."""
    if kind == "DiscardStmt":
        return node.get("target") == "DISCARD_ALL"
    if kind == "VacuumStmt":
        return bool(node.get("is_vacuumcmd"))
    if kind == "ReindexStmt":
        everything = {"REINDEX_OBJECT_SCHEMA", "REINDEX_OBJECT_SYSTEM", "REINDEX_OBJECT_DATABASE"}
        return concurrently(node) or node.get("kind") in everything
    if kind == "ClusterStmt":
        return "relation" not in node
    if kind == "AlterTableStmt":
        commands = (item["AlterTableCmd"] for item in node.get("cmds", ()))
        return any(
            item.get("subtype") == "AT_DetachPartition" and inner(item.get("def"))[1].get("concurrent")
            for item in commands
        )
    return kind in words.ALONE or (kind in ("IndexStmt", "DropStmt") and bool(node.get("concurrent")))


_SPECIAL: dict[str, Callable[[Tree, Scope], Cost]] = {
    "AlterTableStmt": _alter_table,
    "CreateStmt": _create_table,
    "IndexStmt": _index,
    "DropStmt": _drop,
    "RenameStmt": _rename,
    "AlterObjectSchemaStmt": _set_schema,
    "CommentStmt": _comment,
    "SecLabelStmt": _comment,
    "ReindexStmt": _reindex,
    "RefreshMatViewStmt": _refresh,
    "ViewStmt": _view,
    "VacuumStmt": _vacuum,
    "LockStmt": _lock,
    "AlterDomainStmt": _alter_domain,
}
