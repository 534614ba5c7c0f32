"""`read`: from the text of a line or a script to a Reading.

What must not live here: the meaning of any construct; this only puts the parts together.
"""

from __future__ import annotations

from collections.abc import Callable

from safeshell.languages.bash import foreign
from safeshell.languages.bash.aliases import Expanded, expand_aliases
from safeshell.languages.bash.desk import Desk
from safeshell.languages.bash.flow import Frame
from safeshell.languages.bash.limits import MAX_TEXT, TooMuchError
from safeshell.languages.bash.state import State
from safeshell.languages.bash.walker import Walker
from safeshell.languages.reading import NO_NAMES, Parse, ParseFailure, Reading, SessionNames
from safeshell.model.effects import Effect
from safeshell.model.facts import Facts, Question
from safeshell.model.knowledge import Knowledge
from safeshell.model.statements import Claim, Language, Span, Statement
from safeshell.model.values import replace


def read(  # noqa: PLR0913 - a text and everything that its reading depends on
    text: str,
    knowledge: Knowledge,
    facts: Facts,
    parse: Parse,
    *,
    names: SessionNames = NO_NAMES,
    language: Language = Language.BASH,
) -> Reading:
    """Everything that bash (or the shell of `language`) would run for `text`, as far as can be told without running it.

    `parse` is only called for what the fast path leaves. `names` are the aliases and functions of the
    session. Never raises on any text: what is too deep, too long or not parseable is one statement
    that is not understood.
    """
    if foreign.holds_foreign(text):
        inner = (foreign.readable(text), knowledge, foreign.readable_facts(facts), parse)
        return foreign.original(read(*inner, names=names, language=language), text)
    desk = Desk(knowledge, facts, parse, names, language=language)
    raw = text.encode("utf-8", "surrogateescape")
    if len(raw) > MAX_TEXT or "\0" in text or "\r" in text:
        why = "it is longer than safeshell reads" if len(raw) > MAX_TEXT else "it holds control characters"
        return _lost(text, raw, desk, why)
    try:
        return _read(text, raw, desk)
    except TooMuchError as limit:
        return _lost(text, raw, desk, str(limit))
    except RecursionError:
        return _lost(text, raw, desk, "it nests deeper than safeshell follows")


def _read(text: str, raw: bytes, desk: Desk) -> Reading:
    """Command by command, because an alias counts from the line after its definition on."""
    state = State()
    statements: list[Statement] = []
    offset = 0
    while True:
        piece = raw[offset:].decode("utf-8", "surrogateescape")
        expanded = expand_aliases(piece, desk, state.aliases)
        if isinstance(expanded, ParseFailure):
            return _spelled_out(text, raw, desk, expanded) or _unparsed(text, raw, desk, expanded)
        found, state, stop = _walk(expanded, desk, state)
        place = _placer(expanded, offset)
        statements += [_placed(statement, place) for statement in found]
        if stop is None:
            statements += _unknown_aliases(text, raw, desk)
            return Reading(tuple(statements), _questions(desk), complete=not _continues(raw, expanded))
        offset += expanded.original(stop)[0]


def _spelled_out(text: str, raw: bytes, desk: Desk, failure: ParseFailure) -> Reading | None:
    """The text as its shell spells it out, where that can be read; everything in it stands where the text stands."""
    expanded = expand_aliases(failure.spelled, desk, {}) if failure.spelled not in ("", text) else failure
    if isinstance(expanded, ParseFailure):
        return None
    walker = Walker(desk, expanded.raw, Frame(span=Span(0, len(raw)), language=desk.language))
    walker.run_all(expanded.tree.get("Stmts", ()), State())
    return Reading((*walker.out, *_unknown_aliases(text, raw, desk)), _questions(desk))


def _walk(expanded: Expanded, desk: Desk, state: State) -> tuple[list[Statement], State, int | None]:
    """Statements up to the first line on which new aliases count, and the offset of that line."""
    walker = Walker(desk, expanded.raw, Frame(language=desk.language))
    aliases = dict(state.aliases)
    before = 0
    for node in expanded.tree.get("Stmts", ()):
        start = node["Pos"]["Offset"]
        if state.aliases != aliases and b"\n" in expanded.raw[before:start]:
            return walker.out, state, start
        outcome = walker.run_all([node], state)
        state = outcome.either
        before = start
    return walker.out, state, None


def _unknown_aliases(text: str, raw: bytes, desk: Desk) -> list[Statement]:
    """An alias whose text nobody could tell may stand for anything."""
    if not desk.unknown_aliases:
        return []
    names = ", ".join(sorted(desk.unknown_aliases))
    claim = Claim(Effect.RUNS_OPAQUE_CODE, "bash.alias", f"{names}: an alias whose text is not known")
    return [Statement(Language.BASH, text, Span(0, len(raw)), "alias", claims=(claim,), dynamic=True)]


def _questions(desk: Desk) -> tuple[Question, ...]:
    return tuple(desk.questions)


def _continues(raw: bytes, expanded: Expanded) -> bool:
    """A backslash at the very end asks for another line."""
    slashes = len(raw) - len(raw.rstrip(b"\\"))
    nodes = expanded.tree.get("Stmts", ())
    return slashes % 2 == 1 and bool(nodes) and nodes[-1]["End"]["Offset"] >= len(expanded.raw)


def _placer(expanded: Expanded, offset: int) -> Callable[[Span], Span]:
    if not offset and not expanded.edits:
        return lambda span: span

    def place(span: Span) -> Span:
        return Span(expanded.original(span.start)[0] + offset, expanded.original(span.end)[1] + offset)

    return place


def _placed(statement: Statement, place: Callable[[Span], Span]) -> Statement:
    span = place(statement.span)
    nested = tuple(_placed(inner, place) for inner in statement.nested)
    if span == statement.span and nested == statement.nested:
        return statement
    return replace(statement, span=span, nested=nested)


def _unparsed(text: str, raw: bytes, desk: Desk, failure: ParseFailure) -> Reading:
    """No tree: unfinished, rejected by bash itself, or beyond what is known."""
    if failure.incomplete:
        return replace(_lost(text, raw, desk, failure.message), complete=False)
    aliased = any(name.rpartition(" ")[2] in text for name in desk.names.aliases) or not desk.names.complete
    if failure.rejected and "\n" not in text.strip("\n") and not aliased:
        return Reading((), _questions(desk), invalid=True)
    where = failure.message[:1].isdigit()
    return _lost(
        text, raw, desk, f"it cannot be read as {desk.language.value} ({failure.message})" if where else failure.message
    )


def _lost(text: str, raw: bytes, desk: Desk, why: str) -> Reading:
    span = Span(0, len(raw))
    statement = Statement(Language.BASH, text, span, "", understood=False, dynamic=True, detail={"why": why})
    return Reading((statement,), _questions(desk))
