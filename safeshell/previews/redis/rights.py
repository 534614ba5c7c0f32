"""What the server itself lets this user do: read-only is the guard's doing, and where it is more than that, it is said.

Only asked, never changed: no user, no setting. What must not live here: judging.
"""

from __future__ import annotations

from safeshell.model.errors import PreviewError
from safeshell.previews.redis.server import Server, error_of, info_of, text_of
from safeshell.previews.telling import listing

_PROBES = (
    ("write", (b"SET", b"safeshell:probe", b"1")),
    ("flush", (b"FLUSHALL",)),
    ("administer", (b"CONFIG", b"SET", b"hz", b"10")),
)
"""Tried by ACL DRYRUN, which runs nothing."""


def rights(server: Server) -> str:
    """One line for a person: `read-only is the guard's own: user default may write, flush, administer`."""
    try:
        return f"{_node(server)}{_user(server)}"
    except PreviewError as fault:
        return f"what the server itself allows is not known: {fault}"


def _node(server: Server) -> str:
    """Whether the node takes writes at all."""
    info = info_of(server.call(b"INFO", b"replication"))
    if info.fields.get("role") != "slave":
        return ""
    primary = f"{info.fields.get('master_host', '?')}:{info.fields.get('master_port', '?')}"
    if info.fields.get("slave_read_only") == "1":
        return f"this node is a read-only replica of {primary}; "
    return f"this node is a replica of {primary} that takes writes, which are lost; "


def _user(server: Server) -> str:
    user = text_of(server.call(b"ACL", b"WHOAMI"))
    if not user:
        return "read-only is the guard's own: the server has no users, everybody may do everything"
    answers = server.many([(b"ACL", b"DRYRUN", user.encode(), *words) for _, words in _PROBES])
    if any(error_of(answer) for answer in answers):
        return f"read-only is the guard's own: the server does not tell what user {user} may do"
    may = [name for (name, _), answer in zip(_PROBES, answers, strict=True) if text_of(answer) == "OK"]
    if may:
        return f"read-only is the guard's own: on the server user {user} may {listing(may)}"
    return f"on the server user {user} may not write either"
