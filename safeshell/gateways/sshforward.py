"""Forwardings of our own ssh client: ports here that lead there, ports there that lead here, the agent.

What must not live here: logging in (sshparamiko), which hosts are production (policy), OpenSSH's forwardings.
"""

from __future__ import annotations

import contextlib
import errno
import os
import socket
import threading
from collections.abc import Callable, Sequence
from typing import Any

from safeshell.model.errors import SafeshellError
from safeshell.model.values import dataclass

_CHUNK = 65536
_LISTENING = 32
_HIGHEST = 65535
_PARTS = 4
_ANY = frozenset({"", "*"})
_LOOPBACK = ("127.0.0.1", "::1")
_NO_SUCH_ADDRESS = frozenset({errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT})
"""A host without IPv6 has one loopback."""


@dataclass(frozen=True, slots=True)
class Forward:
    """`port` is opened at `bind` ("localhost" where the call names none, "" for every address) and leads to `host`:`to`."""

    bind: str
    port: int
    host: str
    to: int

    def __str__(self) -> str:
        """As `ssh -G` writes it."""
        opened = str(self.port) if self.bind == "localhost" else f"[{self.bind or '*'}]:{self.port}"
        return f"{opened} [{self.host}]:{self.to}"


def read_forward(text: str) -> Forward:
    """`[bind:]port:host:hostport`, or the same with a blank before the host. Raises SafeshellError for any other form."""
    parts = _parts(text.strip().replace(" ", ":", 1).replace(" ", ""))
    if len(parts) == _PARTS - 1:
        parts = ["localhost", *parts]
    if len(parts) != _PARTS or not parts[2] or "/" in text:
        raise SafeshellError(
            f"--guard-engine paramiko cannot do this: the forwarding {text} (it takes [bind:]port:host:port); use OpenSSH's ssh"
        )
    bind, port, host, to = parts
    return Forward("" if bind in _ANY else bind, _number(port, text), host, _number(to, text))


def _parts(text: str) -> list[str]:
    """Parts between colons; an address in brackets is one."""
    parts, inside = [""], False
    for char in text:
        if char in "[]":
            inside = char == "["
        elif char == ":" and not inside:
            parts.append("")
        else:
            parts[-1] += char
    return parts


def _number(port: str, text: str) -> int:
    if not (port.isascii() and port.isdigit() and 0 < int(port) <= _HIGHEST):
        raise SafeshellError(f"the forwarding {text} names no port: {port}")
    return int(port)


class Forwards:
    """What one connection forwards. `open` answers with a sentence for each that failed; `close` ends the listening."""

    def __init__(self) -> None:
        self._servers: list[socket.socket] = []

    def open(self, transport: Any, local: Sequence[Forward], remote: Sequence[Forward]) -> list[str]:
        """Begin to listen, here and there."""
        complaints = [self._local(transport, one) for one in local]
        complaints += [_remote(transport, one) for one in remote]
        return [complaint for complaint in complaints if complaint]

    def close(self) -> None:
        """Listen no more; connections that stand end with the transport."""
        for server in self._servers:
            with contextlib.suppress(OSError):
                server.shutdown(socket.SHUT_RDWR)
            server.close()

    def _local(self, transport: Any, one: Forward) -> str:
        opened: list[socket.socket] = []
        for address in _LOOPBACK if one.bind == "localhost" else (one.bind,):
            family = socket.AF_INET6 if ":" in address else socket.AF_INET
            try:
                opened.append(socket.create_server((address, one.port), family=family, backlog=_LISTENING))
            except OSError as fault:
                if opened and fault.errno in _NO_SUCH_ADDRESS:
                    continue
                # Half a loopback would lead to somebody else's program on its other half.
                for server in opened:
                    server.close()
                return f"local port {one.port} can't be opened: {fault.strerror or fault}"
        for server in opened:
            self._servers.append(server)
            threading.Thread(target=_accept, args=(server, transport, one), daemon=True).start()
        return ""


def _accept(server: socket.socket, transport: Any, one: Forward) -> None:
    import paramiko

    while True:
        try:
            near, peer = server.accept()
        except OSError:
            return
        try:
            join(transport.open_channel("direct-tcpip", (one.host, one.to), peer[:2]), near)
        except (paramiko.SSHException, EOFError):
            near.close()


def _remote(transport: Any, one: Forward) -> str:
    import paramiko

    def arrived(channel: Any, _origin: tuple[str, int], _server: tuple[str, int]) -> None:
        threading.Thread(target=_dial, args=(channel, lambda: socket.create_connection((one.host, one.to), 10)), daemon=True).start()  # fmt: skip

    try:
        transport.request_port_forward(one.bind, one.port, arrived)
    except paramiko.SSHException as fault:
        return f"remote port {one.port} can't be opened: {fault}"
    return ""


def forward_agent(session: Any) -> str:
    """Let the other side use the agent here while this session lasts; a sentence where there is none."""
    path = os.environ.get("SSH_AUTH_SOCK", "")
    if not path:
        return "there is no agent to forward (SSH_AUTH_SOCK is not set)"

    def connect() -> socket.socket:
        agent = socket.socket(socket.AF_UNIX)
        agent.connect(path)
        return agent

    def arrived(channel: Any) -> None:
        threading.Thread(target=_dial, args=(channel, connect), daemon=True).start()

    session.request_forward_agent(arrived)
    return ""


def _dial(channel: Any, connect: Callable[[], socket.socket]) -> None:
    """Join what arrived from there with what it leads to here; closed where that cannot be reached."""
    try:
        near = connect()
    except OSError:
        channel.close()
        return
    join(channel, near)


def join(channel: Any, near: socket.socket) -> None:
    """Copy both ways until either end is over; returns at once."""
    near.settimeout(None)
    left = [2]
    lock = threading.Lock()

    def copy(read: Callable[[int], bytes], write: Callable[[bytes], object], end: Callable[[], object]) -> None:
        with contextlib.suppress(OSError, EOFError):
            while data := read(_CHUNK):
                write(data)
        with contextlib.suppress(OSError, EOFError):
            end()
        with lock:
            left[0] -= 1
            over = left[0] == 0
        if over:
            channel.close()
            near.close()

    ways = (
        (near.recv, channel.sendall, channel.shutdown_write),
        (channel.recv, near.sendall, lambda: near.shutdown(socket.SHUT_WR)),
    )
    for way in ways:
        threading.Thread(target=copy, args=way, daemon=True).start()
