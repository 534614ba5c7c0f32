"""Forwardings as they are written, and bytes between two sockets; over a real sshd: tests/live/test_ssh_paramiko."""

import socket
import threading

import pytest

from safeshell.gateways.sshforward import Forward, Forwards, join, read_forward
from safeshell.model.errors import SafeshellError


@pytest.mark.parametrize(
    ("text", "read", "shown"),
    [
        ("8080:db:5432", Forward("localhost", 8080, "db", 5432), "8080 [db]:5432"),
        ("8080 db:5432", Forward("localhost", 8080, "db", 5432), "8080 [db]:5432"),
        ("*:8080:db:5432", Forward("", 8080, "db", 5432), "[*]:8080 [db]:5432"),
        (":8080:db:5432", Forward("", 8080, "db", 5432), "[*]:8080 [db]:5432"),
        ("127.0.0.2:1:[2001:db8::7]:22", Forward("127.0.0.2", 1, "2001:db8::7", 22), "[127.0.0.2]:1 [2001:db8::7]:22"),
        ("[::1]:1 [::2]:65535", Forward("::1", 1, "::2", 65535), "[::1]:1 [::2]:65535"),
    ],
)
def test_forms(text, read, shown):
    """With and without an address to bind, brackets round IPv6, the command line's colon or a configuration's blank."""
    assert read_forward(text) == read
    assert str(read) == shown
    assert read_forward(shown) == read


@pytest.mark.parametrize(
    "text", ["8080", "8080:db", "x:db:1", "1:db:x", "0:db:1", "65536:db:1", "/run/a:db:1", "1:/run/b", "1::2", "a:b:c:d:e", "²:db:1"]
)  # fmt: skip
def test_other_forms_are_refused(text):
    """Sockets of the file system, a port alone, and numbers that are no ports: a sentence that names the text."""
    with pytest.raises(SafeshellError, match="forwarding"):
        read_forward(text)


def test_a_port_that_is_taken_is_told():
    """One sentence, and nothing is left open."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        complaints = Forwards().open(None, [Forward("127.0.0.1", port, "db", 1)], [])
    assert len(complaints) == 1
    assert f"local port {port} can't be opened: " in complaints[0]


class Far:
    """A socket with the methods of a channel that are used."""

    def __init__(self, end: socket.socket) -> None:
        self.recv, self.sendall, self.close = end.recv, end.sendall, end.close
        self.shutdown_write = lambda: end.shutdown(socket.SHUT_WR)


def test_bytes_go_both_ways_and_ends_are_passed_on():
    """More than a buffer each way; after one side's end the other still answers."""
    (here, near), (far, there) = socket.socketpair(), socket.socketpair()
    join(Far(far), near)
    data = bytes(range(256)) * 4000
    for ours, theirs in ((here, there), (there, here)):
        sender = threading.Thread(target=ours.sendall, args=(data,))
        sender.start()
        assert theirs.recv(len(data), socket.MSG_WAITALL) == data
        sender.join()
    here.shutdown(socket.SHUT_WR)
    assert there.recv(1) == b""
    there.sendall(b"late")
    there.close()
    assert here.recv(10, socket.MSG_WAITALL) == b"late"
    here.close()
