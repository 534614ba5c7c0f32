"""Secrets that are known by their shape: tokens of well-known services, key blocks, URLs, SQL clauses. Pure.

A shape is a row: what must occur in the lower-case text for it to be looked for, and a pattern whose
group `secret` is covered. Patterns are linear: no two repetitions share characters.
What must not live here: secrets known by a name or by the program that takes them.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

from safeshell.records.extents import Extents, occurs

if TYPE_CHECKING:
    from collections.abc import Iterator

Span = tuple[int, int]

_TOKENS = (
    (("akia", "asia"), r"(?<![A-Za-z0-9])(?P<secret>(?:AKIA|ASIA)[0-9A-Z]{16})(?![A-Za-z0-9])"),
    (("ghp_", "gho_", "ghu_", "ghs_", "ghr_"), r"(?P<secret>gh[pousr]_[A-Za-z0-9]{16,255}+)"),
    (("github_pat_",), r"(?P<secret>github_pat_[A-Za-z0-9_]{20,255}+)"),
    (("glpat-",), r"(?P<secret>glpat-[\w-]{16,255}+)"),
    (("xox", "xapp-"), r"(?P<secret>(?:xox[a-z]|xapp)-[\w-]{8,255}+)"),
    (("sk-", "sk_", "rk_"), r"(?<![A-Za-z0-9])(?P<secret>(?:sk-|[sr]k_(?:live|test)_)[\w-]{16,255}+)"),
    (("aiza",), r"(?P<secret>AIza[\w-]{30,60}+)"),
    (("ya29.",), r"(?P<secret>ya29\.[\w.-]{16,1024}+)"),
    (("npm_",), r"(?P<secret>npm_[A-Za-z0-9]{30,60}+)"),
    (("pypi-",), r"(?P<secret>pypi-[\w-]{32,1024}+)"),
    (("hvs.", "hvb."), r"(?P<secret>hv[sb]\.[\w-]{16,1024}+)"),
    (("dop_v1_",), r"(?P<secret>dop_v1_[0-9a-f]{32,128}+)"),
    (("sg.",), r"(?P<secret>SG\.[\w-]{16,64}+\.[\w-]{16,128}+)"),
    (("age-secret-key",), r"(?i)(?P<secret>AGE-SECRET-KEY-1[0-9A-Z]{20,128}+)"),
    (("eyj",), r"(?<![\w-])(?P<secret>eyJ[\w-]{6,}+\.[\w-]{4,}+(?:\.[\w-]*+){0,3})"),
    (("hooks.slack",), r"hooks\.slack\.com/(?P<secret>[\w/-]{8,255}+)"),
    (("bearer",), r"(?i)(?<!\w)Bearer[ \t]{1,8}(?P<secret>(?!\[redacted)[\w.~+/=-]{8,}+)"),
    (
        ("private key",),
        r"(?s)-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----(?P<secret>(?:[^-]|-(?!----END ))*+)",
    ),
)
_SQL = (
    ("identified",),
    r"(?i)\bidentified\s{1,8}(?:with\s{1,8}[^\s]{1,64}\s{1,8})?(?:by|as|using)\s{1,8}(?:password\s{1,8})?",
)
_SQL_CALL = (("password",), r"(?i)\bpassword\s{0,8}\(\s{0,8}")
_SINK_TRIGGERS = ("sudo", "stdin", "chpasswd")
_SINK = r"(?:\bsudo\s{1,8}(?:[^\s|;]{1,32}\s{1,8}){0,8}?-\w{0,8}S\b|--?(?:password-)?stdin\b|\bchpasswd\b)"
_PIPED = rf"\|[^|\n]{{0,256}}{_SINK}"
_HERE_STRING = rf"{_SINK}[^|;\n<]{{0,256}}<<<[ \t]{{0,8}}"
_SAYS = r"(?<![\w.-])(?:echo|printf)(?:[ \t]+-[neE]+)?[ \t]+(?=\S)"
_PGPASS = (
    (":5432:", ":*:", ":6432:"),
    r"(?m)^[^:\s]{1,255}:(?:\d{1,5}|\*):[^:\s]{1,128}:[^:\s]{1,128}:(?P<secret>[^\s'\"]++)",
)

SHAPE_TRIGGERS: tuple[str, ...] = (
    *(trigger for triggers, _ in (*_TOKENS, _PGPASS, _SQL) for trigger in triggers),
    "://",
    "password",
    *_SINK_TRIGGERS,
)
"""A lower-case text without any of these holds nothing for this file."""


def shaped_secrets(extents: Extents, lowered: str) -> Iterator[Span]:
    """The spans of all secrets that are known by their shape. `lowered` is the text in lower case."""
    for triggers, pattern in (*_TOKENS, _PGPASS):
        if occurs(triggers, lowered):
            for match in _compiled(pattern).finditer(extents.text):
                yield match.span("secret")
    for triggers, pattern in (_SQL, _SQL_CALL):
        if occurs(triggers, lowered):
            yield from _literals(extents, _compiled(pattern))
    if occurs(_SINK_TRIGGERS, lowered):
        yield from _standard_input(extents)
    if "://" in lowered:
        yield from _userinfo(extents.text)


def _literals(extents: Extents, introduction: re.Pattern[str]) -> Iterator[Span]:
    """The quoted literal behind each introduction."""
    for match in introduction.finditer(extents.text):
        if extents.exhausted():
            yield match.start(), len(extents.text)
            return
        if literal := extents.literal(match.end()):
            yield literal


def _standard_input(extents: Extents) -> Iterator[Span]:
    """What `echo SECRET | sudo -S`, `printf ... | docker login --password-stdin`, `chpasswd <<< x` are fed."""
    text, floor = extents.text, 0
    for match in _compiled(_PIPED).finditer(text):
        begin = max(text.rfind(mark, floor, match.start()) for mark in "|\n")
        said = [found.end() for found in _compiled(_SAYS).finditer(text, max(begin, floor), match.start())]
        if said:
            yield said[-1], _trimmed(text, said[-1], match.start())
        floor = match.start()
    for match in _compiled(_HERE_STRING).finditer(text):
        if extents.exhausted():
            yield match.start(), len(text)
            return
        yield extents.literal(match.end()) or (match.end(), extents.word_end(match.end(), ";|&<>()"))


def _trimmed(text: str, start: int, end: int) -> int:
    """`end` without the blanks before it."""
    return start + len(text[start:end].rstrip(" \t"))


def _userinfo(text: str) -> Iterator[Span]:
    """Passwords of URLs, `scheme://user:HERE@host`, and long user names that are tokens, `https://HERE@host`.

    A run without blanks is cut at each `://`, so every character is looked at once. A password may
    hold a `/` (wrong, but seen), unless what stands before it is a port.
    """
    for run in _compiled(r"[^\s\"'`<>]{0,32}://[^\s\"'`]++").finditer(text):
        position = text.find("://", run.start(), run.end())
        while position >= 0:
            begin = position + 3
            position = text.find("://", begin, run.end())
            end = run.end() if position < 0 else position
            at = text.rfind("@", begin, end)
            colon = text.find(":", begin, at) if at >= 0 else -1
            slash = text.find("/", begin, colon) if colon >= 0 else -1
            if slash >= 0:
                continue  # a path that holds both marks, no password
            if colon >= 0 and not _compiled(r"\d{1,5}(?:/|$)").match(text, colon + 1, at):
                yield colon + 1, at
            elif colon < 0 and at - begin >= 20 and "/" not in text[begin:at]:  # noqa: PLR2004 - longer than names are
                yield begin, at


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)
