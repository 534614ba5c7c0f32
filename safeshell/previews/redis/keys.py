"""DEL, UNLINK, RENAME, EXPIRE, SET and their like: type, size, expiry and memory of the exact keys.

What must not live here: whole databases (flush).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from collections.abc import Set as AbstractSet

from safeshell.languages.redis.keyspecs import CHANGED, database_of, keys_of
from safeshell.model.errors import PreviewError
from safeshell.model.judgement import Exactness, Preview, Reversibility
from safeshell.previews.redis.sampling import Sampled, describe, group_lines
from safeshell.previews.redis.server import Server, number_of
from safeshell.previews.telling import count, listing, sentences, size, span
from safeshell.protocols.resp.values import Value

_MOST = 1000
"""Keys that are looked at one by one."""
_LISTED = 6
_COUNTERS = {
    "list": (b"LLEN", "element"),
    "set": (b"SCARD", "member"),
    "zset": (b"ZCARD", "member"),
    "hash": (b"HLEN", "field"),
    "stream": (b"XLEN", "entry"),
    "string": (b"STRLEN", "byte"),
}


def changed(server: Server, name: str, words: Sequence[bytes]) -> list[bytes] | None:
    """The keys of which something would go, after the server's own account, else after our table; None: unknown."""
    return _picked(server, name, words, _changes, CHANGED)


def written(server: Server, name: str, words: Sequence[bytes]) -> list[bytes] | None:
    """The keys that it writes at all, also those that it only adds to: what a kit has to keep."""
    return _picked(server, name, words, _writes, CHANGED | {"i"})


def at_its_database(server: Server, name: str, words: Sequence[bytes], own: int) -> int:
    """Look where the keys are (COPY ... DB 2) from now on; the number. Raises PreviewError."""
    found = database_of(name, [word.decode("latin-1") for word in words], own)
    if found is None:
        raise PreviewError("the database that it names is no number")
    if found != own:
        server.select(found)
    return found


def _picked(
    server: Server,
    name: str,
    words: Sequence[bytes],
    wanted: Callable[[Sequence[Value]], bool],
    accesses: AbstractSet[str],
) -> list[bytes] | None:
    told = server.call(b"COMMAND", b"GETKEYSANDFLAGS", *words)
    if isinstance(told, list):
        pairs = [pair for pair in told if isinstance(pair, list) and len(pair) == 2]  # noqa: PLR2004 - key and flags
        return [key for key, flags in pairs if isinstance(key, bytes) and isinstance(flags, list) and wanted(flags)]
    found = keys_of(name, [word.decode("latin-1") for word in words])
    return None if found is None else [words[key.index] for key in found if key.access in accesses]


def _changes(told: Sequence[Value]) -> bool:
    """The server's flags of a key: OW, RM, delete, or RW with update."""
    flags = {flag for flag in told if isinstance(flag, bytes)}
    return bool(flags & {b"OW", b"RM", b"delete"} or (b"RW" in flags and b"update" in flags))


def _writes(told: Sequence[Value]) -> bool:
    return b"RO" not in told


def look(server: Server, name: str, words: Sequence[bytes], undo_bytes: int, database: int = 0) -> Preview:
    """What the keys hold now; `database` is the connection's own."""
    at_its_database(server, name, words, database)
    names = changed(server, name, words)
    if names is None:
        return Preview("", caveats=("which keys this changes is only known when it runs",))
    names = list(dict.fromkeys(names))
    keys = describe(server, names[:_MOST])
    memory = sum(key.memory or 0 for key in keys)
    missing = min(len(names), _MOST) - len(keys)
    lines = _lines(server, keys) if len(keys) <= _LISTED else group_lines(keys)
    exact = len(names) <= _MOST
    alone = exact and len(keys) == 1  # its line says everything; twice would be noise
    total = sentences(_what(keys, names, exact=exact), size(memory) if memory else "")
    return Preview(
        summary=lines.pop() if alone else total,
        affected=len(keys),
        unit="keys",
        exactness=Exactness.EXACT if exact else Exactness.AT_LEAST,
        sample=tuple(lines),
        reversibility=Reversibility.UNDO_KIT if exact and memory <= undo_bytes else Reversibility.IRREVERSIBLE,
        caveats=(f"{missing:,} of the names {'is' if missing == 1 else 'are'} no key",) if missing and keys else (),
    )


def _what(keys: Sequence[Sampled], names: Sequence[bytes], *, exact: bool) -> str:
    if not exact:
        return f"{len(names):,} keys; of the first {_MOST:,}, {len(keys):,} exist"
    if not keys:
        return f"{listing([name.decode('utf-8', 'backslashreplace') for name in names])}: no such key"
    return f"{count(len(keys), 'key')}"


def _lines(server: Server, keys: Sequence[Sampled]) -> list[str]:
    """`cart:1: hash, 12 fields, expires in 3 hours, 1.2 KiB`."""
    asked = [(_COUNTERS[key.type][0], key.raw) for key in keys if key.type in _COUNTERS]
    answers = iter(server.many(asked) if asked else [])
    lines = []
    for key in keys:
        held = ""
        if key.type in _COUNTERS:
            number = number_of(next(answers))
            noun = _COUNTERS[key.type][1]
            held = count(number, noun, "entries" if noun == "entry" else "") if number is not None else ""
        memory = size(key.memory) if key.memory is not None else ""
        lines.append(f"{key.name}: {sentences(key.type, held, _expiry(key), memory)}")
    return lines


def _expiry(key: Sampled) -> str:
    return "no expiry" if key.ttl is None else f"expires in {span(key.ttl)}"
