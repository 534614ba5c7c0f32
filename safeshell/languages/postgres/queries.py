"""What a query does beside reading: changes of rows in it, functions and operators it calls, locks, INTO.

One look goes through a whole tree, so that nothing hides in a CTE, a sub-query, FROM, LATERAL or an ORDER BY.
What must not live here: what a function does (routines), statements that are no query (statements).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from safeshell.languages.postgres import routines, settings
from safeshell.languages.postgres.changes import CHANGES, judge_change
from safeshell.languages.postgres.scope import DEEPEST, Scope, claim, table
from safeshell.languages.postgres.trees import Tree, constant, inner, quoted, strings
from safeshell.model.effects import Effect
from safeshell.model.facts import Ask
from safeshell.model.statements import Claim, Target, TargetKind
from safeshell.model.values import dataclass, field

_SAMPLES = frozenset({"bernoulli", "system", "system_rows", "system_time"})
_TEXT_ARGUMENTS = {"ts_rewrite": (1,), "crosstab": (0, 1)}
"""Which arguments of a function are run as queries, where it is not the first alone."""
_UNCHANGING = frozenset({"stable", "immutable"})


@dataclass(slots=True)
class Look:
    """What was found in a tree. Calls and operators are (schema, name, node), `selects` every SELECT."""

    changes: list[tuple[str, Tree]] = field(default_factory=list)
    calls: list[tuple[str, str, Tree]] = field(default_factory=list)
    operators: list[tuple[str, str, Tree]] = field(default_factory=list)
    into: list[Tree] = field(default_factory=list)
    locks: list[str] = field(default_factory=list)
    selects: list[Tree] = field(default_factory=list)
    bounded: bool = False


Note = Callable[[Look, Any, Tree], None]
_LEAVES = frozenset({"ColumnRef", "A_Const", "String", "ParamRef"})
"""Types of nodes that hold nothing that could be run."""


def look(tree: object) -> Look:
    """Go through a tree once, in the order of its text. On the way of every read, so it is one plain loop."""
    found = Look()
    waiting: list[object] = [tree]
    while waiting:
        item = waiting.pop()
        if isinstance(item, list):
            waiting.extend(reversed(item))
        elif isinstance(item, dict):
            inside: list[object] = []
            for key, value in item.items():
                if key in _NOTES:
                    _NOTES[key](found, value, item)
                if key not in _LEAVES and isinstance(value, (dict, list)):
                    inside.append(value)
            inside.reverse()
            waiting += inside
    return found


def _operator(found: Look, value: Any, node: Tree) -> None:
    if value:
        found.operators.append((*_name(value), node))


def _expression(found: Look, value: Any, node: Tree) -> None:
    """The operator of an expression; BETWEEN has a name of its own that is none."""
    kind = str(node.get("kind", ""))
    if kind.startswith("AEXPR_") and "BETWEEN" not in kind:
        _operator(found, value, node)


def _called(found: Look, value: Any, node: Tree) -> None:
    """A function that is called; a trigger's is only kept."""
    if "trigname" not in node:
        found.calls.append((*_name(value), node))


def _sampled(found: Look, value: Any, node: Tree) -> None:
    del node
    if _name(value.get("method"))[1] not in _SAMPLES:
        found.calls.append((*_name(value.get("method")), value))


def _changed(kind: str) -> Note:
    return lambda found, value, _: found.changes.append((kind, value))


def _bounded(found: Look, value: Any, node: Tree) -> None:
    del value, node
    found.bounded = True


_NOTES: dict[str, Note] = {
    "name": _expression,
    "operName": _operator,
    "useOp": _operator,
    "funcname": _called,
    "RangeTableSample": _sampled,
    "LockingClause": lambda found, value, _: found.locks.append(value.get("strength", "")),
    "intoClause": lambda found, value, _: found.into.append(value),
    "targetList": lambda found, _, node: found.selects.append(node),
    "whereClause": _bounded,
    **{kind: _changed(kind) for kind in CHANGES},
}
"""What is kept of a tree, by the key that it stands under."""


def _held(condition: Tree | None) -> Iterator[tuple[tuple[str, ...], str]]:
    """Columns and constants of `column = 'constant'` among the conditions that all have to hold."""
    kind, node = inner(condition)
    if kind == "BoolExpr" and node.get("boolop") == "AND_EXPR":
        for part in node.get("args", ()):
            yield from _held(part)
    elif kind == "A_Expr" and node.get("kind") == "AEXPR_OP" and strings(node.get("name"))[-1:] == ("=",):
        left, value = inner(node.get("lexpr")), constant(node.get("rexpr"))
        if left[0] == "ColumnRef" and value is not None:
            yield strings(left[1].get("fields")), value


def _name(listed: object) -> tuple[str, str]:
    """Schema ("" for none) and name."""
    parts = strings(listed)
    return (parts[-2] if len(parts) > 1 else "", parts[-1] if parts else "")


def judge_query(tree: object, scope: Scope) -> list[Claim]:
    """Claims of a query, a change of rows, or any statement with such inside; never none."""
    seen = look(tree)
    found = [judge_change(kind, node, scope) for kind, node in seen.changes]
    calls = list(judge_calls(seen, scope))
    asks = any(item.effect is not Effect.WRITES_SCRATCH for item in found)
    found += [item for item in calls if not asks or item.effect is not Effect.WRITES]
    found += [_into(node) for node in seen.into]
    if seen.locks:
        found.append(claim("lock-rows", Effect.BLOCKS_OTHERS, "locks the rows that it reads", preview="postgres.lock"))
    return found or [claim("select", Effect.READS, "reads")]


def serious(tree: object, scope: Scope) -> list[Claim]:
    """Claims of what a statement that is no query runs inside: changes of rows, functions that do something."""
    seen = look(tree)
    found = [judge_change(kind, node, scope) for kind, node in seen.changes]
    return found + [item for item in judge_calls(seen, scope) if item.effect is not Effect.WRITES]


def _into(node: Tree) -> Claim:
    """SELECT ... INTO; a plain CREATE TABLE AS is judged by its own statement."""
    return claim(
        "select-into", Effect.WRITES, "writes its result to a new table", targets=(table(node.get("rel", {})),)
    )


def judge_calls(seen: Look, scope: Scope) -> Iterator[Claim]:
    """Claims of the functions and operators that are not known to be harmless."""
    for schema, name, node in seen.calls:
        yield from _call(schema, name, node, seen, scope)
    for schema, name, _ in seen.operators:
        if not routines.harmless_operator(schema, name):
            yield from _unknown(Ask.OPERATOR, f"{quoted(schema)}.{name}" if schema else name, scope)


def _call(schema: str, name: str, node: Tree, seen: Look, scope: Scope) -> Iterator[Claim]:
    if name == "set_config":
        yield from _set_config(node, seen)
    elif name in routines.QUERY_TEXTS:
        yield from _query_text(name, node, scope)
    elif (known := routines.deed(schema, name)) is not None:
        milder = routines.MILDER.get(name)
        if milder is None or not milder([constant(item) for item in node.get("args", ())]):
            yield _deed(name, known, node, seen)
    elif not routines.harmless(schema, name):
        subject = f"{quoted(schema)}.{quoted(name)}" if schema else quoted(name)
        yield from _unknown(Ask.ROUTINE, subject, scope)


def _unknown(about: Ask, subject: str, scope: Scope) -> Iterator[Claim]:
    """A function or operator of somebody's own: what the catalogue says of it, else the worst."""
    if scope.ask(about, subject) in _UNCHANGING:
        return
    kind = "function" if about is Ask.ROUTINE else "operator"
    uses = "calls" if about is Ask.ROUTINE else "uses the operator"
    advice = "declared STABLE or IMMUTABLE it passes silently" if about is Ask.ROUTINE else ""
    yield claim(kind, Effect.WRITES, f"{uses} {subject}, which may write", advice=advice)


def _deed(name: str, known: tuple[Effect, str], node: Tree, seen: Look) -> Claim:
    effect, reason = known
    preview = routines.PREVIEWED.get(name, "")
    if not preview:
        return claim(f"function.{name}", effect, reason)
    arguments = node.get("args", ())
    pid = constant(arguments[0]) if arguments else None
    targets = (Target(TargetKind.PROCESS, pid, pid),) if pid else ()
    unbounded = pid is None and not seen.bounded
    return claim(f"function.{name}", effect, reason, targets=targets, preview=preview, unbounded=unbounded)


def _set_config(node: Tree, seen: Look) -> Iterator[Claim]:
    """set_config(name, value, ...), also as pg_dump has it: the name from pg_settings WHERE name = 'x'."""
    arguments = [constant(item) for item in node.get("args", ())[:2]]
    kind, first = inner((node.get("args") or [None])[0])
    if kind == "ColumnRef":
        fixed = dict(_held(seen.selects[0].get("whereClause"))) if len(seen.selects) == 1 else {}
        arguments[0] = fixed.get(strings(first.get("fields")))
    if len(arguments) < 2 or arguments[0] is None:  # noqa: PLR2004 - name and value
        yield claim("function.set_config", Effect.WRITES, "changes a setting that only running names")
        return
    verdict = settings.judge(arguments[0], arguments[1])
    if verdict is not None:
        yield claim("function.set_config", *verdict)


def _query_text(name: str, node: Tree, scope: Scope) -> Iterator[Claim]:
    """A function that runs a text: that text is judged where it stands there, else it is opaque."""
    from safeshell.languages.postgres.reader import claims_inside  # noqa: PLC0415 - the two call each other

    arguments = node.get("args", ())
    if name == "ts_rewrite" and len(arguments) == 3:  # noqa: PLR2004 - this form takes no query
        return
    texts = [constant(arguments[at]) for at in _TEXT_ARGUMENTS.get(name, (0,)) if at < len(arguments)]
    for text in texts or [None]:
        if text is None or scope.depth >= DEEPEST:
            yield claim(f"function.{name}", Effect.RUNS_OPAQUE_CODE, "runs a text that only running tells as a query")
        else:
            yield from (item for item in claims_inside(text, scope) if item.effect is not Effect.READS)
