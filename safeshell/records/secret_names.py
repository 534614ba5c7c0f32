"""Secrets that are known by their name: assignments, options, JSON and YAML keys, headers, SQL words. Pure.

`password=x`, `--password x`, `"token": "x"`, `X-Api-Key: x`, `PASSWORD 'x'`, `set -x PGPASSWORD x`.
Finding one gives the span of the value; how far values reach is the business of extents.py.
What must not live here: secrets known by their shape or by the program that takes them.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from safeshell.records.extents import Extents

Span = tuple[int, int]

_KEYS = ("api", "access", "private", "secret", "signing", "encryption", "master", "account", "shared", "auth")

TRIGGERS = (
    *("pass", "pwd", "secret", "token", "credential", "auth", "bearer", "cookie", "signature"),
    *("_key", "-key", ".key"),
    *{f"{kind[-2:]}key" for kind in _KEYS},
)
"""A lower-case text without any of these holds no secret name."""

_WORDS = (
    rf"(?:{'|'.join(_KEYS)})[_.-]?keys?(?![a-z])|"
    r"passw(?:or)?d|passphrase|passcode|pass(?![a-z])|pwd|secret|token(?!i[sz])|credential|signature|bearer|cookie"
    r"|(?<![a-z])o?auth(?![a-z])|authorization|requirepass|masterauth"
)
_NOT_SECRET = frozenset({"pwd", "oldpwd", "ssh_auth_sock"})
_FLAGS = re.compile(r"(?:^|[-_])(?:no|ask|prompt|stdin)(?:[-_]|$)")
_NOTHING = frozenset({"", "null", "none", "nil", "true", "false", "yes", "no", "[redacted]"})
_BARE_VALUE = frozenset({"requirepass", "masterauth"})
_HEADERS = frozenset({"authorization", "proxy-authorization", "cookie", "set-cookie"})
_SHELL_STOPS = ";|&<>()"


def is_secret_name(name: str) -> bool:
    """Whether a key, option or variable of this name holds a secret."""
    bare = name.strip("-").lower()
    return bare not in _NOT_SECRET and bool(_words().search(bare))


def takes_next_word(option: str) -> bool:
    """Whether the word after this option (`--password`, not `--password-stdin`) is a secret."""
    return option.startswith("-") and "=" not in option and is_secret_name(option) and not _FLAGS.search(option[1:])


def named_secrets(extents: Extents) -> Iterator[Span]:
    """The spans of all values whose name says that they are secret."""
    text, position = extents.text, 0
    while match := _name().search(text, position):
        position = match.end()
        if extents.exhausted():
            yield match.start(), len(text)
            return
        if match[0].strip("-").lower() in _NOT_SECRET:
            continue
        span = _value(extents, match.start(), match.end())
        if span and not _harmless(text, span):
            yield span
            position = max(position, span[1])


def _value(extents: Extents, start: int, end: int) -> Span | None:
    name = extents.text[start:end]
    if match := _separator().match(extents.text, end):
        return _assigned(extents, start, name, match)
    if extents.text[start - 1 : start] == "<" and extents.text.startswith(">", end):
        closing = extents.closing("</", end)
        return end + 1, closing if closing >= 0 else len(extents.text)
    if name.startswith("-"):
        return _next_word(extents, end) if takes_next_word(name) else None
    return _spoken(extents, start, end, name.lower())


def _assigned(extents: Extents, start: int, name: str, match: re.Match[str]) -> Span | None:
    """The value behind `=`, `:` or `=>`."""
    text, at = extents.text, match.end()
    quoted_key, equals = bool(match["key"]), match["sep"].endswith("=")
    if equals and match["after"] and not match["gap"] and not quoted_key:
        return None  # `PASSWORD= command` is an empty value
    before = "" if quoted_key else extents.quote_before(start)
    if before and text.startswith(before, at):
        at += len(before)  # 'password='x: the quotes end before the value begins
        before = ""
    header = not equals and (name.lower() in _HEADERS or name.lower().startswith("x-"))
    if literal := extents.literal(at):
        return literal
    if header:
        return _header(extents, at, before)
    if before and (enclosed := _enclosed(extents, start - len(before), before, at)):
        return enclosed
    if not equals and not quoted_key and name.lower().endswith("auth") and _port().match(text, at):
        return None
    if not equals and not quoted_key and _begins_line(text, start):
        return at, extents.line_end(at)
    return at, extents.word_end(at, _stops(extents, at, equals=equals, gap=bool(match["gap"])))


def _stops(extents: Extents, at: int, *, equals: bool, gap: bool) -> str:
    if not equals:
        return ",}"
    if extents.region_end(at) >= 0:
        return ";"
    return "" if gap else _SHELL_STOPS


def _header(extents: Extents, at: int, before: str) -> Span:
    """The value of a header: to the end of its quotes or its line; the scheme stays readable."""
    closing = extents.closing(before, at) if before else extents.region_end(at)
    end = extents.line_end(at) if closing < 0 else min(closing, extents.line_end(at))
    if not before and not extents.text[at - 1].isspace():
        end = min(end, extents.word_end(at, _SHELL_STOPS))
    scheme = _scheme().match(extents.text, at, end)
    return (scheme.end() if scheme else at), end


def _enclosed(extents: Extents, opened: int, quote: str, at: int) -> Span | None:
    """The value of `'NAME=two words'`: to the closing quote, unless the quotes hold a whole command."""
    if _script_before().search(extents.text[max(0, opened - 12) : opened]):
        return None
    end = extents.closing(quote, at)
    if end < 0:
        return None
    if _next_option().search(extents.text, at, end):
        return None
    cut = _next_field().search(extents.text, at, end)
    return at, cut.start() if cut else end


def _next_word(extents: Extents, end: int) -> Span | None:
    """The value of `--password VALUE`."""
    match = _gap().match(extents.text, end)
    if not match or extents.text.startswith("-", match.end()):
        return None
    at = match.end()
    return extents.literal(at) or (at, extents.word_end(at, _SHELL_STOPS))


def _spoken(extents: Extents, start: int, end: int, name: str) -> Span | None:
    """`PASSWORD 'x'` of SQL, `requirepass x` of Redis, `login u password x` of netrc, `set NAME x`."""
    match = _gap().match(extents.text, end)
    if not match:
        return None
    at = match.end()
    literal = extents.literal(at)
    if literal and not match["key"]:
        return literal
    introduced = _introduced().search(extents.text[max(0, start - 80) : start])
    if name in _BARE_VALUE or (introduced and not _preposition().match(extents.text, at)):
        return literal or (at, extents.word_end(at, _SHELL_STOPS))
    return None


def _begins_line(text: str, start: int) -> bool:
    before = text[max(0, start - 64) : start]
    line = before.rpartition("\n")[2]
    return ("\n" in before or start <= len(before)) and not line.strip(" \t-")


def _harmless(text: str, span: Span) -> bool:
    """Nothing there, or only the name of a variable."""
    value = text[span[0] : min(span[1], span[0] + 80)].strip("\"'\\ \t\r")
    return value.lower() in _NOTHING or bool(_reference().fullmatch(value))


@cache
def _words() -> re.Pattern[str]:
    return re.compile(_WORDS, re.IGNORECASE)


@cache
def _name() -> re.Pattern[str]:
    return re.compile(rf"(?<![\w.-])[\w.-]*?(?:{_WORDS})[\w.-]*+", re.IGNORECASE)


@cache
def _separator() -> re.Pattern[str]:
    return re.compile(
        r"""\]?(?P<key>\\{0,8}["'`])?(?P<gap>[ \t]{0,16})(?P<sep>=>|:=|\+?==?|:(?!:|//))(?P<after>[ \t]{0,64})"""
    )


@cache
def _gap() -> re.Pattern[str]:
    return re.compile(r"""(?P<key>\\{0,8}["'`])?,?[ \t\r\n]{1,64}""")


@cache
def _scheme() -> re.Pattern[str]:
    return re.compile(r"(?:Bearer|Basic|Digest|Token|Negotiate|ApiKey|AWS4-HMAC-SHA256)[ \t]+", re.IGNORECASE)


@cache
def _script_before() -> re.Pattern[str]:
    return re.compile(r"(?:\s-\w*c|\beval)\s*$")


@cache
def _next_field() -> re.Pattern[str]:
    return re.compile(r"\s(?=[A-Za-z_]\w{0,64}=)|&(?=[\w.%\[\]-]{1,64}=)")


@cache
def _next_option() -> re.Pattern[str]:
    return re.compile(r"\s--?[A-Za-z]")


@cache
def _port() -> re.Pattern[str]:
    return re.compile(r"\d{2,5}(?!\w)")


@cache
def _preposition() -> re.Pattern[str]:
    return re.compile(r"(?:for|to|on|is|in)\s", re.IGNORECASE)


@cache
def _introduced() -> re.Pattern[str]:
    return re.compile(r"(?:\bset(?:env)?\s+(?:-\w+\s+)*|\blogin\s+\S+\s+)[\"']?$", re.IGNORECASE)


@cache
def _reference() -> re.Pattern[str]:
    return re.compile(r"\$\{?[A-Za-z_]\w*\}?")
