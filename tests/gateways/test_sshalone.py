"""Our own client in the pty's child, against a port that nobody listens at; a real one: tests/live/test_ssh_paramiko."""

import os
import select
import socket

from safeshell.gateways.sshalone import FAILED, launch_alone
from safeshell.gateways.sshparamiko import Client
from safeshell.gateways.sshtarget import SshTarget


def test_a_failed_connection_ends_the_child_with_a_sentence(monkeypatch, tmp_path):
    """255, the sentence on its terminal, and an end of file on each channel: nothing waits for an answer."""
    monkeypatch.setenv("SAFESHELL_STATE_DIR", str(tmp_path))
    monkeypatch.setenv("XDG_RUNTIME_DIR", "")
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    settings = {"hostname": ("127.0.0.1",), "port": (str(port),), "user": ("nobody",)}
    child, sides, output = launch_alone(Client(SshTarget("box", settings), {"HOME": str(tmp_path)}))
    status = os.waitstatus_to_exitcode(os.waitpid(child.pid, 0)[1])
    assert status == FAILED
    assert f"port {port}".encode() in os.read(child.master, 4096)
    assert os.read(output, 10) == b""
    for end in {child.ends[0], child.ends[2], child.ends[4]}:
        assert select.select([end], [], [], 2)[0]
    sides.stop()
    for number in {*child.ends, child.master, output}:
        os.close(number)
