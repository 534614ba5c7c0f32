"""Connecting to a PostgreSQL server: hosts in their order, encryption as asked, the right kind of server.

Blocking; runs in worker threads. What must not live here: what a session says (the machine), what
parameters mean (postgrestarget), certificates (postgrestls).
"""

from __future__ import annotations

import socket
import struct
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from safeshell.gateways.postgrestarget import Host, Target
from safeshell.gateways.wireports import Stream, UpstreamError
from safeshell.gateways.wiresockets import PlainStream, TlsStream
from safeshell.model.values import dataclass

if TYPE_CHECKING:
    import ssl

_SSL_REQUEST = struct.pack("!ii", 8, 80877103)
_CANCEL_CODE = 80877102
_PROTOCOL_3 = 196608
_PROBE_PATIENCE = 10.0
_ACCEPTED: dict[str, Callable[[bool, bool], bool]] = {
    "read-write": lambda standby, read_only: not standby and not read_only,
    "read-only": lambda standby, read_only: standby or read_only,
    "primary": lambda standby, _read_only: not standby,
    "standby": lambda standby, _read_only: standby,
    "prefer-standby": lambda standby, _read_only: standby,
}
_ENCRYPTIONS = {
    "disable": ("plain",),
    "allow": ("plain", "tls"),
    "prefer": ("tls-if-offered", "plain"),
    "require": ("tls",),
    "verify-ca": ("tls",),
    "verify-full": ("tls",),
}
"""What is tried one after the other, the second where the first is refused."""


@dataclass(frozen=True, slots=True)
class Reached:
    """A connected server: its stream, the host as written, the socket address, how it is encrypted."""

    stream: Stream
    host: Host
    family: int
    address: Any
    encryption: str


class Dialler:
    """Finds and connects a target's server. `fallback` counts the encryptions that a server refused."""

    def __init__(self, target: Target) -> None:
        self.target = target
        self.reached: Reached | None = None
        self.fallback = 0

    def other_encryption(self) -> bool:
        """Go on to the next way of encryption, if the sslmode has another one."""
        host = self.reached.host if self.reached else None
        if host is None or host.local or self.fallback + 1 >= len(_ENCRYPTIONS[self.target.sslmode]):
            return False
        self.fallback += 1
        return True

    def open(self) -> Stream:
        """A stream to the first host that answers and is of the wanted kind. Raises UpstreamError."""
        problems: list[str] = []
        for attributes in _passes(self.target.attributes):
            for host in self._hosts():
                try:
                    self.reached = self._reach(host, attributes)
                except UpstreamError as problem:
                    problems.append(str(problem))
                else:
                    return self.reached.stream
        raise UpstreamError("\n".join(dict.fromkeys(problems)))

    def cancel(self, pid: int, key: bytes) -> None:
        """Ask the server that was reached to cancel what a session runs. Raises UpstreamError."""
        if self.reached is None:
            return
        found = self._connected(self.reached.host, self.reached.family, self.reached.address, self.reached.encryption)
        try:
            found.sendall(struct.pack("!iii", 12 + len(key), _CANCEL_CODE, pid) + key)
            found.recv(1)  # the server closes when it has heard
        except OSError:
            return
        finally:
            found.close()

    def _hosts(self) -> list[Host]:
        hosts = list(self.target.hosts)
        if self.target.words.get("load_balance_hosts") == "random":
            import random

            random.shuffle(hosts)
        return hosts

    def _reach(self, host: Host, attributes: str) -> Reached:
        problems: list[str] = []
        for family, address in self._addresses(host):
            for encryption in _ENCRYPTIONS[self.target.sslmode][self.fallback :] if not host.local else ("plain",):
                try:
                    if attributes != "any":
                        self._probe(self._connected(host, family, address, encryption), host, attributes)
                    found = self._connected(host, family, address, encryption)
                except UpstreamError as problem:
                    problems.append(str(problem))
                    continue
                return Reached(_stream(found, str(host)), host, family, address, encryption)
        raise UpstreamError("\n".join(dict.fromkeys(problems)))

    def _addresses(self, host: Host) -> list[tuple[int, Any]]:
        if host.local:
            return [(socket.AF_UNIX, host.socket_path)]
        name = host.address or host.name
        try:
            found = socket.getaddrinfo(name, host.port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as fault:
            why = fault.strerror if isinstance(fault, OSError) else str(fault)
            raise UpstreamError(f'could not translate host name "{name}" to address: {why}') from fault
        answers: list[tuple[int, Any]] = [(int(entry[0]), entry[4]) for entry in found]
        if self.target.words.get("load_balance_hosts") == "random":
            import random

            random.shuffle(answers)
        return answers

    def _connected(self, host: Host, family: int, address: Any, encryption: str) -> socket.socket:
        """A connected socket, encrypted if that was asked; still blocking. Raises UpstreamError."""
        plain = socket.socket(family, socket.SOCK_STREAM)
        try:
            plain.settimeout(self.target.connect_timeout)
            plain.connect(address)
            if family != socket.AF_UNIX:
                plain.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
            self._check_peer(plain, host)
            found = plain if encryption == "plain" else self._encrypted(plain, host, encryption)
            found.settimeout(_PROBE_PATIENCE)
        except TimeoutError as fault:
            plain.close()
            raise UpstreamError(f"connection to {_place(host, address)} failed: timeout expired") from fault
        except OSError as fault:
            plain.close()
            raise UpstreamError(f"connection to {_place(host, address)} failed: {_why(fault)}") from fault
        except UpstreamError:
            plain.close()
            raise
        return found

    def _check_peer(self, connected: socket.socket, host: Host) -> None:
        """requirepeer: the server's process must be that user's."""
        wanted = self.target.words.get("requirepeer", "")
        if not wanted or not host.local:
            return
        import pwd

        uid = struct.unpack("3i", connected.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))[1]
        try:
            actual = pwd.getpwuid(uid).pw_name
        except KeyError:
            actual = str(uid)
        if actual != wanted:
            raise UpstreamError(f'requirepeer specifies "{wanted}", but actual peer user name is "{actual}"')

    def _encrypted(self, plain: socket.socket, host: Host, encryption: str) -> socket.socket:
        from safeshell.gateways.postgrestls import context_of, server_name

        if self.target.words.get("sslnegotiation") != "direct":
            plain.sendall(_SSL_REQUEST)
            answer = plain.recv(1)
            if answer == b"N" and encryption == "tls-if-offered":
                return plain
            if answer != b"S":
                raise UpstreamError(f"{host}: server does not support SSL, but SSL was required")
        context, name = context_of(self.target), server_name(self.target, host)
        try:
            return context.wrap_socket(plain, server_hostname=name)
        except OSError as fault:
            raise UpstreamError(f"the TLS handshake with {host} failed: {_why(fault)}") from fault

    def _probe(self, connected: socket.socket, host: Host, attributes: str) -> None:
        """Log in and ask what kind of server it is. Raises UpstreamError when it is not the wanted one."""
        from safeshell.gateways.postgrespasswords import lookup

        target = self.target
        password = target.password or lookup(target, host, target.user, target.database)
        try:
            with connected:
                standby, read_only = _kind(connected, target, password)
        except OSError as fault:
            raise UpstreamError(f"asking {host} for its kind failed: {_why(fault)}") from fault
        except UpstreamError as problem:
            raise UpstreamError(
                f"target_session_attrs={attributes} cannot be checked on {host}: {problem}"
            ) from problem
        if not _ACCEPTED[attributes](standby, read_only):
            kind = "a standby" if standby else "read-only" if read_only else "a primary that takes writes"
            raise UpstreamError(f"{host} is {kind}, but target_session_attrs is {target.attributes}")


def _passes(attributes: str) -> tuple[str, ...]:
    return ("prefer-standby", "any") if attributes == "prefer-standby" else (attributes,)


def _stream(connected: socket.socket, address: str) -> Stream:
    if hasattr(connected, "pending"):
        encrypted: ssl.SSLSocket = connected  # type: ignore[assignment]
        return TlsStream(encrypted, address)
    return PlainStream(connected, address)


def _place(host: Host, address: Any) -> str:
    if host.local:
        return f'server on socket "{host}"'
    number = address[0] if isinstance(address, tuple) else address
    return f'server at "{host.name or host.address}" ({number}), port {host.port}'


def _why(fault: OSError) -> str:
    message = getattr(fault, "verify_message", "") or fault.strerror or str(fault)
    return str(message)


def _kind(connected: socket.socket, target: Target, password: str | None) -> tuple[bool, bool]:
    """(is a standby, starts transactions read-only) of a fresh connection."""
    from safeshell.gateways.postgreslogin import Login

    words = (b"user", target.user.encode(), b"database", target.database.encode(), b"application_name", b"safeshell")
    body = struct.pack("!i", _PROTOCOL_3) + b"\0".join(words) + b"\0\0"
    connected.sendall(struct.pack("!i", len(body) + 4) + body)
    login = Login(target.user, password)
    value = ""
    for kind, content in _messages(connected):
        if kind == b"R":
            connected.sendall(login.answer(content))
        elif kind == b"E":
            raise UpstreamError(_complaint(content))
        elif kind == b"Z" and not value:
            value = "?"
            text = b"select pg_is_in_recovery()::text || current_setting('default_transaction_read_only')\0"
            connected.sendall(b"Q" + struct.pack("!i", len(text) + 4) + text)
        elif kind == b"D":
            value = content[6:].decode("utf-8", "replace")
        elif kind == b"Z":
            connected.sendall(b"X\0\0\0\4")
            return value.startswith("true"), value.endswith("on")
    raise UpstreamError("the server closed the connection")


def _messages(connected: socket.socket) -> Iterator[tuple[bytes, bytes]]:
    waiting = b""
    while data := connected.recv(65536):
        waiting += data
        while len(waiting) >= 5:  # noqa: PLR2004 - a type and four bytes of length
            size = int.from_bytes(waiting[1:5], "big") + 1
            if len(waiting) < size:
                break
            yield waiting[:1], waiting[5:size]
            waiting = waiting[size:]


def _complaint(content: bytes) -> str:
    found = {part[:1]: part[1:].decode("utf-8", "replace") for part in content.split(b"\0") if part}
    return found.get(b"M", "the server refused the connection")
