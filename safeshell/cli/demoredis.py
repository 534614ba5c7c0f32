"""`safeshell demo redis`: safe-redis-cli before a throwaway cache that somebody reads, as if it were production.

A keeper process starts the server and ends it by the pid it got, whatever happens to us. What must not live here:
safe-redis-cli itself.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from functools import partial

from safeshell.cli.demokeeper import keeper
from safeshell.cli.demoterminal import DemoError, at_a_terminal, plain_environ
from safeshell.gateways.redislink import RedisLink
from safeshell.gateways.redistarget import RedisTarget
from safeshell.model.errors import PreviewError

SERVERS = ("redis-server", "valkey-server")
_CLIENTS = ("redis-cli", "valkey-cli")
_PATIENCE = 20.0
_CARTS, _USERS, _MEMBERS = 20_000, 500, 12_000
_WELCOME = (
    "This is redis-cli, guarded as if this server were production. The server is a throwaway cache that somebody reads:",
    "whatever you confirm really happens there, and all of it goes when you leave.",
)
_TRY = (
    ("GET cart:17", "a read: passes, nothing is said"),
    ("FLUSHDB", "all keys, and who would feel it; Esc is no"),
    ("DEL user:1 user:2", "what they hold; confirmed, an undo kit is kept"),
    ("SET note hello", "a new key: one key unlocks writes"),
    ("KEYS *", "how many keys it walks over, and the lighter way"),
    ("SMEMBERS visitors", "counted before it is read"),
    ("CONFIG SET maxmemory 2mb", "what it is now, and what would go at once"),
    ("SHUTDOWN NOSAVE", "who is connected, and what is thrown away"),
    ("quit", "leave; nothing stays behind"),
)


def run() -> int:
    """redis-cli's exit status; 2 without a terminal, 1 without a server."""
    return at_a_terminal(demo_redis, _session)


@contextlib.contextmanager
def demo_redis() -> Iterator[str]:
    """The socket of a filled server in a directory of its own; both are gone afterwards. Raises DemoError."""
    server = next((found for name in SERVERS if (found := shutil.which(name))), None)
    client = next((found for name in _CLIENTS if (found := shutil.which(name))), None)
    if server is None or client is None:
        raise DemoError("there is no Redis or Valkey server here with its client: apt install redis, or valkey")
    top = os.path.realpath(tempfile.mkdtemp(prefix="safeshell-redis-", dir="/tmp"))
    kept, lease = keeper(partial(_keep, top, server, client))
    try:
        _fill(f"{top}/cache")
        yield f"{top}/cache"
    finally:
        os.close(lease)
        os.waitpid(kept, 0)


def _session(socket: str) -> int:
    from safeshell.cli.saferediscli import main

    print(*intro(shutil.get_terminal_size().columns), sep="\n", flush=True)
    environ = _environ(os.path.dirname(socket), os.environ)
    os.environ.clear()
    os.environ.update(environ)
    return main(["-s", socket])


def intro(columns: int) -> Iterator[str]:
    """What to try, for a terminal of this width."""
    import textwrap

    yield ""
    yield from textwrap.wrap(" ".join(_WELCOME), min(columns, 90) - 1, break_on_hyphens=False)
    yield ""
    for line, told in _TRY:
        yield from textwrap.wrap(
            f"{line:<26} {told}", max(columns - 3, 30), initial_indent="  ", subsequent_indent="      "
        )
    yield ""


def _environ(top: str, environ: Mapping[str, str]) -> dict[str, str]:
    """Nothing that names a real server, key or configuration."""
    return plain_environ(environ) | {
        "HOME": top,
        "PATH": environ.get("PATH", os.defpath),
        "SAFESHELL_STATE_DIR": f"{top}/state",
        "SAFESHELL_TIER": "production",
    }


def _fill(socket: str) -> None:
    """Carts that expire, users that do not, a big set, and another database. Raises DemoError."""
    link = RedisLink(RedisTarget(socket=socket))
    until = time.monotonic() + _PATIENCE
    while True:
        link.deadline = time.monotonic() + _PATIENCE
        try:
            link.place((), 0)
            break
        except PreviewError as fault:
            if time.monotonic() > until:
                raise DemoError(f"the demo's server did not start: {fault}") from fault
            time.sleep(0.05)
    link.many(
        [(b"SET", b"cart:%d" % number, b"3 items" * 9, b"EX", b"%d" % (600 + number)) for number in range(_CARTS)]
    )
    link.many([(b"HSET", b"user:%d" % number, b"name", b"ann", b"mail", b"a@b.example") for number in range(_USERS)])
    link.call(b"SADD", b"visitors", *(b"%d" % number for number in range(_MEMBERS)))
    link.place((), 1)
    link.many([(b"SET", b"session:%d" % number, b"x" * 40, b"EX", b"86400") for number in range(_USERS)])
    link.close()


def _keep(top: str, server: str, client: str, wait: Callable[[], object]) -> None:
    """Start both, wait for the end of the pipe, take everything down."""
    quiet = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    socket = f"{top}/cache"
    settings = ["--port", "0", "--unixsocket", socket, "--unixsocketperm", "700", "--dir", top, "--save", ""]
    started = [subprocess.Popen([server, *settings], **quiet)]  # type: ignore[call-overload]  # three streams
    while not os.path.exists(socket) and started[0].poll() is None:
        time.sleep(0.02)
    reading = [client, "-s", socket, "-r", "-1", "-i", "0.002", "get", "cart:17"]
    started.append(subprocess.Popen(reading, **quiet))  # type: ignore[call-overload]  # as above
    wait()
    for process in reversed(started):
        process.terminate()
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
    shutil.rmtree(top, ignore_errors=True)
