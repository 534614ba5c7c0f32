"""Where a Redis client wants to go: from a URL or a client's options to a connected socket, TLS included.

What must not live here: the options of redis-cli (cli.saferediscli), the protocol beyond nothing at all.
"""

from __future__ import annotations

import socket as sockets
from typing import TYPE_CHECKING, cast
from urllib.parse import parse_qs, unquote, urlsplit

from safeshell.gateways.wireports import Stream, UpstreamError
from safeshell.gateways.wiresockets import PlainStream, TlsStream
from safeshell.model.errors import ConfigError
from safeshell.model.places import Place
from safeshell.model.values import dataclass, field

if TYPE_CHECKING:
    import ssl

DEFAULT_PORT = 6379
_PATIENCE = 10.0
"""Seconds for a connection to a server."""
_MOST_DATABASES = 1_000_000


@dataclass(frozen=True, slots=True)
class Tls:
    """TLS to the server; paths are files of this host, "" where there is none.

    `any_name`: whoever has a certificate of that authority is believed, as redis-cli does; it compares no names.
    """

    cacert: str = ""
    cacertdir: str = ""
    cert: str = ""
    key: str = ""
    sni: str = ""
    insecure: bool = False
    ciphers: str = ""
    any_name: bool = False


@dataclass(frozen=True, slots=True)
class RedisTarget:
    """One server and who to be there. `socket` is the path of a unix socket, "" for TCP; the password is never shown."""

    host: str = "127.0.0.1"
    port: int = DEFAULT_PORT
    socket: str = ""
    database: int = 0
    user: str = ""
    password: str = field(default="", repr=False)
    tls: Tls | None = None

    @property
    def address(self) -> str:
        """For people: `cache.prod:6379`, or the path of the socket."""
        return self.socket or f"{self.host}:{self.port}"

    @property
    def login(self) -> tuple[bytes, ...]:
        """The words of AUTH for its own user, () without a password."""
        if not self.password:
            return ()
        words = (self.user, self.password) if self.user else (self.password,)
        return (b"AUTH", *(word.encode() for word in words))

    def place(self, database: int) -> Place:
        """One database of the server, for the policy to name and match."""
        detail = {"database": str(database), "port": str(self.port), "engine": "redis"} | (
            {"user": self.user} if self.user else {}
        )
        return Place("database", self.socket or self.host, detail=detail)

    def stream(self) -> Stream:
        """A connection for the poll loop. Blocks while it is made. Raises UpstreamError."""
        connected = self.connect(_PATIENCE)
        if self.tls is None:
            return PlainStream(connected, self.address)
        return TlsStream(cast("ssl.SSLSocket", connected), self.address)  # `connect` wraps it where there is TLS

    def connect(self, patience: float) -> sockets.socket:
        """A blocking connection, encrypted where it has to be. Raises UpstreamError."""
        try:
            connected = self._dial(patience)
        except OSError as fault:
            raise UpstreamError(f"no Redis server answers at {self.address}: {fault.strerror or fault}") from fault
        if self.tls is None:
            return connected
        import ssl

        try:
            return context_of(self.tls).wrap_socket(connected, server_hostname=self.tls.sni or self.host)
        except (ssl.SSLError, OSError, ValueError) as fault:
            connected.close()
            raise UpstreamError(f"TLS with {self.address} failed: {fault}") from fault

    def _dial(self, patience: float) -> sockets.socket:
        if not self.socket:
            return sockets.create_connection((self.host, self.port), timeout=patience)
        connected = sockets.socket(sockets.AF_UNIX, sockets.SOCK_STREAM)
        connected.settimeout(patience)
        try:
            connected.connect(self.socket)
        except OSError:
            connected.close()
            raise
        return connected


def context_of(tls: Tls) -> ssl.SSLContext:
    """The TLS settings as redis-cli takes them: `--insecure` skips the certificate's check."""
    import ssl

    context = ssl.create_default_context(cafile=tls.cacert or None, capath=tls.cacertdir or None)
    context.check_hostname = not (tls.insecure or tls.any_name)
    if tls.insecure:
        context.verify_mode = ssl.CERT_NONE
    if tls.cert:
        context.load_cert_chain(tls.cert, tls.key or None)
    if tls.ciphers:
        context.set_ciphers(tls.ciphers)
    return context


def from_url(text: str) -> RedisTarget:
    """`redis://[[user]:password@]host[:port][/db]`, `rediss://`, `unix://path?db=1`; valkey:// alike.

    Raises ConfigError for anything else; its message never holds the password.
    """
    url = urlsplit(text)
    scheme = url.scheme.replace("valkey", "redis")
    query = parse_qs(url.query)
    try:
        port = url.port or DEFAULT_PORT
    except ValueError:
        raise ConfigError("the port of the Redis URL is no number", expected="redis://host:6379/0") from None
    who = {"user": unquote(url.username or ""), "password": unquote(url.password or "")}
    if scheme in ("unix", "redis+socket", "redis+unix"):
        number = (query.get("db") or query.get("virtual_host") or ["0"])[0]
        return RedisTarget(
            socket=unquote(url.path), database=database_of(number), user=who["user"], password=who["password"]
        )
    if scheme not in ("redis", "rediss"):
        raise ConfigError(f"{url.scheme or 'this'!r} is no scheme of a Redis URL", expected="redis:// or rediss://")
    number = (query.get("db") or [url.path.strip("/") or "0"])[0]
    return RedisTarget(
        host=url.hostname or "127.0.0.1",
        port=port,
        database=database_of(number),
        user=who["user"],
        password=who["password"],
        tls=_tls(query) if scheme == "rediss" else None,
    )


def _tls(query: dict[str, list[str]]) -> Tls:
    """TLS parameters as redis-py spells them in a URL."""

    def told(name: str) -> str:
        return (query.get(name) or [""])[0]

    return Tls(
        cacert=told("ssl_ca_certs"),
        cacertdir=told("ssl_ca_path"),
        cert=told("ssl_certfile"),
        key=told("ssl_keyfile"),
        insecure=told("ssl_cert_reqs").lower() in ("none", "cert_none"),
        any_name=told("ssl_check_hostname").lower() in ("false", "0", "no"),
    )


def database_of(text: str) -> int:
    """The number of a database. Raises ConfigError."""
    if not (text.isascii() and text.isdigit()) or int(text) > _MOST_DATABASES:
        raise ConfigError("the database of a Redis server is a number", expected="0, 1, 2...")
    return int(text)
