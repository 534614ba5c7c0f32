"""An ssh client of our own, for hosts without OpenSSH's: one connection, a session, and channels beside it.

paramiko does the protocol. Only known hosts are connected to. What it cannot do is refused by name. What must
not live here: judging, the guarded session's loop, what the remote side runs (sshtexts).
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import socket
import termios
import threading
import time
import tty
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from safeshell.gateways.sshargs import SshCall
from safeshell.gateways.sshforward import Forwards, forward_agent, read_forward
from safeshell.gateways.sshtalk import MOST, answer
from safeshell.gateways.sshtarget import SshTarget
from safeshell.gateways.sshtexts import (
    Beginning,
    channels_of,
    probe_command,
    side_command,
    start_command,
    start_text,
)
from safeshell.model.errors import SafeshellError
from safeshell.model.values import dataclass, field

TAKEN = frozenset("lpiFoJtTnNqvC46aAxyLR")
"""Options that mean something here, or nothing; every other one is refused by name."""
SETTINGS = frozenset(
    {
        "user",
        "port",
        "hostname",
        "identityfile",
        "identitiesonly",
        "userknownhostsfile",
        "globalknownhostsfile",
        "proxyjump",
    }
    | {
        "stricthostkeychecking",
        "serveraliveinterval",
        "connecttimeout",
        "batchmode",
        "loglevel",
        "sendenv",
        "requesttty",
        "localforward",
        "remoteforward",
        "forwardagent",
        "exitonforwardfailure",
    }
)
_REFUSED = "--guard-engine paramiko cannot do this: {}; use OpenSSH's ssh (leave --guard-engine out)"
_FORWARDS = ("localforward", "remoteforward")
_SEVERAL = frozenset({"identityfile", *_FORWARDS})
_TIMEOUT = 30.0
_CHUNK = 65536


def resolve_alone(call: SshCall, environ: Mapping[str, str]) -> SshTarget:
    """What `ssh -G` would say, of the configuration files alone. Raises SafeshellError for what cannot be done."""
    _refuse_unknown(call)
    settings: dict[str, tuple[str, ...]] = {}
    for option in call.values("o"):
        name, _, value = option.replace("=", " ", 1).partition(" ")
        if name.lower() not in SETTINGS:
            raise SafeshellError(_REFUSED.format(f"-o {name}"))
        settings.setdefault(name.lower(), (value.strip(),))
    named = {
        "user": call.values("l"),
        "port": call.values("p"),
        "identityfile": call.values("i"),
        "proxyjump": call.values("J"),
        "localforward": call.values("L"),
        "remoteforward": call.values("R"),
        "forwardagent": tuple("yes" if letter == "A" else "no" for letter, _ in reversed(call.given) if letter in "Aa"),
    }
    for name, values in named.items():
        if values:
            settings.setdefault(name, values if name in _SEVERAL else values[:1])
    user, _, host = call.destination.rpartition("@")
    if user:
        settings.setdefault("user", (user,))
    config = _configuration(call, environ)
    for name, value in config.lookup(host).items():
        found = tuple(value) if isinstance(value, list) else (value,)
        settings[name] = (*settings.get(name, ()), *found) if name in _FORWARDS else settings.get(name, found)
    for name in _FORWARDS:
        settings[name] = tuple(str(read_forward(one)) for one in settings.get(name, ()))
    settings.setdefault("hostname", (host,))
    settings.setdefault("user", (environ.get("USER") or environ.get("LOGNAME") or "root",))
    if settings.get("proxycommand"):
        raise SafeshellError(_REFUSED.format("ProxyCommand"))
    jumps = settings.get("proxyjump", ("",))[0].split(",")
    settings["jumps"] = tuple(_jump(one, config, settings["user"][0]) for one in jumps if one and one != "none")
    return SshTarget(call.destination, settings)


def _refuse_unknown(call: SshCall) -> None:
    for letter, _ in call.given:
        if letter not in TAKEN:
            raise SafeshellError(_REFUSED.format(f"-{letter}"))


def _configuration(call: SshCall, environ: Mapping[str, str]) -> Any:
    from paramiko import SSHConfig

    files = call.values("F") or (f"{environ.get('HOME', '')}/.ssh/config", "/etc/ssh/ssh_config")
    config = SSHConfig()
    for path in files:
        try:
            with open(path, encoding="utf-8") as file:
                config.parse(file)
        except FileNotFoundError:
            if call.values("F"):
                raise SafeshellError(f"there is no file {path}") from None
    return config


def _jump(written: str, config: Any, user: str) -> str:
    """A jump host as `user@host:port`, by its own part of the configuration."""
    given, _, rest = written.removeprefix("ssh://").rpartition("@")
    name, _, port = rest.partition(":")
    found = config.lookup(name)
    if "proxyjump" in found and found["proxyjump"] != "none":
        raise SafeshellError(_REFUSED.format(f"a jump host ({name}) behind another of its own configuration"))
    return f"{given or found.get('user', user)}@{found.get('hostname', name)}:{port or found.get('port', '22')}"


@dataclass(slots=True)
class Client:
    """One connection, and those of the jump hosts that it leads through."""

    target: SshTarget
    environ: Mapping[str, str]
    _clients: list[Any] = field(default_factory=list)
    _forwards: Forwards = field(default_factory=Forwards)

    def connect(self) -> Any:
        """The transport, logged in, through every jump host, with its forwardings. Raises SafeshellError for whatever fails."""
        transport = self._reach()
        local, remote = ([read_forward(one) for one in self.target.settings.get(name, ())] for name in _FORWARDS)
        complaints = self._forwards.open(transport, local, remote)
        if complaints and self.target.setting("exitonforwardfailure") == "yes":
            raise SafeshellError("; ".join(complaints))
        for complaint in complaints:
            warn(complaint)
        return transport

    def _reach(self) -> Any:
        import paramiko

        last = f"{self.target.user}@{self.target.host}:{self.target.setting('port') or 22}"
        stations = [_station(one) for one in (*self.target.settings.get("jumps", ()), last)]
        transport: Any = None
        for user, host, port in stations:
            try:
                way = transport.open_channel("direct-tcpip", (host, port), ("127.0.0.1", 0)) if transport else None
                transport = self._log_in(host, port, user, way).get_transport()
            except paramiko.SSHException as fault:
                raise SafeshellError(f"{host}: {fault}") from fault
        return transport

    def close(self) -> None:
        """End every connection, the innermost first."""
        self._forwards.close()
        for client in reversed(self._clients):
            client.close()

    def _log_in(self, host: str, port: int, user: str, way: Any) -> Any:
        import paramiko

        client: Any = paramiko.SSHClient()
        self._clients.append(client)
        self._know(client)
        client.set_missing_host_key_policy(paramiko.RejectPolicy())
        keys = [os.path.expanduser(path) for path in self.target.settings.get("identityfile", ())]
        only = self.target.setting("identitiesonly") == "yes"
        try:
            client.connect(
                host, port, user, sock=way, key_filename=[key for key in keys if os.path.exists(key)] or None,
                allow_agent=not only, look_for_keys=not only, timeout=_TIMEOUT,
            )  # fmt: skip
        except (paramiko.AuthenticationException, paramiko.SSHException) as fault:
            self._ask(client, fault, user, host)
        except OSError as fault:
            raise SafeshellError(f"connect to {host} port {port}: {fault.strerror or fault}") from fault
        client.get_transport().set_keepalive(int(self.target.setting("serveraliveinterval") or 0))
        return client

    def _know(self, client: Any) -> None:
        """The hosts that are known; what stands there as a certificate authority is none that paramiko can use."""
        files = (
            self.target.setting("userknownhostsfile") or f"{self.environ.get('HOME', '')}/.ssh/known_hosts"
        ).split()
        for path in (*files, "/etc/ssh/ssh_known_hosts"):
            if os.path.exists(path):
                client.load_system_host_keys(os.path.expanduser(path))

    def _ask(self, client: Any, fault: Exception, user: str, host: str) -> None:
        """A password, or what the server asks for, at the terminal; three times at most."""
        import paramiko

        transport = client.get_transport()
        if transport is None or not transport.is_active() or self.target.setting("batchmode") == "yes":
            raise SafeshellError(f"{user}@{host}: {fault}") from fault
        for _ in range(3):
            try:
                transport.auth_interactive(user, _answers) if _interactive(fault) else transport.auth_password(
                    user, _secret(f"{user}@{host}'s password: ")
                )
            except paramiko.AuthenticationException as again:
                fault = again
            except (EOFError, KeyboardInterrupt):
                break
            else:
                return
        raise SafeshellError(f"{user}@{host}: {fault}") from fault


def _station(text: str) -> tuple[str, str, int]:
    user, _, rest = text.rpartition("@")
    host, _, port = rest.rpartition(":")
    return user, host, int(port)


def _interactive(fault: Exception) -> bool:
    allowed = getattr(fault, "allowed_types", ())
    return "keyboard-interactive" in allowed and "password" not in allowed


def _answers(_title: str, _instructions: str, prompts: Sequence[tuple[str, bool]]) -> list[str]:
    return [_secret(prompt) for prompt, _ in prompts]


def _secret(prompt: str) -> str:
    from getpass import getpass

    return getpass(prompt)


# ---- sessions ----------------------------------------------------------------------------------------


def run_command(client: Client, command: str, *, silent: bool = False) -> int:
    """`ssh HOST COMMAND`: the streams of this process; the exit status of the other side, 255 when it went away.

    `silent`: nothing is given to the other side's standard input (-n).
    """
    channel = client.connect().open_session()
    _begin(channel, client, command)
    if silent:
        channel.shutdown_write()
    else:
        threading.Thread(target=_feed, args=(channel,), daemon=True).start()
    return _drain(channel)


def hold(client: Client) -> int:
    """`ssh -N`: no session, only what is forwarded, until the connection ends; 255 then."""
    transport = client.connect()
    while transport.is_active():
        transport.join(1.0)
    return 255


def run_terminal(
    client: Client,
    command: str,
    sides: Mapping[str, socket.socket],
    control: socket.socket | None = None,
    number: str = "",
) -> int:
    """A terminal's session with the channels of the hook beside it; over `control` the guard asks (sshtalk).

    Without a command the login shell, without sides nothing beside it.
    """
    transport = client.connect()
    channel = transport.open_session()
    rows, columns = _size()
    channel.get_pty(os.environ.get("TERM", "xterm"), columns, rows)
    _begin(channel, client, command)
    found = termios.tcgetattr(0)
    signal.signal(signal.SIGWINCH, lambda *_: channel.resize_pty(*reversed(_size())))
    if control is not None:
        starting = partial(_start_sides, transport, sides, number)
        threading.Thread(target=answer, args=(control, starting, partial(_look, transport)), daemon=True).start()
    try:
        tty.setraw(0, termios.TCSADRAIN)  # what was typed ahead stays
        threading.Thread(target=_feed, args=(channel,), daemon=True).start()
        return _drain(channel)
    finally:
        termios.tcsetattr(0, termios.TCSADRAIN, found)


def warn(sentence: str) -> None:
    """One line for the person; the session goes on."""
    os.write(2, f"safeshell: {sentence}\r\n".encode("utf-8", "replace"))


def _begin(channel: Any, client: Client, command: str) -> None:
    if client.target.setting("forwardagent") == "yes" and (complaint := forward_agent(channel)):
        warn(complaint)
    if command:
        channel.exec_command(command)
    else:
        channel.invoke_shell()


def _look(transport: Any, text: str, deadline: float) -> str | None:
    """What a read-only look at the other side prints; None when nothing came of it in time."""
    import paramiko

    until = time.monotonic() + deadline
    told = b""
    try:
        with transport.open_session(timeout=deadline) as channel:
            channel.exec_command(probe_command(text))
            channel.shutdown_write()
            while len(told) <= MOST:
                channel.settimeout(max(0.001, until - time.monotonic()))
                data = channel.recv(_CHUNK)
                if not data:
                    break
                told += data
            channel.status_event.wait(max(0.0, until - time.monotonic()))
            done = channel.exit_status_ready() and channel.recv_exit_status() == 0
    except (paramiko.SSHException, EOFError, OSError):
        return None
    return told.decode("utf-8", "replace") if done else None


def _start_sides(transport: Any, sides: Mapping[str, socket.socket], number: str, shell: str) -> None:
    """Open the channels once the other side waits for them; where one is refused, all of them end."""
    import paramiko

    try:
        for name in channels_of(shell):
            channel = transport.open_session()
            channel.exec_command(side_command(number, name, shell))
            for work in (_to_channel, _from_channel):
                threading.Thread(target=work, args=(channel, sides[name]), daemon=True).start()
        channel = transport.open_session()
        channel.exec_command(start_command(number, shell))
        channel.sendall(start_text(shell).encode())
        channel.shutdown_write()
    except (paramiko.SSHException, EOFError, OSError):
        for end in sides.values():
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)


def _to_channel(channel: Any, end: socket.socket) -> None:
    try:
        while data := end.recv(_CHUNK):
            channel.sendall(data)
        channel.shutdown_write()
    except OSError:
        return


def _from_channel(channel: Any, end: socket.socket) -> None:
    beginning = Beginning()
    try:
        while data := channel.recv(_CHUNK):
            end.sendall(beginning.feed(data))
        end.shutdown(socket.SHUT_RDWR)
    except OSError:
        return


def _feed(channel: Any) -> None:
    """Standard input to the other side, until either ends."""
    try:
        while data := os.read(0, _CHUNK):
            channel.sendall(data)
        channel.shutdown_write()
    except OSError:
        return


def _drain(channel: Any) -> int:
    """The other side's output to ours, until it ends."""
    while True:
        select.select([channel], [], [], 1.0)
        while channel.recv_ready():
            _write(1, channel.recv(_CHUNK))
        while channel.recv_stderr_ready():
            _write(2, channel.recv_stderr(_CHUNK))
        if channel.exit_status_ready() and not channel.recv_ready() and not channel.recv_stderr_ready():
            break
        if channel.closed:
            break
    for data in iter(lambda: channel.recv(_CHUNK), b""):
        _write(1, data)
    for data in iter(lambda: channel.recv_stderr(_CHUNK), b""):
        _write(2, data)
    code = channel.recv_exit_status() if channel.exit_status_ready() else -1
    return code if code >= 0 else 255


def _write(number: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(number, view) :]


def _size() -> tuple[int, int]:
    try:
        columns, rows = os.get_terminal_size(0)
    except OSError:
        return 24, 80
    return rows, columns
