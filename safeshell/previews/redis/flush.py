"""FLUSHDB, FLUSHALL, SWAPDB: every database with its keys, what lives in the one that goes, who would feel it.

All databases are shown, so that a wrong number shows. What must not live here: single keys (keys).
"""

from __future__ import annotations

import time

from safeshell.model.judgement import Exactness, Preview, Reversibility
from safeshell.previews.redis.sampling import average, group_lines, sample
from safeshell.previews.redis.server import Info, Keyspace, Server, Traffic, look_twice
from safeshell.previews.telling import ago, count, sentences, size, span

_MOST_DATABASES = 8
_SMALL_SAMPLE = 50
_NO_KEYS = Keyspace(0, 0, 0.0)


def look(server: Server, name: str, words: tuple[bytes, ...], database: int) -> Preview:
    """What would be gone."""
    info, now = look_twice(server)
    if not info.fields:
        return Preview("", caveats=("the server does not tell INFO to this user",))
    gone = _gone(name, words, database, info)
    keys = sum(info.databases.get(number, _NO_KEYS).keys for number in gone)
    sampled = sample(server)
    lines = _databases(server, info, gone, database)
    lines += group_lines(sampled)
    lines += [_company(info), _kept(info)]
    return Preview(
        summary=sentences(_what(name, gone, keys, average(sampled)), _readers(now)),
        affected=keys,
        unit="keys",
        exactness=Exactness.EXACT,
        sample=tuple(line for line in lines if line),
        reversibility=Reversibility.REVERSIBLE if name == "SWAPDB" else Reversibility.IRREVERSIBLE,
        caveats=_caveats(name, info, now),
    )


def _gone(name: str, words: tuple[bytes, ...], database: int, info: Info) -> list[int]:
    if name == "FLUSHALL":
        return sorted(info.databases)
    if name == "SWAPDB":
        return [int(word) for word in words[1:3] if word.isdigit()]
    return [database]


def _what(name: str, gone: list[int], keys: int, each: float | None) -> str:
    where = "all databases" if name == "FLUSHALL" else " and ".join(f"db{number}" for number in gone)
    verb = "change places" if name == "SWAPDB" else "go"
    memory = f", about {size(int(each * keys))}" if each and keys else ""
    return f"{count(keys, 'key')} of {where} {verb}{memory}"


def _readers(now: Traffic) -> str:
    """`98.4 % of 12,000 reads a second would go to the database behind`."""
    if now.hits is None or now.reads < 1:
        return ""
    return f"{100 * now.hits:.1f} % of {now.reads:,.0f} reads a second would go to the database behind"


def _databases(server: Server, info: Info, gone: list[int], current: int) -> list[str]:
    """One line a database, with what becomes of it first: a narrow screen cuts the end."""
    lines = []
    numbers = sorted(set(info.databases) | set(gone))
    for number in numbers[:_MOST_DATABASES]:
        space = info.databases.get(number, _NO_KEYS)
        ttl = f" in about {span(space.ttl)}" if space.ttl else ""
        expiry = f"{space.expires:,} expire{ttl}" if space.expires else "none expires"
        memory = _memory(server, number, space.keys)
        mark = ("goes   " if number in gone else "stays  ") if len(gone) < len(numbers) else ""
        lines.append(f"{mark}db{number}: {count(space.keys, 'key')}{memory}; {expiry}")
    if len(numbers) > _MOST_DATABASES:
        lines.append(f"and {len(numbers) - _MOST_DATABASES} more databases")
    server.select(current)
    return lines


def _memory(server: Server, number: int, keys: int) -> str:
    """An estimate out of some keys; nothing tells the memory of one database."""
    if not keys or server.left() <= 0:
        return ""
    server.select(number)
    each = average(sample(server, _SMALL_SAMPLE))
    return f", about {size(int(each * keys))}" if each else ""


def _company(info: Info) -> str:
    """Who is connected."""
    followers = info.number("connected_slaves")
    replicas = f"{count(followers, 'replica')} would follow" if followers else "no replica"
    return sentences(info.company, replicas, f"{size(info.number('used_memory'))} used by the server")


def _kept(info: Info) -> str:
    """When the data set was saved last: can this be undone?"""
    saved = info.number("rdb_last_save_time")
    append_only = "AOF on" if info.number("aof_enabled") else "AOF off"
    if not saved:
        return append_only
    changes = info.number("rdb_changes_since_last_save")
    failed = "" if info.fields.get("rdb_last_bgsave_status", "ok") == "ok" else ", the last try failed"
    return f"last save {ago(time.time() - saved)}, {count(changes, 'change')} since{failed}; {append_only}"


def _caveats(name: str, info: Info, now: Traffic) -> tuple[str, ...]:
    found = []
    if info.fields.get("role") == "slave":
        found.append(
            "this is a replica: it takes the data of its primary again, and refuses writes where it is read-only"
        )
    if info.number("loading"):
        found.append("the server is still loading its data: the numbers grow")
    if info.number("aof_enabled") and name != "SWAPDB":
        found.append("the append-only file records the flush too, and forgets the keys at its next rewrite")
    if info.number("cluster_enabled"):
        found.append("this is one node of a cluster: the other nodes keep their keys")
    if now.reads < 1:
        found.append("nobody reads from it right now")
    return tuple(found)
