"""Secrets that are known by the program or command that takes them: `mysql -pX`, `redis-cli -a X`, AUTH X. Pure.

Programs are rows of data. The same rows serve text and argument lists. This covers words of a kept
text; it decides nothing about what would run. What must not live here: names and shapes.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

from safeshell.model.values import dataclass
from safeshell.records.secret_names import takes_next_word

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from safeshell.records.extents import Extents

Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Row:
    """How a family of programs takes secrets.

    `glued` are letters of options whose value is in the same word (`-pX`), `flags` the letters that
    may stand before them in a cluster. `spaced` are options whose next word is secret. `pairs` are
    options whose value is `user:secret`, split at one of `split`. `needs` is a word that must stand before.
    """

    programs: tuple[str, ...]
    glued: str = ""
    flags: str = ""
    spaced: tuple[str, ...] = ()
    pairs: tuple[str, ...] = ()
    split: str = ":"
    needs: str = ""


_MYSQL = ("mysql", "mariadb")
_MYSQL_TOOLS = ("admin", "dump", "import", "show", "check", "pump", "slap", "binlog", "sh", "_upgrade")

ROWS: tuple[Row, ...] = (
    Row(
        (
            *(*_MYSQL, *(f"mysql{tool}" for tool in _MYSQL_TOOLS), *(f"mariadb-{tool}" for tool in _MYSQL_TOOLS)),
            *("mycli", "xtrabackup", "mariabackup", "pt-query-digest", "gh-ost"),
        ),
        glued="p",
        flags="ABbCEfGHijLNnoqrsTtUVvWwX",
    ),
    Row(("mydumper", "myloader", "sshpass", "cqlsh", "influx", "rabbitmqadmin", "arangosh"), "p", spaced=("-p",)),
    Row(("mongo", "mongosh", "mongodump", "mongorestore", "mongoexport", "mongoimport"), "p", spaced=("-p",)),
    Row(("redis-cli", "valkey-cli", "keydb-cli", "redis-benchmark", "iredis"), spaced=("-a",)),
    Row(("curl", "wget"), pairs=("-u", "--user", "-U", "--proxy-user", "-E", "--cert")),
    Row(("curl",), pairs=("-b",), split="="),
    Row(("http", "https", "xh"), pairs=("-a", "--auth")),
    Row(("docker", "podman", "buildah", "skopeo", "nerdctl", "helm", "az", "oc"), "p", spaced=("-p",), needs="login"),
    Row(("ldapsearch", "ldapmodify", "ldapadd", "ldapdelete", "ldappasswd", "ldapwhoami"), "w", spaced=("-w", "-s")),
    Row(("smbclient", "rpcclient", "net"), pairs=("-U", "--user"), split="%"),
    Row(("sqlcmd", "bcp", "osql", "ipmitool", "isql"), "P", spaced=("-P",)),
    Row(("snmpget", "snmpwalk", "snmpset", "snmpbulkwalk"), spaced=("-A", "-X", "-c")),
    Row(("lftp",), pairs=("-u",), split=","),
    Row(("zip", "unzip"), "P", spaced=("-P",)),
    Row(("7z", "7za", "7zr", "rar", "unrar"), "p"),
    Row(("openssl",), spaced=("-k", "-K")),
    Row(("useradd", "usermod"), spaced=("-p",)),
)
_BY_PROGRAM = {
    program: tuple(row for row in ROWS if program in row.programs) for known in ROWS for program in known.programs
}
_REDIS = ("auth", "auth2", "setuser", "requirepass", "masterauth")
_PROTECTED_USERS = "><#!"


def worded_secrets(extents: Extents) -> Iterator[Span]:
    """The spans of all secrets in a text that are known by the program or Redis command before them."""
    text, position = extents.text, 0
    while match := _anchor().search(text, position):
        words: list[Span] = [match.span()]
        position = match.end()
        while position < len(text):
            blank = _blanks().match(text, position)
            if not blank:
                break
            position = blank.end()
            end = extents.word_end(position, ";|&")
            if end == position:
                break
            words.append((position, end))
            position = end
        line = _line_words(text, match.start())
        yield from _spans(text, words, first=bool(line))
        position = max(position, match.end())
        if extents.exhausted():
            yield match.start(), len(text)
            return


def worded_parts(words: Sequence[str]) -> dict[int, int]:
    """Of an argument list: word index -> how many of its first characters may stay."""
    kept: dict[int, int] = {}
    rows: list[Row] = []
    seen: set[str] = set()
    for index, word in enumerate(words):
        rows += [row for row in _BY_PROGRAM.get(word.rpartition("/")[2], ()) if row not in rows]
        following = words[index + 1] if index + 1 < len(words) else None
        if following is not None and not following.startswith("-") and takes_next_word(word):
            kept[index + 1] = 0
        for known in rows:
            if not known.needs or known.needs in seen:
                kept.update(_by_row(known, index, word, following))
        seen.add(word)
    return kept | _redis_parts(words, anywhere=bool(rows))


def _by_row(row: Row, index: int, word: str, following: str | None) -> dict[int, int]:
    if following is not None and word in row.spaced:
        return {index + 1: 0}
    if following is not None and word in row.pairs:
        return _after(row.split, index + 1, following, 0)
    if row.glued and (match := _glued(row.glued, row.flags).match(word)):
        return {index: match.end()}
    for option in row.pairs:
        begin = f"{option}=" if option.startswith("--") else option
        if word.startswith(begin) and word != option:
            return _after(row.split, index, word, len(begin))
    return {}


def _after(split: str, index: int, word: str, start: int) -> dict[int, int]:
    """Cover what stands behind the first of the `split` characters."""
    places = [place for mark in split if (place := word.find(mark, start)) >= 0]
    return {index: min(places) + 1} if places else {}


def _redis_parts(words: Sequence[str], *, anywhere: bool) -> dict[int, int]:
    """AUTH [user] X, HELLO 3 AUTH user X, CONFIG SET requirepass X, ACL SETUSER u >X."""
    kept: dict[int, int] = {}
    users = -1
    lowered = [word.lower().strip("\"'") for word in words]
    for index, word in enumerate(lowered):
        if word in ("auth", "auth2") and (
            anywhere or index == 0 or {"hello", "migrate"} & set(lowered[: min(index, 8)])
        ):
            kept.update(dict.fromkeys(range(index + 1, min(index + 3, len(words))), 0))
        elif word in ("requirepass", "masterauth") and index + 1 < len(words):
            kept[index + 1] = 0
        elif word == "setuser":
            users = index if users < 0 else users
    for place in range(users + 2, len(words)) if users >= 0 else ():
        bare = words[place].lstrip("\"'\\")
        if bare[:1] in _MARKS:
            kept[place] = len(words[place]) - len(bare) + 1
    return kept


_MARKS = frozenset(_PROTECTED_USERS)


def _spans(text: str, words: Sequence[Span], *, first: bool) -> Iterator[Span]:
    """Apply the rows to words of a text; quotes around a word are looked through."""
    raw = [text[start:end] for start, end in words]
    bare = [word.lstrip("\"'") for word in raw]
    if raw[0].lower() in ("auth", "auth2") and not first:
        return
    for index, keep in worded_parts([word.rstrip("\"'") or word for word in bare]).items():
        start, end = words[index]
        start += len(raw[index]) - len(bare[index]) + keep
        while end > start and text[end - 1] in "\"'":
            end -= 1
        if start < end and text[start] in "\"'" and text.startswith(text[start], end):
            start += 1
        if start < end and text[start:end] != "[redacted]":
            yield start, end


def _line_words(text: str, start: int) -> str:
    """Why an AUTH at `start` is the Redis command: it begins a line, a quoted text, or follows HELLO or MIGRATE."""
    before = text[max(0, start - 160) : start]
    if start <= len(before) and not before.strip("\"' \t"):
        return "begins"
    match = _introduced().search(before)
    return match[0] if match else ""


@cache
def _anchor() -> re.Pattern[str]:
    names = "|".join(sorted(map(re.escape, _BY_PROGRAM), key=len, reverse=True))
    return re.compile(rf"(?<![\w.-])(?:{names}|(?i:{'|'.join(_REDIS)}))(?![\w.-])")


@cache
def triggers() -> tuple[str, ...]:
    """A lower-case text without any of these holds nothing for this file."""
    return tuple({min((name for name in _BY_PROGRAM if name in other), key=len) for other in _BY_PROGRAM} | set(_REDIS))


@cache
def _blanks() -> re.Pattern[str]:
    return re.compile(r"(?:[ \t]|\\\r?\n)++")


@cache
def _glued(letters: str, flags: str) -> re.Pattern[str]:
    return re.compile(rf"-[{flags}]*?[{letters}](?=[^\s])" if flags else rf"-[{letters}](?=[^\s])")


@cache
def _introduced() -> re.Pattern[str]:
    return re.compile(r"(?:\n|\\n|[\"'`(]|[|;&]|\bhello\s+\d\s+|\bmigrate\s[^\n]{0,120})[\"' \t]*$", re.IGNORECASE)
