"""One client connection: bytes both ways, holding, back pressure, ends of either side."""

from __future__ import annotations

import socket
import threading
import time

import pytest

from safeshell.gateways.wire import Proxy
from safeshell.gateways.wireline import WAITING_MOST
from tests.gateways.wiremaking import PassAdapter, connect, echo_server, receive


@pytest.fixture
def served(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    tmp_path.chmod(0o700)
    with echo_server(tmp_path) as target:
        adapter = PassAdapter(target)
        with Proxy(adapter, socket_name="db") as proxy, proxy.serving():
            yield proxy, adapter


def test_bytes_pass_both_ways_unchanged(served):
    """A megabyte there and back, while both directions are busy."""
    proxy, _ = served
    data = bytes(range(256)) * 4096
    with connect(proxy.socket_path) as client:
        sender = threading.Thread(target=client.sendall, args=(data,))
        sender.start()
        assert receive(client, len(data)) == data
        sender.join()


def test_one_held_connection_does_not_stall_another(served):
    """While the first waits, a second talks; the first goes on when it is released."""
    proxy, adapter = served
    with connect(proxy.socket_path) as first, connect(proxy.socket_path) as second:
        first.sendall(b"HOLD this")
        assert adapter.heard.wait(5)
        for number in range(50):
            second.sendall(b"%03d" % number)
            assert receive(second, 3) == b"%03d" % number
        first.settimeout(0.1)
        with pytest.raises(TimeoutError):
            first.recv(10)
        first.settimeout(5)
        held = next(session for session in adapter.sessions if session.waiting)
        proxy.hub.call(held.release)
        assert receive(first, 9) == b"HOLD this"


def test_a_client_that_is_gone_while_it_is_held_is_told_to_the_session(served):
    """Even though nothing is read from it any more."""
    proxy, adapter = served
    client = connect(proxy.socket_path)
    client.sendall(b"HOLD")
    assert adapter.heard.wait(5)
    client.close()
    assert adapter.gone.wait(5)
    until = time.monotonic() + 5
    while not adapter.ended_count and time.monotonic() < until:
        time.sleep(0.01)
    assert adapter.ended_count == 1
    assert not proxy.lines


def test_a_held_client_is_read_no_further_than_a_bound(served):
    """It blocks in its own send, and the guard's memory stays small."""
    proxy, adapter = served
    with connect(proxy.socket_path) as client:
        client.sendall(b"HOLD")
        assert adapter.heard.wait(5)
        client.settimeout(0.5)
        with pytest.raises(TimeoutError):
            client.sendall(b"x" * (1 << 23))
        assert len(adapter.sessions[0].waiting) < 1 << 20


def test_a_client_that_reads_nothing_stops_the_reading_of_its_server(served):
    """What waits for it is bounded."""
    proxy, _ = served
    with connect(proxy.socket_path) as client:
        client.settimeout(0.5)
        with pytest.raises(TimeoutError):
            client.sendall(b"x" * (WAITING_MOST * 16))
        line = proxy.lines[0]
        assert proxy.hub.call(lambda: len(line._for_client)) < WAITING_MOST * 2
        assert proxy.hub.call(lambda: len(line._for_server)) < WAITING_MOST * 2


def test_a_server_that_goes_away_is_told_and_then_the_client_is_let_go(served):
    """The last words arrive, then the end."""
    proxy, adapter = served
    with connect(proxy.socket_path) as client:
        client.sendall(b"hello")
        assert receive(client, 5) == b"hello"
        client.sendall(b"BYE")
        assert receive(client, 100) == b"the server went away"
    assert adapter.sessions[0].server_problem == ""


def test_a_server_that_cannot_be_reached_is_told_in_the_clients_protocol(served):
    """The session says it, then the line hangs up."""
    proxy, adapter = served
    adapter.target += ".missing"
    with connect(proxy.socket_path) as client:
        client.sendall(b"hello")
        assert receive(client, 100) == b"nobody listens there: No such file or directory"


def test_a_redial_keeps_the_client(served):
    """The old stream is dropped, what the session then sends goes to the new one."""
    proxy, adapter = served
    with connect(proxy.socket_path) as client:
        client.sendall(b"one")
        assert receive(client, 3) == b"one"
        session = adapter.sessions[0]
        before = session.line.stream

        def again():
            session.line.redial()
            session.server += b"two"
            session.line.flush()

        proxy.hub.call(again)
        assert receive(client, 3) == b"two"
        assert session.line.stream is not before


def test_a_half_closed_client_is_gone(served):
    """Nobody half-closes a database connection; what is held must not run for nobody."""
    proxy, adapter = served
    with connect(proxy.socket_path) as client:
        client.sendall(b"HOLD")
        assert adapter.heard.wait(5)
        client.shutdown(socket.SHUT_WR)
        assert adapter.gone.wait(5)
