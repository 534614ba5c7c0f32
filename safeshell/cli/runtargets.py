"""What `safeshell run` puts a guard before: one row a kind of database, and the wires of one command.

A kind finds the servers that a command would reach (its own arguments, variables of its kind, URLs in
any variable), opens a wire for each, and points the command at them. What must not live here: running.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from typing import TYPE_CHECKING

from safeshell.cli.clientrun import forget_password, here_user
from safeshell.gateways.clientargs import read_arguments
from safeshell.gateways.clientrows import ROWS
from safeshell.gateways.clienturls import Url, for_libpq, parse_url, to_loopback, to_socket, user_of
from safeshell.model.values import dataclass, field

if TYPE_CHECKING:
    from safeshell.cli.rediscourt import RedisWire
    from safeshell.cli.setting import Setting
    from safeshell.cli.wirecourt import PostgresWire
    from safeshell.gateways.postgrestarget import Target


@dataclass(slots=True)
class Plan:
    """One command on its way: what it is called, its environment, and the wires that were opened for it."""

    setting: Setting
    words: list[str]
    environ: dict[str, str]
    stack: ExitStack
    token: str = ""
    tcp: bool = False
    wires: list[PostgresWire | RedisWire] = field(default_factory=list)

    @property
    def program(self) -> str:
        """The command's name."""
        return os.path.basename(self.words[0])

    def urls(self, schemes: frozenset[str]) -> dict[str, Url]:
        """The variables that hold a URL of these schemes."""
        found = {name: parse_url(value) for name, value in self.environ.items() if "://" in value}
        return {name: url for name, url in found.items() if url is not None and url.kind in schemes}


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of database: the schemes of its URLs, and what guards a plan's servers of this kind."""

    name: str
    schemes: frozenset[str]
    guard: Callable[[Plan, frozenset[str]], None]


_SERVER = ("PGHOST", "PGHOSTADDR", "PGPORT", "PGSERVICE", "PGDATABASE", "PGUSER")
_PASSED_ON = frozenset(
    {"user", "password", "dbname", "options", "application_name", "fallback_application_name", "client_encoding"}
)
"""Parameters of libpq that mean the same through the guard; the rest is enforced on the server's side."""


def _postgres(plan: Plan, schemes: frozenset[str]) -> None:
    """PG* and the client's own options, then every URL; the same server twice has one wire."""
    urls = plan.urls(schemes)
    before = dict(plan.environ)
    opened: dict[tuple[object, ...], PostgresWire] = {}
    row = ROWS.get(plan.program)
    arguments = read_arguments(plan.words[1:], row) if row else None
    given = arguments.server() if arguments else {}
    forget_password(given.get("dbname", ""))
    base = _target(plan, given, before)
    if arguments is not None or not urls or any(before.get(name) for name in _SERVER) or _listens(base):
        wire = _wire(plan, base, opened)
        plan.environ = _environment(wire, plan)
        if arguments is not None:
            host, port = plan.environ["PGHOST"], plan.environ["PGPORT"]
            plan.words[1:] = arguments.changed(["-h", host, "-p", port], _conninfo(wire, given, plan))
    for name, url in urls.items():
        wire = _wire(plan, _target(plan, {"dbname": for_libpq(url, _is_keyword)}, before), opened)
        plan.environ[name] = _guarded(url, wire, tcp=plan.tcp or not url.sockets)


def _target(plan: Plan, given: Mapping[str, str], environ: Mapping[str, str]) -> Target:
    from safeshell.gateways.postgrestarget import resolve

    return resolve(given, environ, user=here_user(), home=plan.setting.home)


def _listens(target: Target) -> bool:
    """True where libpq's default finds a server on this host."""
    return any(host.local and os.path.exists(host.socket_path) for host in target.hosts)


def _wire(plan: Plan, target: Target, opened: dict[tuple[object, ...], PostgresWire]) -> PostgresWire:
    from safeshell.cli.wirecourt import open_postgres

    key = (target.hosts, target.user, target.database, target.password, target.sslmode)
    if key not in opened:
        opened[key] = plan.stack.enter_context(open_postgres(plan.setting, target, token=plan.token, tcp=True))
        plan.wires.append(opened[key])
    return opened[key]


def _environment(wire: PostgresWire, plan: Plan) -> dict[str, str]:
    found = wire.environment(plan.environ)
    if plan.tcp:
        found |= {"PGHOST": "127.0.0.1", "PGPORT": str(wire.proxy.port), "PGPASSWORD": wire.password}
        found["PGSSLMODE"] = "disable"
    return found


def _conninfo(wire: PostgresWire, given: Mapping[str, str], plan: Plan) -> str | None:
    """A connection text in place of one, in the form that it had; a plain name stays as it is."""
    from safeshell.gateways.postgresconninfo import is_conninfo

    text = given.get("dbname", "")
    if not is_conninfo(text):
        return None
    url = parse_url(text)
    if url is not None:
        return _guarded(url, wire, tcp=plan.tcp)
    return guarded_conninfo(text, wire.conninfo()) if not plan.tcp else _loopback_conninfo(text, wire)


def _loopback_conninfo(text: str, wire: PostgresWire) -> str:
    """The password is in the environment: a process list shows what stands here."""
    return guarded_conninfo(text, f"{wire.conninfo()} host=127.0.0.1 port={wire.proxy.port} sslmode=disable")


def guarded_conninfo(text: str, server: str) -> str:
    """`server` with what else the connection text asks for: options, names, encodings."""
    from safeshell.gateways.postgresconninfo import parse_conninfo

    kept = _PASSED_ON - {"user", "password", "dbname"}
    further = {name: value for name, value in parse_conninfo(text).items() if name in kept}
    return " ".join([server, *(f"{name}={_quoted(value)}" for name, value in further.items())])


def _quoted(value: str) -> str:
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _guarded(url: Url, wire: PostgresWire, *, tcp: bool) -> str:
    if not tcp:
        added = {"host": wire.proxy.socket_directory, "port": "5432"}
        return to_socket(url, added, _connects)
    login = (user_of(url) or wire.target.user, wire.password)
    return to_loopback(url, login, wire.proxy.port, {"sslmode": "disable"}, _connects)


def _is_keyword(name: str) -> bool:
    from safeshell.gateways.postgresconninfo import KEYWORDS

    return name in KEYWORDS


def _connects(name: str) -> bool:
    return _is_keyword(name) and name not in _PASSED_ON


def _redis(plan: Plan, schemes: frozenset[str]) -> None:
    """Every URL of a Redis server; the same server twice has one wire.

    Client libraries differ in how they spell a unix socket in a URL, so they get the loopback port.
    """
    from safeshell.cli.rediscourt import open_redis
    from safeshell.gateways.redistarget import RedisTarget, from_url

    opened: dict[RedisTarget, RedisWire] = {}
    sockets = {name for name, value in plan.environ.items() if value.startswith("unix://") and _of_redis(name)}
    for name in (*plan.urls(schemes), *sorted(sockets)):
        target = from_url(plan.environ[name])
        if target not in opened:
            wire = open_redis(plan.setting, target, token=plan.token, tcp=True)
            opened[target] = plan.stack.enter_context(wire)
            plan.wires.append(wire)
        plan.environ[name] = opened[target].url(tcp=not target.socket or plan.tcp, like=plan.environ[name])


def _of_redis(name: str) -> bool:
    """`unix://` alone may be anybody's; the variable's name has to say whose it is."""
    return "REDIS" in name.upper() or "VALKEY" in name.upper()


KINDS: tuple[Kind, ...] = (
    Kind("postgres", frozenset({"postgres", "postgresql", "postgis", "pgsql", "timescale", "timescaledb"}), _postgres),
    Kind("redis", frozenset({"redis", "rediss", "valkey", "valkeys"}), _redis),
)
"""Every kind of database that `run` guards."""
