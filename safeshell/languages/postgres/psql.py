r"""Texts as psql takes them (-c, -f, standard input): SQL by the server's grammar, psql's own commands beside it.

psql's variables, backslash commands, `\;` and the rows after COPY ... FROM STDIN are what the server never
sees in this form. What must not live here: SQL itself (reader), psql's commands (sqlclient).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType

from safeshell.languages import sqlclient
from safeshell.languages.postgres import reader
from safeshell.languages.postgres.scope import LANGUAGE, Scope, claim
from safeshell.languages.reading import UNKNOWN_PART, Reading, ReadShell, unread_shell
from safeshell.languages.sqllexer import BROKEN, META, NAME, OP, STRING, VARIABLE, WORD, Token, statements
from safeshell.languages.sqlunknown import may_be_code
from safeshell.model.effects import Effect
from safeshell.model.facts import Facts
from safeshell.model.knowledge import Knowledge
from safeshell.model.statements import Span, Statement
from safeshell.model.values import replace

_SETTING = frozenset({"\\set", "\\gset", "\\prompt", "\\getenv", "\\i", "\\ir", "\\include", "\\include_relative"})
"""Commands of psql that may set a variable."""
_MAX_TEXT = 1_000_000
_NOTHING: Mapping[str, str] = MappingProxyType({})


def read(
    text: str,
    knowledge: Knowledge,
    shell: ReadShell = unread_shell,
    *,
    facts: Facts | None = None,
    server: Mapping[str, str] = _NOTHING,
) -> Reading:
    """A text that psql would run. Total on any text; see `ReadText`."""
    del knowledge
    if len(text) > _MAX_TEXT:
        return Reading((reader.unread(text, "is longer than safeshell reads"),))
    scope = Scope(facts=facts or {}, server=server, shell=shell)
    groups = _with_slices(list(_groups(text)))
    found = [statement for run in _runs(groups, text) for statement in _read_run(run, text, scope)]
    complete = not any(token.kind == BROKEN for group in groups for token in group)
    return Reading(tuple(found), questions=tuple(scope.questions), complete=complete)


def _groups(text: str) -> Iterator[list[Token]]:
    """Statements by their semicolons, and psql's commands, without the rows that follow a COPY FROM STDIN."""
    at = 0
    while True:
        for group in statements(text[at:], LANGUAGE):
            moved = [replace(token, start=token.start + at, end=token.end + at) for token in group] if at else group
            yield moved
            if _takes_rows(moved):
                rows = _rows_end(text, moved[-1].end)
                if rows is not None:
                    at = rows
                    break
        else:
            return


def _with_slices(groups: list[list[Token]]) -> list[list[Token]]:
    """The same where `:name` between brackets is the bound of a slice: psql leaves an unset variable as it stands."""
    if any(token.kind == META and token.text.split(None, 1)[0] in _SETTING for group in groups for token in group):
        return groups
    return [_bounds(group) if any(token.kind == VARIABLE for token in group) else group for group in groups]


def _bounds(group: list[Token]) -> list[Token]:
    depth, found = 0, []
    for token in group:
        depth += (token.text == "[") - (token.text == "]") if token.kind == OP else 0
        found.append(replace(token, kind=OP) if token.kind == VARIABLE and depth > 0 else token)
    return found


def _takes_rows(group: Sequence[Token]) -> bool:
    words = [token.text for token in group if token.kind == WORD]
    return words[:1] == ["COPY"] and "STDIN" in words


def _rows_end(text: str, at: int) -> int | None:
    r"""Where the line `\.` that ends the rows of a COPY lies; None where no rows follow."""
    line = text.find("\n", at)
    end = text.find("\n\\.", at) if line >= 0 else -1
    return None if end < 0 or text[at:line].strip() not in ("", ";") else end + 3


def _runs(groups: Sequence[list[Token]], text: str) -> Iterator[list[list[Token]]]:
    """Groups that are parsed together: the grammar knows better than the lexer where a statement ends.

    What holds something that only psql understands, or only running tells, stands alone.
    """
    run: list[list[Token]] = []
    for group in groups:
        alone = UNKNOWN_PART in text or any(token.kind in (META, BROKEN, VARIABLE) for token in group)
        if alone or _takes_rows(group):
            yield from ([run] if run else [])
            yield [group]
            run = []
        else:
            run.append(group)
    if run:
        yield run


def _read_run(run: Sequence[list[Token]], text: str, scope: Scope) -> list[Statement]:
    if len(run) == 1:
        return _read_group(run[0], text, scope)
    start, end = run[0][0].start, run[-1][-1].end
    found = reader.read_within(_for_server(text, start, end, run), scope)
    if len(found) == 1 and not found[0].understood and "why" in found[0].detail:
        return [statement for group in run for statement in _read_group(group, text, scope)]
    return [_moved(statement, text, start) for statement in found]


def _for_server(text: str, start: int, end: int, run: Sequence[list[Token]]) -> str:
    r"""The part of a text as the server would get it, each character at its place: `:'x'` is a string, `\;` ends."""
    part = text[start:end].replace("\\;", " ;")
    for group in run:
        for token in group:
            quoted = token.kind in (STRING, NAME) and token.text.startswith(":")
            if quoted or token.kind == VARIABLE:
                at = token.start - start
                part = f"{part[:at]} {part[at + 1 :]}"
    return part


def _read_group(group: list[Token], text: str, scope: Scope) -> list[Statement]:
    start, end = group[0].start, group[-1].end
    if group[0].kind == META:
        return [_client(group, text, scope)]
    if any(token.kind == BROKEN for token in group):
        return [_moved(reader.unread(text[start:end], "holds an open quote or comment"), text, start)]
    part = _for_server(text, start, end, [group])
    found = reader.read_within(part, scope)
    if UNKNOWN_PART in part and not all(item.understood for item in found):
        found = _without_unknown(part, scope) or found
    if any(token.kind == VARIABLE for token in group):
        found = tuple(_with_variable(item) for item in found)
    moved = [_moved(item, text, start) for item in found]
    return [replace(item, dynamic=may_be_code(group, item.claims, item.nested)) for item in moved]


def _without_unknown(part: str, scope: Scope) -> tuple[Statement, ...]:
    """The same without what only running tells: it may be nothing, or more than one word (`$where`)."""
    rest = part.replace(UNKNOWN_PART, " " * len(UNKNOWN_PART))
    found = reader.read_within(rest, scope) if rest.strip() else ()
    return found if all(item.understood for item in found) else ()


def _with_variable(statement: Statement) -> Statement:
    unclear = claim("unclear", Effect.NOT_UNDERSTOOD, "holds a psql variable")
    return replace(statement, claims=(unclear, *statement.claims), understood=False)


def _client(group: list[Token], text: str, scope: Scope) -> Statement:
    claims, nested = sqlclient.read_meta(group[0].text, scope.shell, LANGUAGE)
    start, end = group[0].start, group[-1].end
    before = _bytes_before(text, start)
    size = len(text[start:end].encode("utf-8", "surrogatepass"))
    return Statement(
        language=LANGUAGE,
        text=text[start:end],
        span=Span(before, before + size),
        verb=group[0].text.split(None, 1)[0],
        claims=tuple(dict.fromkeys(claims)),
        understood=not any(item.effect is Effect.NOT_UNDERSTOOD for item in claims),
        dynamic=may_be_code(group, claims, nested),
        nested=nested,
    )


def _moved(statement: Statement, text: str, start: int) -> Statement:
    """With its place in the whole text, and the words that stand there."""
    before = _bytes_before(text, start)
    span = Span(statement.span.start + before, statement.span.end + before)
    if not text.isascii() or len(statement.text) < span.end - span.start:
        return replace(statement, span=span)
    return replace(statement, span=span, text=text[span.start : span.end])


def _bytes_before(text: str, at: int) -> int:
    return at if text.isascii() else len(text[:at].encode("utf-8", "surrogatepass"))
