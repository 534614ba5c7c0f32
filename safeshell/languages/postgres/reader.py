"""A text as a PostgreSQL server gets it -> Statements with their effects.

Law: what does not parse is not understood; what the cheap parser does not clear as a plain read is looked at
by the second one too, and the stricter of the two counts. Total on any text.
What must not live here: single statements (statements), psql's own commands (psql).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from safeshell.languages.postgres import trees
from safeshell.languages.postgres.scope import LANGUAGE, Scope, claim
from safeshell.languages.postgres.statements import judge
from safeshell.languages.postgres.trees import Parsed, Unparsed
from safeshell.languages.reading import Reading, ReadShell, unread_shell
from safeshell.model.effects import HARMLESS, Effect
from safeshell.model.facts import Ask, Facts
from safeshell.model.statements import Claim, Span, Statement
from safeshell.model.values import replace

_NOTHING: Mapping[str, str] = MappingProxyType({})
_OTHER_PARSER = "the two parsers of safeshell do not agree on it"
_MOST = 5_000
"""Statements in one text."""


def read(
    text: str,
    *,
    facts: Facts | None = None,
    server: Mapping[str, str] = _NOTHING,
    shell: ReadShell = unread_shell,
) -> Reading:
    """Every statement of a message, with what it does.

    `server` holds what the server reports of itself (server_version_num, standard_conforming_strings, ...);
    `facts` the answers to earlier questions. Spans are bytes of the UTF-8 form of `text`.
    """
    scope = Scope(facts=facts or {}, server=server, shell=shell)
    statements = read_within(text, scope)
    return Reading(statements, questions=tuple(scope.questions))


def read_within(text: str, scope: Scope) -> tuple[Statement, ...]:
    """The statements of a text that is read as a part of another."""
    try:
        return _read(text, scope)
    except RecursionError:
        return (unread(text, "is nested deeper than safeshell reads"),)


def _read(text: str, scope: Scope) -> tuple[Statement, ...]:
    why = _unreadable(text, scope)
    if why:
        return (unread(text, why),)
    found = trees.parse(text)
    if isinstance(found, Unparsed):
        return _only_newer(text, found, scope)
    if len(found) > _MOST:
        return (unread(text, "holds more statements than safeshell reads at once"),)
    first = _judged(text, found, scope)
    if all(set(statement.effects) <= {Effect.READS} for statement in first):
        return first
    return _doubted(text, first, scope)


def _unreadable(text: str, scope: Scope) -> str:
    """Why a text cannot be read at all here; "" where it can."""
    if scope.server.get("standard_conforming_strings", "on") == "off" and "\\" in text:
        return "holds a backslash while standard_conforming_strings is off"
    encoding = scope.server.get("client_encoding", "UTF8").upper().replace("-", "")
    if encoding in _UNSAFE_ENCODINGS and not text.isascii():
        return f"is written in {encoding}, whose characters may hold quotes"
    return ""


_UNSAFE_ENCODINGS = frozenset({"SJIS", "SHIFT_JIS_2004", "BIG5", "GBK", "UHC", "GB18030", "JOHAB"})
"""Client encodings in which a byte of a longer character may look like ASCII (manual, character set support)."""


def _refused(text: str, scope: Scope) -> bool:
    """Whether the server itself said that its grammar refuses the whole message: a slip of the keyboard."""
    known = scope.server.get("server_version_num", "").isdigit()
    return known and scope.depth == 0 and len(text) <= trees.LARGE and scope.ask(Ask.REJECTED, text) is True


def _rejected(text: str) -> Statement:
    """What the server answers with a syntax error, before any part of it runs."""
    nothing = claim("rejected", Effect.READS, "is refused by the server's own grammar, so nothing of it runs")
    return Statement(LANGUAGE, text, Span(0, len(text.encode("utf-8", "surrogatepass"))), "", (nothing,))


def unread(text: str, why: str) -> Statement:
    """The one statement that stands for a text that was not understood."""
    unclear = claim("unclear", Effect.NOT_UNDERSTOOD, why)
    size = len(text.encode("utf-8", "surrogatepass"))
    shown = text if len(text) <= trees.LARGE else text[:80] + "..."
    detail = {"why": why}
    return Statement(LANGUAGE, shown, Span(0, size), "", (unclear,), understood=False, detail=detail)


def _only_newer(text: str, first: Unparsed, scope: Scope) -> tuple[Statement, ...]:
    """What only the newer grammar knows is judged by it, but never cleared."""
    newer = trees.second_opinion(text)
    if isinstance(newer, Unparsed):
        return _without_comments(text, first, scope)
    found = _judged(text, newer, scope, costs=True)
    if all(set(statement.effects) <= HARMLESS for statement in found):
        return (unread(text, first.why),)
    return found


def _without_comments(text: str, first: Unparsed, scope: Scope) -> tuple[Statement, ...]:
    """A comment in an unlucky place is no reason not to understand a text."""
    bare = trees.without_comments(text)
    if bare in (None, text) or isinstance(trees.parse(bare or ""), Unparsed):
        return (_rejected(text) if _refused(text, scope) else unread(text, first.why),)
    return read_within(bare or "", scope)


def _doubted(text: str, first: tuple[Statement, ...], scope: Scope) -> tuple[Statement, ...]:
    """The stricter of two readings: the claims of both."""
    second = trees.second_opinion(text)
    if isinstance(second, Unparsed) or len(second) != len(first):
        why = second.why if isinstance(second, Unparsed) else _OTHER_PARSER
        extra = claim("unclear", Effect.NOT_UNDERSTOOD, f"{_OTHER_PARSER}: {why}")
        return tuple(replace(item, claims=(*item.claims, extra), understood=False) for item in first)
    other = Scope(facts=scope.facts, server=scope.server, shell=scope.shell, depth=scope.depth)
    both = zip(first, _judged(text, second, other, costs=True), strict=True)
    return tuple(_stricter(a, b) for a, b in both)


def _stricter(first: Statement, second: Statement) -> Statement:
    known = {_core(item) for item in second.claims}
    claims = (*second.claims, *(item for item in first.claims if _core(item) not in known))
    harmful = tuple(item for item in claims if item.effect not in HARMLESS)
    understood = first.understood and second.understood
    return replace(second, claims=harmful or claims, understood=understood)


def _core(found: Claim) -> tuple[object, ...]:
    return found.effect, found.rule, found.targets, found.unbounded


def _judged(text: str, parsed: Sequence[Parsed], scope: Scope, *, costs: bool = False) -> tuple[Statement, ...]:
    """Statements with their claims; with `costs` also their locks and routes, which takes postgast's trees."""
    data = text.encode()
    scope.alone = len(parsed) == 1 and not scope.depth
    found = []
    for item in parsed:
        part = data[item.start : item.end]
        start = item.start + len(part) - len(part.lstrip())
        shown = part.strip()
        statement = _statement(shown.decode(errors="replace"), Span(start, start + len(shown)), item, scope)
        found.append(_costed(statement, item, scope) if costs else statement)
    return tuple(found)


def _costed(statement: Statement, item: Parsed, scope: Scope) -> Statement:
    """With the lock and the work of a definition, and the safer way for its claims."""
    from safeshell.languages.postgres.ddl import describe, row_lock  # noqa: PLC0415 - not on the way of a plain read

    form = describe(item.kind, item.node, scope)
    if form is None:
        lock = row_lock(item.kind, item.node)
        return replace(statement, detail={"lock": lock, "work": "none"}) if lock else statement
    claims = tuple(form.adorn(found) for found in statement.claims)
    return replace(statement, claims=claims, detail=form.detail)


def _statement(shown: str, span: Span, item: Parsed, scope: Scope) -> Statement:
    verb, claims, nested = judge(item.kind, item.node, scope)
    return Statement(
        language=LANGUAGE,
        text=shown,
        span=span,
        verb=verb,
        claims=tuple(dict.fromkeys(claims)),
        understood=not any(found.effect is Effect.NOT_UNDERSTOOD for found in claims),
        nested=nested,
    )


def claims_inside(text: str, scope: Scope) -> list[Claim]:
    """Claims of a text that a statement runs in turn."""
    scope.depth += 1
    try:
        return [item for statement in read_within(text, scope) for item in statement.claims]
    finally:
        scope.depth -= 1


def claims_prepared(text: str, name: str, scope: Scope) -> list[Claim]:
    """Claims of a prepared statement by the text it was prepared with (PREPARE itself, or the statement)."""
    found = trees.parse(text)
    if isinstance(found, Unparsed):
        return [claim("execute", Effect.NOT_UNDERSTOOD, "runs a prepared statement that does not parse")]
    if any(item.kind == "PrepareStmt" and item.node.get("name") == name for item in found):
        inner = Scope(facts=scope.facts, server=scope.server, shell=scope.shell, depth=scope.depth + 1)
        read_within(text, inner)
        return list(inner.prepared.get(name, ()))
    return claims_inside(text, scope)
