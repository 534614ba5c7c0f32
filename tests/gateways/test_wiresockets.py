"""Sockets of the wire: private listeners, peers, streams that never block."""

from __future__ import annotations

import os
import socket
import ssl
import stat
import subprocess
import threading

import pytest

from safeshell.gateways import wiresockets
from safeshell.gateways.wiresockets import PlainStream, TlsStream, listen_loopback, listen_unix, peer_of


def test_a_peer_of_this_user_is_known_by_its_process(tmp_path):
    """SO_PEERCRED tells the pid and the user."""
    with listen_unix(str(tmp_path / "s")) as listener, socket.socket(socket.AF_UNIX) as client:
        client.connect(str(tmp_path / "s"))
        end, _ = listener.accept()
        with end:
            peer = peer_of(end)
    assert peer is not None
    assert (peer.pid, peer.uid, peer.tcp) == (os.getpid(), os.geteuid(), False)


def test_another_users_peer_is_not_let_in(tmp_path, monkeypatch):
    """Unless it is root."""
    monkeypatch.setattr(wiresockets.os, "geteuid", lambda: 4242)
    monkeypatch.setattr(wiresockets.struct, "unpack", lambda *_: (1, 77, 77))
    with listen_unix(str(tmp_path / "s")) as listener, socket.socket(socket.AF_UNIX) as client:
        client.connect(str(tmp_path / "s"))
        end, _ = listener.accept()
        with end:
            assert peer_of(end) is None
            monkeypatch.setattr(wiresockets.struct, "unpack", lambda *_: (1, 0, 0))
            assert peer_of(end) is not None


def test_a_unix_listener_is_its_owners_alone(tmp_path):
    """Mode 0600, whatever the umask."""
    before = os.umask(0)
    try:
        listen_unix(str(tmp_path / "s")).close()
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "s").stat().st_mode) == 0o600


def test_a_loopback_listener_is_on_loopback_only():
    """Nobody from another host gets there."""
    with listen_loopback() as listener:
        assert listener.getsockname()[0] == "127.0.0.1"


def test_a_plain_stream_never_blocks():
    """Nothing there is None, the end is empty bytes."""
    ours, theirs = socket.socketpair()
    stream = PlainStream(ours, "there")
    assert stream.recv(10) is None
    theirs.sendall(b"abc")
    assert stream.recv(10) == b"abc"
    while stream.send(b"x" * 65536):
        pass
    stream.close()
    theirs.close()
    ours, theirs = socket.socketpair()
    stream = PlainStream(ours, "there")
    theirs.close()
    assert stream.recv(10) == b""
    stream.close()


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tls")
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"]
    subprocess.run([*command, "-keyout", folder / "key", "-out", folder / "crt"], check=True, capture_output=True)
    return folder


def test_an_encrypted_stream_gives_everything_that_was_decrypted(certificate):
    """Poll tells nothing of what the library holds already, so a read leaves nothing inside."""
    ours, theirs = socket.socketpair()
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(certificate / "crt", certificate / "key")
    client = ssl.create_default_context(cafile=str(certificate / "crt"))
    data = os.urandom(100_000)

    def serve():
        with server.wrap_socket(theirs, server_side=True) as end:
            end.sendall(data)
            assert end.recv(5) == b"thank"

    thread = threading.Thread(target=serve)
    thread.start()
    stream = TlsStream(client.wrap_socket(ours, server_hostname="localhost"), "there")
    got = b""
    while len(got) < len(data):
        part = stream.recv(131072)
        got += part or b""
    assert got == data
    assert stream.recv(10) is None
    assert stream.send(b"thank") == 5
    thread.join(5)
    stream.close()
