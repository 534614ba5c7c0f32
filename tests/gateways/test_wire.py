"""The proxy: who is let in, the child and its exit status, what is left behind."""

from __future__ import annotations

import os
import signal
import stat
import sys
import threading
import time
from pathlib import Path

import pytest

from safeshell.gateways.wire import Proxy
from tests.gateways.wiremaking import PassAdapter, connect, echo_server, receive

CLIENT = """
import socket, sys
end = socket.socket(socket.AF_UNIX); end.connect(sys.argv[1]); end.sendall(b"ping")
got = end.recv(10); sys.exit(5 if got == b"ping" else 1)
"""


@pytest.fixture
def proxy(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    tmp_path.chmod(0o700)
    with echo_server(tmp_path) as target, Proxy(PassAdapter(target), socket_name="db", tcp=True) as made:
        yield made


def test_the_child_talks_through_the_proxy_and_its_exit_status_is_given_back(proxy):
    """The loop runs as long as the child does."""
    assert proxy.run([sys.executable, "-c", CLIENT, proxy.socket_path], os.environ) == 5


def test_a_child_that_dies_of_a_signal_gives_what_a_shell_would_give(proxy):
    """128 and the signal's number."""
    assert proxy.run(["sh", "-c", "kill -KILL $$"], os.environ) == 128 + signal.SIGKILL


def test_a_program_that_is_missing_or_cannot_run_is_said_so(proxy, capfd):
    """127 and 126, as in a shell."""
    assert proxy.run(["there-is-no-such-program"], os.environ) == 127
    assert "command not found" in capfd.readouterr().err
    assert proxy.run([proxy.socket_directory], os.environ) == 126


def test_an_interrupt_is_the_childs_business(proxy):
    """Ctrl-C reaches the whole group; the guard outlives it and hands on other signals."""
    code = (
        "import signal,time; signal.signal(signal.SIGTERM, lambda *_: exit(9)); print('up', flush=True); time.sleep(20)"
    )
    timers = [threading.Timer(1.0, os.kill, (os.getpid(), number)) for number in (signal.SIGINT, signal.SIGTERM)]
    for timer in timers:
        timer.start()
    assert proxy.run([sys.executable, "-c", code], os.environ) == 9
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_the_child_gets_the_signals_as_they_were(proxy):
    """Ignored in the guard, default in the client."""
    code = "import signal; exit(3 if signal.getsignal(signal.SIGQUIT) is signal.SIG_DFL else 4)"
    assert proxy.run([sys.executable, "-c", code], os.environ) == 3


def test_the_socket_is_private(proxy):
    """Only its owner may open it, and its directory."""
    assert stat.S_IMODE(Path(proxy.socket_path).stat().st_mode) == 0o600
    assert stat.S_IMODE(Path(proxy.socket_directory).stat().st_mode) == 0o700


def test_loopback_tcp_listens_beside_it(proxy):
    """For clients without unix sockets; the session sees that they came by TCP."""
    import socket

    with proxy.serving(), socket.create_connection(("127.0.0.1", proxy.port), timeout=5) as client:
        client.sendall(b"hello")
        assert receive(client, 5) == b"hello"
        assert proxy.lines[0].peer.tcp


def test_nothing_is_left_behind(tmp_path, monkeypatch):
    """Socket and directory are gone, descriptors closed, held clients told."""
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    tmp_path.chmod(0o700)
    with echo_server(tmp_path) as target:
        before = len(list(Path("/proc/self/fd").iterdir()))
        adapter = PassAdapter(target)
        with Proxy(adapter, socket_name="db") as proxy:
            with proxy.serving():
                client = connect(proxy.socket_path)
                client.sendall(b"HOLD")
                assert adapter.heard.wait(5)
            directory = proxy.socket_directory
        assert not Path(directory).exists()
        assert adapter.sessions[0].gone
        client.close()
        time.sleep(0.05)
        assert len(list(Path("/proc/self/fd").iterdir())) <= before


def test_running_out_of_descriptors_is_no_end(proxy):
    """New clients wait, those that are there go on, and later everybody is served."""
    import resource

    with proxy.serving(), connect(proxy.socket_path) as early:
        early.sendall(b"one")
        assert receive(early, 3) == b"one"
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        late = connect(proxy.socket_path)
        others = [connect(proxy.socket_path) for _ in range(3)]
        used = max(int(path.name) for path in Path("/proc/self/fd").iterdir()) + 1
        resource.setrlimit(resource.RLIMIT_NOFILE, (used, hard))
        try:
            early.sendall(b"two")
            assert receive(early, 3) == b"two"
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        late.sendall(b"late")
        assert receive(late, 4) == b"late"
        for end in (late, *others):
            end.close()
