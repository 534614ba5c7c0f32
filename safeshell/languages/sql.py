"""SQL texts of MySQL and its like (SQLite, ClickHouse, Cassandra) -> Statements, by their words.

A statement is a read only when nothing in it could write; whatever is not surely a read is at least a
write, and whatever is not recognised is not understood. PostgreSQL has a reader of its own.
What must not live here: lexing (sqllexer), tables of words (sqlwords).
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from safeshell.languages import sqlwords as words
from safeshell.languages.reading import Reading, unread_shell
from safeshell.languages.sqlclient import read_meta
from safeshell.languages.sqllexer import (
    BROKEN,
    META,
    NAME,
    OP,
    STRING,
    VERSIONED,
    WORD,
    Token,
    statements,
    tokens,
    unquoted,
)
from safeshell.languages.sqlunknown import may_be_code
from safeshell.model.effects import Effect
from safeshell.model.statements import Claim, Language, Span, Statement, Target, TargetKind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from safeshell.languages.reading import ReadShell
    from safeshell.model.knowledge import Knowledge

_MYSQL_READS = frozenset({"SELECT", "SHOW", "EXPLAIN", "DESCRIBE", "DESC", "PRAGMA"})
_MYSQL_CLIENT = frozenset(
    {"STATUS", "HELP", "WARNINGS", "NOWARNING", "SOURCE", "SYSTEM", "DELIMITER", "TEE", "PAGER", "EDIT", "CONNECT"}
)
_INNER_STARTS = frozenset({*words.QUERY_STARTS, *words.ROW_CHANGES, "CREATE", "EXECUTE", "DECLARE", "REFRESH"})
_PARTS_OF_OTHERS = frozenset({"FOR", "KEY", "DO", "ON", "THEN"})
_MAX_TEXT = 1_000_000
_MAX_CHANGES = 50
"""Changes of rows looked at in one statement; each may be looked through to its end."""


def read_mysql(text: str, knowledge: Knowledge, shell: ReadShell = unread_shell) -> Reading:
    """A text that the mysql client or server would run. Total on any text; see `ReadText`."""
    del knowledge
    return _read(text, shell, Language.MYSQL)


def _read(text: str, shell: ReadShell, language: Language) -> Reading:
    if len(text) > _MAX_TEXT:
        return Reading((_too_long(text, language),))
    found = tuple(_statement(text, group, shell, language) for group in statements(text, language))
    return Reading(found, complete=not any(_broken(group) for group in statements(text, language)))


def _broken(group: Sequence[Token]) -> bool:
    return any(token.kind == BROKEN for token in group)


def _too_long(text: str, language: Language) -> Statement:
    unread = claim(language, "too-long", Effect.NOT_UNDERSTOOD, "is longer than safeshell reads")
    span = Span(0, len(text.encode("utf-8", "surrogatepass")))
    return Statement(language, text[:80] + "...", span, "", (unread,), understood=False)


def _statement(text: str, group: list[Token], shell: ReadShell, language: Language) -> Statement:
    start, end = group[0].start, group[-1].end
    claims, nested = _judge(text, group, shell, language)
    before = len(text[:start].encode("utf-8", "surrogatepass"))
    size = len(text[start:end].encode("utf-8", "surrogatepass"))
    return Statement(
        language=language,
        text=text[start:end],
        span=Span(before, before + size),
        verb=_verb(group),
        claims=tuple(dict.fromkeys(claims)),
        understood=not any(claim.effect is Effect.NOT_UNDERSTOOD for claim in claims),
        dynamic=may_be_code(group, claims, nested),
        nested=nested,
    )


def _verb(group: Sequence[Token]) -> str:
    if group[0].kind == META:
        return group[0].text.split(None, 1)[0]
    return next((token.text.lower() for token in group if token.kind == WORD), "")


def claim(language: Language, what: str, effect: Effect, reason: str, **more: object) -> Claim:
    """A claim of this reader; `what` ends its rule id."""
    return Claim(effect=effect, rule=f"{language.value}.{what}", reason=reason, **more)  # type: ignore[arg-type]


def _judge(
    text: str, group: list[Token], shell: ReadShell, language: Language
) -> tuple[list[Claim], tuple[Statement, ...]]:
    """Claims and nested shell statements of one statement or client command."""
    if group[0].kind == META:
        return read_meta(group[0].text, shell, language)
    if _broken(group):
        reason = "holds an open quote or comment"
        return [claim(language, "unclear", Effect.NOT_UNDERSTOOD, reason), *_claims(group, language)], ()
    if _first(group) in _MYSQL_CLIENT:
        return read_meta("\\" + text[group[0].start : group[-1].end], shell, language)
    return _claims(group, language), ()


def _first(group: Sequence[Token]) -> str:
    """The first word, after opening brackets."""
    for token in group:
        if token.text != "(" or token.kind != OP:
            return token.text if token.kind == WORD else ""
    return ""


def _words(group: Sequence[Token]) -> list[str]:
    return [token.text for token in group if token.kind == WORD]


def _claims(group: Sequence[Token], language: Language) -> list[Claim]:
    """Reads are the few plain ones; a versioned comment is code, so its statement at least writes."""
    first = _first(group)
    versioned = any(token.kind == VERSIONED for token in group)
    group = [token for token in group if token.kind != VERSIONED]
    first = first or _first(group)
    if first in ("EXPLAIN", "DESCRIBE", "DESC"):
        found = _explain(group, language)
    elif first in ("SELECT", "WITH"):
        found = _query(group, language)
    elif first == "SHOW" or (first == "PRAGMA" and _asking_pragma(group)):
        found = [claim(language, first.lower(), Effect.READS, "reads")]
    else:
        found = _change(group, first, language)
    if versioned or first not in _MYSQL_READS:
        found = [item for item in found if item.effect is not Effect.READS] or [
            claim(language, "not-plain", Effect.WRITES, "is not a plain read")
        ]
    return found


def _asking_pragma(group: Sequence[Token]) -> bool:
    """SQLite's PRAGMA with nothing to set; an argument in brackets sets, but for those that look at one object."""
    names = [token.text for token in group[1:] if token.kind in (WORD, NAME)]
    operators = {token.text for token in group if token.kind == OP}
    if words.ACTING_PRAGMAS.intersection(names[:2]):
        return False
    looks = bool(words.ASKING_PRAGMAS.intersection(names[:2]))
    return not operators & {"=", "("} if not looks else "=" not in operators


def _explain(group: Sequence[Token], language: Language) -> list[Claim]:
    """Runs the statement only with ANALYZE; planning may still call functions."""
    if {"ANALYZE", "ANALYSE"} & set(_words(group)):
        return _from_inner(group, language)
    calls = _calls(group, language)
    return calls or [claim(language, "explain", Effect.READS, "shows a plan")]


def _from_inner(group: Sequence[Token], language: Language) -> list[Claim]:
    """The claims of the statement inside EXPLAIN ANALYZE, PREPARE, DECLARE CURSOR."""
    for index, token in enumerate(group[1:], 1):
        if token.kind == WORD and token.text in _INNER_STARTS:
            return _claims(group[index:], language)
    return [claim(language, "unknown", Effect.NOT_UNDERSTOOD, "holds a statement that was not found")]


def _query(group: Sequence[Token], language: Language) -> list[Claim]:
    """SELECT and its kin: a read unless something in it writes, locks or calls."""
    found = _row_changes(group, language) + _calls(group, language)
    listed = _words(group)
    if "INTO" in listed and not any(item.effect is Effect.WRITES for item in found):
        found.append(claim(language, "select-into", Effect.WRITES, "writes its result to a table, file or variable"))
    if _locks(listed):
        found.append(claim(language, "lock-rows", Effect.BLOCKS_OTHERS, "locks the rows that it reads"))
    return found or [claim(language, "select", Effect.READS, "reads")]


def _locks(listed: Sequence[str]) -> bool:
    """FOR [NO KEY] UPDATE, FOR [KEY] SHARE, LOCK IN SHARE MODE."""
    after = {second for first, second in pairwise(listed) if first == "FOR"}
    return bool(after & {"UPDATE", "SHARE", "NO", "KEY"}) or "LOCK" in listed


def _row_changes(group: Sequence[Token], language: Language) -> list[Claim]:
    """Every INSERT, UPDATE, DELETE and MERGE in a statement, those in WITH too."""
    found: list[Claim] = []
    previous = ""
    for index, token in enumerate(group):
        if token.kind == WORD and token.text in words.ROW_CHANGES and previous not in _PARTS_OF_OTHERS:
            if len(found) == _MAX_CHANGES:
                return [*found, claim(language, "many", Effect.NOT_UNDERSTOOD, "changes rows in too many places")]
            found.append(_row_change(group[index:], token.text, language))
        previous = token.text if token.kind == WORD else ""
    return found


def _row_change(group: Sequence[Token], word: str, language: Language) -> Claim:
    """One change of rows; `group` begins with its word and may go on past its end."""
    own = _own_level(group)
    effect, reason = words.STARTS[word]
    listed = _words(own)
    if word == "INSERT":
        if "UPDATE" in listed and ("CONFLICT" in listed or "DUPLICATE" in listed):
            return claim(language, "upsert", Effect.DESTROYS_ROWS, "inserts rows and overwrites those that are there")
        return claim(language, "insert", effect, reason)
    return claim(
        language,
        word.lower(),
        effect,
        reason,
        targets=_table(own),
        unbounded=word != "MERGE" and not _limited(own),
    )


def _own_level(group: Sequence[Token]) -> list[Token]:
    """Tokens up to the bracket that closes around them, without what stands in deeper brackets."""
    own: list[Token] = []
    depth = 0
    for token in group:
        if token.kind == OP and token.text in "()":
            depth += 1 if token.text == "(" else -1
            if depth < 0:
                break
        elif depth == 0:
            own.append(token)
    return own


def _limited(own: Sequence[Token]) -> bool:
    """Whether a WHERE stands there that can leave rows out (`WHERE true` and `WHERE 1=1` cannot)."""
    at = next((i for i, token in enumerate(own) if token.kind == WORD and token.text == "WHERE"), None)
    if at is None:
        return False
    condition = own[at + 1 :]
    texts = [token.text for token in condition]
    trivial = texts[:1] == ["TRUE"] or (len(texts) > 2 and texts[1] == "=" and texts[0] == texts[2])  # noqa: PLR2004 - a = a
    return not trivial or "AND" in texts


def _table(own: Sequence[Token]) -> tuple[Target, ...]:
    """The table that a change names: the first name after the verb's own words."""
    skip = {"FROM", "ONLY", "INTO", "LOW_PRIORITY", "QUICK", "IGNORE", "TABLE", "IF", "EXISTS"}
    name = ""
    for token in own[1:]:
        if token.kind == NAME or (token.kind == WORD and (name.endswith(".") or token.text not in skip)):
            if name and not name.endswith("."):
                break
            name += token.text.lower() if token.kind == WORD else token.text
        elif token.kind == OP and token.text == "." and name:
            name += "."
        elif name:
            break
    return (Target(TargetKind.TABLE, name, name),) if name else ()


def _calls(group: Sequence[Token], language: Language) -> list[Claim]:
    """Functions called that are not known to be harmless."""
    found = []
    for index in range(len(group) - 1):
        token, after = group[index], group[index + 1]
        if after.kind != OP or after.text != "(" or token.kind not in (WORD, NAME):
            continue
        if not _is_call(group, index):
            continue
        found += _call(group, index, language)
    return found


def _is_call(group: Sequence[Token], index: int) -> bool:
    """Whether the name at `index`, which stands before a bracket, is a function that gets called."""
    token = group[index]
    before = group[index - 1] if index else None
    previous = before.text if before else ""
    if token.kind == WORD and token.text in words.BEFORE_PAREN:
        return previous == "."
    if token.kind == WORD and previous in words.BEFORE_PAREN_AFTER.get(token.text, ()):
        return False
    if before is not None and before.kind == WORD and before.text in ("AS", "WITH", "RECURSIVE", "INTO"):
        return False
    if before is not None and before.kind == OP and before.text == "::":
        return False
    return not _is_common_table(group, index)


def _is_common_table(group: Sequence[Token], index: int) -> bool:
    """`, name (a, b) AS [NOT MATERIALIZED] (SELECT ...`: the head of a further WITH query."""
    at = index + 2
    while at < len(group) and (group[at].kind in (WORD, NAME) or group[at].text == ","):
        at += 1
    if at >= len(group) or group[at].text != ")":
        return False
    rest = [token.text for token in group[at + 1 : at + 6] if token.text not in ("NOT", "MATERIALIZED")]
    return rest[:2] == ["AS", "("] and rest[2:3] != [] and rest[2] in _INNER_STARTS


def _call(group: Sequence[Token], index: int, language: Language) -> list[Claim]:
    token = group[index]
    name = token.text if token.kind == WORD else _plain_name(token.text)
    home = index < 2 or group[index - 1].text != "." or group[index - 2].text in ("PG_CATALOG", '"pg_catalog"')  # noqa: PLR2004 - schema and dot
    if name in words.HARMFUL_FUNCTIONS:
        effect, reason = words.HARMFUL_FUNCTIONS[name]
        return [claim(language, f"function.{name.lower()}", effect, reason)]
    if home and name in words.HARMLESS_FUNCTIONS:
        return []
    return [claim(language, "function", Effect.WRITES, f"calls {token.text.lower()}, which may write")]


def _plain_name(quoted: str) -> str:
    """A quoted name as a keyword would be written; one with capitals is another name in PostgreSQL."""
    bare = quoted.strip('"`')
    return bare.upper() if bare == bare.lower() else quoted


def _change(group: Sequence[Token], first: str, language: Language) -> list[Claim]:
    """Everything that is no query."""
    listed = _words(group)
    if first == "PRAGMA":
        return [claim(language, "pragma", Effect.WRITES, "changes a setting of the database file")]
    if first not in words.STARTS:
        reason = f"begins with {first or 'no word'}, which is not known here"
        return [claim(language, "unknown", Effect.NOT_UNDERSTOOD, reason)]
    if first in words.ROW_CHANGES:
        return _row_changes(group, language) + _serious_calls(group, language)
    effect, reason = words.STARTS[first]
    effect, reason = _sharpened(listed, effect, reason)
    found = [claim(language, first.lower(), effect, reason, targets=_named(group, first))]
    return found + _hidden_changes(group, first, language)


def _serious_calls(group: Sequence[Token], language: Language) -> list[Claim]:
    """Harmful functions in a statement that writes anyway."""
    return [item for item in _calls(group, language) if item.effect is not Effect.WRITES]


def _sharpened(listed: Sequence[str], effect: Effect, reason: str) -> tuple[Effect, str]:
    """What the words after the first one make of it."""
    said = set(listed)
    if listed[0] in ("DROP", "ALTER", "CREATE", "RENAME") and listed[1:2] in (["ROLE"], ["USER"], ["GROUP"]):
        return Effect.REVOKES_ACCESS, "changes who may connect"
    if listed[0] == "ALTER" and "DROP" in said:
        return Effect.DESTROYS_DATA, "drops columns, partitions or constraints"
    if listed[0] == "ALTER" and "SYSTEM" in listed[1:2]:
        return Effect.CHANGES_SCHEMA, "changes the server's configuration"
    if listed[0] == "VACUUM" and "FULL" in said:
        return Effect.BLOCKS_OTHERS, "rewrites tables under a lock"
    if listed[0] == "LOAD" and "REPLACE" in said:
        return Effect.DESTROYS_ROWS, "loads data over rows that are there"
    if listed[0] == "SET" and "PASSWORD" in said:
        return Effect.REVOKES_ACCESS, "changes a password"
    return effect, reason


def _named(group: Sequence[Token], first: str) -> tuple[Target, ...]:
    if first not in ("TRUNCATE", "DROP", "ALTER", "REPLACE", "LOCK"):
        return ()
    kinds = {"TABLE", "VIEW", "INDEX", "SCHEMA", "DATABASE", "MATERIALIZED", "SEQUENCE"}
    at = 2 if len(group) > 1 and group[1].text in kinds else 1
    return _table(group[at - 1 :])


def _hidden_changes(group: Sequence[Token], first: str, language: Language) -> list[Claim]:
    """Changes inside a code block, and in what CREATE ... AS runs."""
    if first == "CREATE" and "AS" in _words(group):
        return _serious_calls(group, language)
    if first != "DO":
        return []
    found: list[Claim] = []
    for token in group:
        if token.kind == STRING:
            body = list(tokens(unquoted(token), language))
            found += _row_changes(body, language)
            found += [
                claim(language, word.lower(), *words.STARTS[word])
                for word in ("TRUNCATE", "DROP", "GRANT", "REVOKE")
                if word in _words(body)
            ]
    return found
