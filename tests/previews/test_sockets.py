"""Services and connections, with real sockets."""

from __future__ import annotations

import os
import socket

import psutil

from safeshell.previews.sockets import Service, name_of, traffic


def test_connections_are_counted_by_service():
    """Incoming ones belong to the listener, their other ends are outgoing; peers are addresses."""
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_server(("127.0.0.1", 0)) as idle:
        port = server.getsockname()[1]
        clients = [socket.create_connection(("127.0.0.1", port)) for _ in range(3)]
        accepted = [server.accept()[0] for _ in clients]
        seen = traffic()
        mine = traffic({os.getpid()})
        for one in (*clients, *accepted):
            one.close()
        idle_port = idle.getsockname()[1]
    by_port = {service.port: service for service in seen.services}
    assert by_port[port].connections == 3
    assert by_port[port].peers == {"127.0.0.1"}
    assert by_port[port].name == psutil.Process().name()
    assert by_port[idle_port].connections == 0
    assert seen.incoming >= 3
    assert seen.outgoing >= 3
    assert {port, idle_port} <= {service.port for service in mine.services}


def test_only_the_services_of_some_processes():
    """Nothing of this test when another process is asked for."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        assert server.getsockname()[1] not in {service.port for service in traffic({1}).services}


def test_one_line_a_service():
    """Port, process, connections; an unknown process is a question mark."""
    assert Service(443, "tcp", 1, "nginx", 212).line().split() == ["443/tcp", "nginx", "212", "connections"]
    assert Service(53, "udp").line().split() == ["53/udp", "?", "no", "connection"]


def test_names_of_processes():
    """A process that is gone has none."""
    assert name_of(os.getpid())
    assert name_of(None) == ""
    assert name_of(2**22 + 1) == ""
