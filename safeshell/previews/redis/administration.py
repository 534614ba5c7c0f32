"""SHUTDOWN, REPLICAOF, CONFIG SET, CLIENT KILL, CLUSTER and their like: the consequence, in the server's own numbers.

What must not live here: keys (keys), databases (flush).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from safeshell.languages.redis.settings import SECRETS
from safeshell.model.judgement import Exactness, Preview, Reversibility
from safeshell.previews.redis.server import Info, Server, error_of, info_of, text_of
from safeshell.previews.telling import ago, count, sentences, size

Words = Sequence[bytes]
_FILTERS = ("ID", "ADDR", "LADDR", "USER", "TYPE", "SKIPME", "MAXAGE", "NAME", "LIB-NAME", "LIB-VER", "DB")
_LISTED = 6


def look(server: Server, name: str, words: Words) -> Preview:
    """One sentence of consequence, and the lines behind it."""
    info = info_of(server.call(b"INFO"))
    teller = _TELLERS.get(name) or _TELLERS.get(name.partition("|")[0]) or _plain
    return teller(server, info, words)


def _told(summary: str, lines: Sequence[str] = (), caveats: Sequence[str] = ()) -> Preview:
    return Preview(
        summary,
        exactness=Exactness.EXACT if summary else Exactness.UNKNOWN,
        sample=tuple(lines),
        reversibility=Reversibility.UNKNOWN,
        caveats=tuple(caveats),
    )


def _served(info: Info) -> str:
    """Who is on it now."""
    speed = f"{info.number('instantaneous_ops_per_sec'):,} commands a second"
    replicas = count(info.number("connected_slaves"), "replica") if info.number("connected_slaves") else ""
    return sentences(info.company, speed, replicas)


def _plain(_server: Server, info: Info, _words: Words) -> Preview:
    return _told(sentences(_served(info), count(info.keys, "key")))


def _shutdown(_server: Server, info: Info, words: Words) -> Preview:
    saves = not any(word.upper() == b"NOSAVE" for word in words[1:])
    changes = info.number("rdb_changes_since_last_save")
    saved = info.number("rdb_last_save_time")
    kept = [f"last save {ago(time.time() - saved)}, {count(changes, 'change')} since"] if saved else []
    caveats = [] if saves or not changes else [f"NOSAVE throws {count(changes, 'change')} away"]
    if not info.number("aof_enabled") and not saves:
        caveats.append("there is no append-only file to come back from")
    if info.number("connected_slaves") == 0:
        caveats.append("no replica takes over")
    return _told(sentences("nobody is served any more", _served(info), count(info.keys, "key")), kept, caveats)


def _replicaof(_server: Server, info: Info, words: Words) -> Preview:
    if [word.upper() for word in words[1:3]] == [b"NO", b"ONE"]:
        if info.fields.get("role") != "slave":
            return _told("it is a primary already: nothing changes")
        primary = f"{info.fields.get('master_host', '?')}:{info.fields.get('master_port', '?')}"
        return _told(f"it stops following {primary} and takes writes of its own", [_served(info)])
    primary = b":".join(words[1:3]).decode("utf-8", "replace")
    return _told(
        f"its own {count(info.keys, 'key')} are thrown away for those of {primary}",
        [_served(info)],
        ["nothing here brings them back"] if info.keys else [],
    )


def _config(server: Server, info: Info, words: Words) -> Preview:
    """Every parameter with what it is now."""
    lines = []
    for at in range(2, len(words) - 1, 2):
        name = words[at].decode("utf-8", "replace")
        hidden = name.lower() in SECRETS
        now = server.call(b"CONFIG", b"GET", words[at])
        value = now[1] if isinstance(now, list) and len(now) > 1 else None
        new = words[at + 1].decode("utf-8", "replace")
        lines.append(
            f"{name}: {'(hidden)' if hidden else text_of(value) or repr('')} -> {'(hidden)' if hidden else new or repr('')}"
        )
    caveats = _memory(info, words)
    caveats.append("CONFIG REWRITE would make it last; until then a restart takes it back")
    return _told(sentences(count(len(lines), "setting"), _served(info)), lines, caveats)


def _memory(info: Info, words: Words) -> list[str]:
    """A limit below what is used makes the server throw keys away, or refuse writes, at once."""
    for at in range(2, len(words) - 1, 2):
        wanted = _bytes(words[at + 1]) if words[at].lower() == b"maxmemory" else None
        used = info.number("used_memory")
        if wanted and wanted < used:
            policy = info.fields.get("maxmemory_policy", "noeviction")
            what = "refuses writes" if policy == "noeviction" else f"throws keys away ({policy})"
            return [f"{size(used)} are used: with {size(wanted)} it {what} at once"]
    return []


def _bytes(text: bytes) -> int | None:
    """`100mb` as the server reads it."""
    units = {b"kb": 1024, b"k": 1000, b"mb": 1024**2, b"m": 1000**2, b"gb": 1024**3, b"g": 1000**3, b"b": 1}
    lower = text.lower()
    for unit, factor in units.items():
        if lower.endswith(unit) and lower[: -len(unit)].isdigit():
            return int(lower[: -len(unit)]) * factor
    return int(lower) if lower.isdigit() else None


def _kill(server: Server, _info: Info, words: Words) -> Preview:
    """Whom it hits: the list of clients, filtered as the command says."""
    listed = server.call(b"CLIENT", b"LIST")
    if error_of(listed):
        return _told("", caveats=[f"the clients cannot be listed: {error_of(listed)}"])
    clients = [_client(line) for line in text_of(listed).splitlines() if line]
    hit = [client for client in clients if _matches(client, words[2:])]
    lines = [_who(one) for one in hit]
    return Preview(
        f"{count(len(hit), 'connection')} of {len(clients)} are cut",
        affected=len(hit),
        unit="connections",
        exactness=Exactness.ESTIMATE,
        sample=tuple(lines[:_LISTED]),
        reversibility=Reversibility.IRREVERSIBLE,
    )


def _who(client: dict[str, str]) -> str:
    """`10.2.0.7:41234  worker  hgetall`: where from, its name, its last command where it sent any."""
    command = client.get("cmd", "").replace("NULL", "")
    parts = (client.get("addr", "?"), client.get("name") or client.get("lib-name", ""), command)
    return "  ".join(part for part in parts if part)


def _client(line: str) -> dict[str, str]:
    return dict(part.split("=", 1) for part in line.split(" ") if "=" in part)


def _matches(client: dict[str, str], words: Words) -> bool:
    """The filters of CLIENT KILL; the old form is one address."""
    texts = [word.decode("utf-8", "replace") for word in words]
    if len(texts) == 1:
        return client.get("addr") == texts[0]
    pairs = zip(texts[::2], texts[1::2], strict=False)
    return all(_fits(client, name.upper(), value) for name, value in pairs)


def _fits(client: dict[str, str], name: str, value: str) -> bool:
    if name == "MAXAGE":
        return int(client.get("age", "0")) >= (int(value) if value.isdigit() else 0)
    if name == "TYPE":
        return _type_of(client) == value.lower().replace("slave", "replica")
    if name == "SKIPME" or name not in _FILTERS:
        return True
    return client.get(name.lower()) == value


def _type_of(client: dict[str, str]) -> str:
    flags = client.get("flags", "")
    if "S" in flags:
        return "replica"
    if "M" in flags:
        return "master"
    return "pubsub" if client.get("sub", "0") != "0" or client.get("psub", "0") != "0" else "normal"


def _cluster(server: Server, info: Info, _words: Words) -> Preview:
    if not info.number("cluster_enabled"):
        return _told("cluster support is off here: the server will say so")
    state = _client(text_of(server.call(b"CLUSTER", b"INFO")).replace("\r\n", " ").replace(":", "="))
    parts = [
        f"{name.removeprefix('cluster_').replace('_', ' ')} {state[name]}" for name in _CLUSTER_FIELDS if name in state
    ]
    return _told(sentences(*parts, count(info.keys, "key") + " on this node"), [_served(info)])


_CLUSTER_FIELDS = ("cluster_state", "cluster_slots_ok", "cluster_known_nodes", "cluster_size")


def _pause(_server: Server, info: Info, words: Words) -> Preview:
    wait = words[2].decode("utf-8", "replace") if len(words) > 2 else "?"  # noqa: PLR2004 - CLIENT PAUSE ms
    return _told(sentences(f"everybody waits {wait} ms", _served(info)))


def _scripts(_server: Server, info: Info, _words: Words) -> Preview:
    cached = info.number("number_of_cached_scripts")
    functions = info.number("number_of_functions")
    return _told(sentences(count(cached, "cached script"), count(functions, "function"), _served(info)))


_TELLERS: dict[str, Callable[[Server, Info, Words], Preview]] = {
    "SHUTDOWN": _shutdown,
    "REPLICAOF": _replicaof,
    "SLAVEOF": _replicaof,
    "CONFIG|SET": _config,
    "CLIENT|KILL": _kill,
    "CLIENT|PAUSE": _pause,
    "CLUSTER": _cluster,
    "SCRIPT": _scripts,
    "FUNCTION": _scripts,
}
"""By command, else by its first word."""
