"""Which server a PostgreSQL client means: explicit parameters, service, variables, defaults, as libpq does it.

What must not live here: connecting (postgresdial), looking passwords up (postgrespasswords), tiers.
"""

from __future__ import annotations

import os
from collections.abc import Mapping

from safeshell.gateways.postgresconninfo import VARIABLES, is_conninfo, parse_conninfo, parse_service
from safeshell.model.errors import ConfigError
from safeshell.model.values import dataclass, field

DEFAULT_PORT = 5432
_SOCKET_DIRECTORIES = ("/var/run/postgresql", "/run/postgresql", "/tmp")  # noqa: S108 - where servers put their sockets
_SYSTEM_SERVICES = ("/etc/postgresql-common", "/etc/sysconfig/pgsql", "/usr/local/etc", "/etc")
_SSL_MODES = ("disable", "allow", "prefer", "require", "verify-ca", "verify-full")
_ATTRIBUTES = ("any", "read-write", "read-only", "primary", "standby", "prefer-standby")
_PORT_MOST = 65535


@dataclass(frozen=True, slots=True)
class Host:
    """One place to try. `name` is a host name, an address or a socket directory; `address` is hostaddr."""

    name: str
    port: int
    address: str = ""

    @property
    def local(self) -> bool:
        """True for a unix socket."""
        return not self.address and self.name.startswith(("/", "@"))

    @property
    def socket_path(self) -> str:
        """The unix socket's path; an abstract name begins with NUL."""
        path = f"{self.name}/.s.PGSQL.{self.port}"
        return "\0" + path[1:] if path.startswith("@") else path

    def __str__(self) -> str:
        if self.local:
            return self.socket_path.replace("\0", "@")
        where = self.name or self.address
        return f"[{where}]:{self.port}" if ":" in where else f"{where}:{self.port}"


@dataclass(frozen=True, slots=True)
class Target:
    """A server as the client means it. `hosts` are tried in order.

    `words` holds every resolved parameter by libpq's name, files expanded where the person named none
    ("" where there is none). `password` is the one that was given openly, "" for none.
    """

    hosts: tuple[Host, ...]
    user: str
    database: str
    words: Mapping[str, str] = field(default_factory=dict, repr=False)
    password: str = field(default="", repr=False)

    @property
    def sslmode(self) -> str:
        """How much encryption is asked for."""
        return self.words.get("sslmode", "prefer")

    @property
    def attributes(self) -> str:
        """target_session_attrs."""
        return self.words.get("target_session_attrs") or "any"

    @property
    def connect_timeout(self) -> float | None:
        """Seconds for one host, None for no limit; libpq makes less than 2 seconds 2."""
        seconds = int(self.words.get("connect_timeout") or 0)
        return float(max(seconds, 2)) if seconds > 0 else None


def resolve(given: Mapping[str, str], environ: Mapping[str, str], *, user: str, home: str) -> Target:
    """The server that these parameters mean; empty values count as not given.

    A `dbname` that is a connection text is taken apart, and what stands in it beats the other
    parameters, as psql has it. `user` is the name of the operating system's user, `home` the home
    directory. Raises ConfigError with libpq's complaint.
    """
    words = {name: value for name, value in given.items() if value}
    if is_conninfo(words.get("dbname", "")):
        text = words.pop("dbname")
        words |= {name: value for name, value in parse_conninfo(text).items() if value}
    service = words.get("service") or environ.get("PGSERVICE", "")
    if service:
        words = {**_service(service, environ, home), **words}
    for name, variable in VARIABLES.items():
        if environ.get(variable):
            words.setdefault(name, environ[variable])
    return _target(words, user=user, home=home)


def _target(words: dict[str, str], *, user: str, home: str) -> Target:
    words.setdefault("user", user)
    words.setdefault("dbname", words["user"])
    _ssl_words(words, home)
    _checked(words)
    words.setdefault("passfile", f"{home}/.pgpass")
    password = words.pop("password", "")
    hosts = _hosts(words)
    _rooted(words, hosts)
    return Target(hosts, words["user"], words["dbname"], words, password)


def _ssl_words(words: dict[str, str], home: str) -> None:
    """The files that libpq looks for below ~/.postgresql."""
    if words.get("requiressl", "").startswith("1"):
        words.setdefault("sslmode", "require")
    words.setdefault("sslmode", "verify-full" if words.get("sslrootcert") == "system" else "prefer")
    for name, file in (("sslrootcert", "root.crt"), ("sslcrl", "root.crl"), ("sslcert", "postgresql.crt")):
        path = f"{home}/.postgresql/{file}"
        if not words.get(name):
            words[name] = path if os.path.exists(path) else ""
    if not words.get("sslkey"):
        path = f"{home}/.postgresql/postgresql.key"
        words["sslkey"] = path if words["sslcert"] and os.path.exists(path) else ""


def _checked(words: dict[str, str]) -> None:
    """What libpq refuses, and the two settings that a guard in the middle makes impossible."""
    for name, known in (("sslmode", _SSL_MODES), ("target_session_attrs", _ATTRIBUTES)):
        if words.get(name) and words[name] not in known:
            raise ConfigError(f'invalid {name} value: "{words[name]}"')
    if words.get("load_balance_hosts", "disable") not in ("disable", "random"):
        raise ConfigError(f'invalid load_balance_hosts value: "{words["load_balance_hosts"]}"')
    if words.get("connect_timeout") and not words["connect_timeout"].strip().lstrip("-").isdigit():
        raise ConfigError(f'invalid integer value "{words["connect_timeout"]}" for connection option "connect_timeout"')
    for name in ("channel_binding", "gssencmode"):
        if words.get(name) == "require":
            raise ConfigError(
                f"{name}=require cannot work through safeshell: the client would be bound to a connection that ends "
                f"here; set {name}=prefer, the server's certificate is still checked by sslmode"
            )


def _rooted(words: Mapping[str, str], hosts: tuple[Host, ...]) -> None:
    """Checking a certificate needs something to check it by; unix sockets have none."""
    if words["sslmode"].startswith("verify-") and not words["sslrootcert"] and not all(host.local for host in hosts):
        raise ConfigError(
            'root certificate file "~/.postgresql/root.crt" does not exist; either provide the file, use the '
            "system's trusted roots with sslrootcert=system, or change sslmode to disable server certificate verification"
        )


def _hosts(words: Mapping[str, str]) -> tuple[Host, ...]:
    names = words["host"].split(",") if words.get("host") else []
    addresses = words["hostaddr"].split(",") if words.get("hostaddr") else []
    ports = words["port"].split(",") if words.get("port") else [""]
    many = len(addresses) or len(names) or 1
    if names and addresses and len(names) != len(addresses):
        raise ConfigError(f"could not match {len(names)} host names to {len(addresses)} hostaddr values")
    if len(ports) not in (1, many):
        raise ConfigError(f"could not match {len(ports)} port numbers to {many} hosts")
    names += [""] * (many - len(names))
    addresses += [""] * (many - len(addresses))
    ports = ports * many if len(ports) == 1 else ports
    return tuple(_host(name, _port(port), address) for name, port, address in zip(names, ports, addresses, strict=True))


def _host(name: str, port: int, address: str) -> Host:
    return Host(name or ("" if address else _socket_directory(port)), port, address)


def _port(text: str) -> int:
    if not text:
        return DEFAULT_PORT
    if not text.isdigit() or not 1 <= int(text) <= _PORT_MOST:
        raise ConfigError(f'invalid port number: "{text}"')
    return int(text)


def _socket_directory(port: int) -> str:
    """Where a server without a host is looked for: distributions differ, so what is there decides."""
    for path in _SOCKET_DIRECTORIES:
        if os.path.exists(f"{path}/.s.PGSQL.{port}"):
            return path
    return next((path for path in _SOCKET_DIRECTORIES if os.path.isdir(path)), "/tmp")  # noqa: S108 - the same


def _service(name: str, environ: Mapping[str, str], home: str) -> dict[str, str]:
    named = environ.get("PGSERVICEFILE", "")
    system = [environ["PGSYSCONFDIR"]] if environ.get("PGSYSCONFDIR") else list(_SYSTEM_SERVICES)
    if named and not os.path.exists(named):
        raise ConfigError(f'service file "{named}" not found')
    for path in (named or f"{home}/.pg_service.conf", *(f"{folder}/pg_service.conf" for folder in system)):
        try:
            with open(path, encoding="utf-8", errors="surrogateescape") as lines:
                found = parse_service(lines, name, path)
        except OSError:
            continue
        if found is not None:
            return found
    raise ConfigError(f'definition of service "{name}" not found')
