"""Transactions, SET and the settings of roles and databases: what leads a session out of read-only.

What must not live here: which setting does what (settings).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from safeshell.languages.postgres import settings
from safeshell.languages.postgres.scope import Scope, claim
from safeshell.languages.postgres.statementwords import TRANSACTIONS
from safeshell.languages.postgres.trees import Tree, constant, inner
from safeshell.model.effects import Effect
from safeshell.model.statements import Claim, Target, TargetKind

Judged = tuple[str, list[Claim]]


def _transaction(node: Tree, scope: Scope) -> Judged:
    """BEGIN READ WRITE is a write; everything else only opens, marks and ends."""
    del scope
    verb, effect, reason = TRANSACTIONS.get(
        node.get("kind", ""), ("", Effect.NOT_UNDERSTOOD, "is transaction control that is not known here")
    )
    found = [_mode(item, "begin") for item in _modes(node.get("options", ()))]
    opened = [item for item in found if item is not None]
    return verb, opened or [claim(verb.replace(" ", "-") or "unknown", effect, reason)]


def _modes(options: object) -> Iterator[Tree]:
    for wrapped in options if isinstance(options, list) else ():
        if isinstance(wrapped, dict) and "DefElem" in wrapped:
            yield wrapped["DefElem"]


def _mode(item: Tree, rule: str, *, lasting: bool = False) -> Claim | None:
    """The claim of one transaction mode: READ WRITE, for one transaction or for all that follow."""
    if item.get("defname") != "transaction_read_only":
        return None
    value = constant(item.get("arg")) or "0"
    name = "default_transaction_read_only" if lasting else "transaction_read_only"
    verdict = settings.judge(name, value)
    return None if verdict is None else claim(rule, *verdict)


def _set(node: Tree, scope: Scope) -> Judged:
    del scope
    kind, name = node.get("kind"), node.get("name", "")
    if kind in ("VAR_RESET", "VAR_RESET_ALL"):
        return "reset", [claim("reset", Effect.READS, "takes a setting back")]
    if kind == "VAR_SET_MULTI":
        return _set_multi(node, name)
    verdict = settings.judge(name, _value(node), to_default=kind == "VAR_SET_DEFAULT")
    if verdict is None:
        return "set", [claim("set", Effect.READS, "changes how this session shows, plans or waits")]
    return "set", [claim("set", *verdict)]


def _value(node: Tree) -> str | None:
    """The value of a SET; None where it has several or none."""
    listed = node.get("args", ())
    return constant(listed[0]) if len(listed) == 1 else None


def _set_multi(node: Tree, name: str) -> Judged:
    """SET TRANSACTION, SET SESSION CHARACTERISTICS AS TRANSACTION, SET TRANSACTION SNAPSHOT."""
    if name == "TRANSACTION SNAPSHOT":
        return "set transaction", [claim("set", Effect.READS, "looks at the rows as another transaction does")]
    lasting = name == "SESSION CHARACTERISTICS"
    found = [_mode(item, "set", lasting=lasting) for item in _modes(node.get("args", ()))]
    opened = [item for item in found if item is not None]
    return "set transaction", opened or [claim("set", Effect.READS, "sets how a transaction sees others")]


def _stored(node: Tree, what: str, target: tuple[Target, ...]) -> list[Claim]:
    """Settings kept for a role or database: they hold for every session from now on."""
    inside = node.get("setstmt", {})
    name = inside.get("name", "").lower()
    found = [claim(what, Effect.CHANGES_SCHEMA, "changes settings of every session to come", targets=target)]
    if name.startswith("safeshell."):
        found.append(claim("guard-setting", Effect.REVOKES_ACCESS, "changes what safeshell takes this database for"))
    if inside.get("kind") in ("VAR_RESET", "VAR_RESET_ALL", "VAR_SET_DEFAULT"):
        return found
    verdict = settings.judge(name, _value(inside))
    return [*found, claim("guard-rails", *verdict)] if verdict else found


def _alter_database_set(node: Tree, scope: Scope) -> Judged:
    del scope
    name = node.get("dbname", "")
    return "alter database", _stored(node, "alter-database", (Target(TargetKind.DATABASE, name, name),))


def _alter_role_set(node: Tree, scope: Scope) -> Judged:
    del scope
    name = node.get("role", {}).get("rolename", "")
    target = (Target(TargetKind.USER, name, name),) if name else ()
    found = _stored(node, "alter-role", target)
    return "alter role", [*found, claim("alter-role", Effect.REVOKES_ACCESS, "changes what a role starts with")]


def _alter_database(node: Tree, scope: Scope) -> Judged:
    """Connection limits shut people out."""
    del scope
    name = node.get("dbname", "")
    target = (Target(TargetKind.DATABASE, name, name),)
    said = {item.get("defname") for item in _modes(node.get("options", ()))}
    if said & {"connection_limit", "allow_connections", "is_template"}:
        reason = "changes who may connect to a database"
        return "alter database", [claim("alter-database", Effect.REVOKES_ACCESS, reason, targets=target)]
    return "alter database", [claim("alter-database", Effect.CHANGES_SCHEMA, "changes a database", targets=target)]


def _alter_system(node: Tree, scope: Scope) -> Judged:
    del scope
    kind, inside = inner({"VariableSetStmt": node.get("setstmt", {})})
    del kind
    found = [claim("alter-system", Effect.CHANGES_SCHEMA, "changes the server's configuration")]
    verdict = settings.judge(inside.get("name", ""), _value(inside))
    rails = verdict is not None and verdict[0] is Effect.LEAVES_GUARD
    return "alter system", [*found, claim("guard-rails", *verdict)] if rails and verdict else found


def _constraints(node: Tree, scope: Scope) -> Judged:
    """IMMEDIATE runs, now, the checks and constraint triggers that earlier changes of the transaction left for its end.

    Those lock the rows they look at, and a trigger may write; outside a transaction nothing can have been left.
    """
    if node.get("deferred") or scope.server.get("in_transaction") == "off":
        return "set constraints", [claim("set-constraints", Effect.READS, "says when constraints are checked")]
    reason = "runs the deferred checks and triggers of this transaction now"
    return "set constraints", [claim("set-constraints", Effect.WRITES, reason)]


JUDGES: dict[str, Callable[[Tree, Scope], Judged]] = {
    "TransactionStmt": _transaction,
    "VariableSetStmt": _set,
    "AlterDatabaseSetStmt": _alter_database_set,
    "AlterRoleSetStmt": _alter_role_set,
    "AlterDatabaseStmt": _alter_database,
    "AlterSystemStmt": _alter_system,
    "ConstraintsSetStmt": _constraints,
}
