"""Who listens, asked of real sockets."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

import pytest

from safeshell.facts.listeners import listener_of

pytestmark = pytest.mark.skipif(not Path("/proc/net/tcp").exists(), reason="there is no /proc here")
ME = Path(Path("/proc/self/cmdline").read_bytes().split(b"\0")[0].decode()).name


def test_a_tcp_port_of_ours():
    """The process that listens on a loopback port is named by its program."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        assert listener_of("localhost", str(server.getsockname()[1])) == ME
    assert "python" in ME or ME in sys.executable


def test_an_ipv6_port_of_ours():
    """IPv6 has a table of its own."""
    if not socket.has_ipv6:
        pytest.skip("no IPv6")
    try:
        server = socket.create_server(("::1", 0), family=socket.AF_INET6)
    except OSError:
        pytest.skip("no IPv6 address here")
    with server:
        assert listener_of("::1", str(server.getsockname()[1])) == ME


def test_a_unix_socket_of_ours(tmp_path: Path):
    """By its path, and by libpq's name in a directory."""
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / ".s.PGSQL.5432"))
        server.listen()
        assert listener_of(str(tmp_path), "5432") == ME
        assert listener_of(str(tmp_path / ".s.PGSQL.5432"), "") == ME


def test_accepted_connections_do_not_listen(tmp_path: Path):
    """They bear the path of the socket that does, but another process may hold them, or they are gone in a moment."""
    path = str(tmp_path / "s")
    with socket.socket(socket.AF_UNIX) as server, ExitStack() as held:
        server.bind(path)
        server.listen(40)
        accepted = []
        for _ in range(40):
            held.enter_context(socket.socket(socket.AF_UNIX)).connect(path)
            accepted.append(held.enter_context(server.accept()[0]))
        child = subprocess.Popen(["sleep", "60"], pass_fds=[one.fileno() for one in accepted])
        held.callback(child.wait)
        held.callback(child.kill)
        for one in accepted:
            one.close()
        assert listener_of(path, "") == ME


def test_nobody_listens(tmp_path: Path):
    """A free port, a word that is no port, an empty directory."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = str(server.getsockname()[1])
    assert listener_of("127.0.0.1", port) == ""
    assert listener_of("127.0.0.1", "postgres") == ""
    assert listener_of(str(tmp_path), "5432") == ""


def test_a_lock_file_is_a_hint_and_no_more(tmp_path: Path):
    """PostgreSQL's lock file names its pid: taken where that process holds the socket, looked past where it lies."""
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / ".s.PGSQL.5432"))
        server.listen()
        lock = tmp_path / ".s.PGSQL.5432.lock"
        for said in (f"{os.getpid()}\n/var/lib\n", "1\n", "no number\n", "", "99999999\n", "../self\n"):
            lock.write_text(said)
            assert listener_of(str(tmp_path), "5432") == ME
            assert listener_of(str(tmp_path / ".s.PGSQL.5432"), "") == ME


def test_a_listener_that_changed_its_user_is_found(tmp_path: Path):
    """The socket's file belongs to somebody else than the process: all processes are looked at."""
    if os.geteuid() != 0:
        pytest.skip("only root gives files away")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / ".s.PGSQL.5432"))
        server.listen()
        os.chown(tmp_path / ".s.PGSQL.5432", 65534, 65534)
        assert listener_of(str(tmp_path), "5432") == ME
