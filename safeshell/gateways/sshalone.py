"""A followed call without OpenSSH: our own client runs in the pty's child, its channels lead to the hook.

What must not live here: the protocol (sshparamiko), the session's loop, judging.
"""

from __future__ import annotations

import fcntl
import os
import socket
import sys
import termios

from safeshell.gateways import rundir
from safeshell.gateways.launch import Child, _copy_terminal
from safeshell.gateways.sshparamiko import Client, run_terminal
from safeshell.gateways.sshtalk import Asker
from safeshell.gateways.sshtexts import CHANNELS, boot_command
from safeshell.model.errors import SafeshellError
from safeshell.shells import SHELLS

FAILED = 255
"""ssh's own exit status for what it could not do."""


class AloneSides:
    """Tells the client in the child which shell waits there; the client has the other ends of our channels."""

    def __init__(self, number: str, control: socket.socket) -> None:
        self.number = number
        self.started = False
        self._asker = Asker(control)

    def start(self, shell: str) -> None:
        """Have the channels opened."""
        self.started = True
        self._asker.start(shell)

    def stop(self) -> None:
        """Nothing more will be asked for."""
        self._asker.close()

    def probe(self, text: str, deadline: float) -> str | None:
        """A read-only look at the other side over the client's connection."""
        return self._asker.look(text, deadline)


def launch_alone(client: Client, follow_sh: str = "bash") -> tuple[Child, AloneSides, int]:
    """Start our client in a pty of this terminal's size and modes; the third is where its output is read."""
    master, slave = os.openpty()
    _copy_terminal(slave)
    output, end = os.pipe()
    control, heard = socket.socketpair()
    number = os.urandom(6).hex()
    pairs = [socket.socketpair() for _ in CHANNELS]
    nonce = os.urandom(16).hex()
    pairs[0][0].send(nonce.encode())
    pairs[2][0].send(b"t")
    directory = rundir.make()
    pid = os.fork()
    if pid == 0:
        # Copies of the other ends would keep an end of file from being seen.
        for ours in (master, output):
            os.close(ours)
        for end_here in (control, *(pair[0] for pair in pairs)):
            end_here.close()
        sides = {name: pair[1] for name, pair in zip(CHANNELS, pairs, strict=True)}
        os._exit(_run(client, sides, heard, number, (slave, end), follow_sh))
    for theirs in (slave, end):
        os.close(theirs)
    heard.close()
    for pair in pairs:
        pair[1].close()
    line, backstop, token = (pair[0].detach() for pair in pairs)
    child = Child(SHELLS["bash"], pid, master, [line, line, backstop, backstop, token], nonce, directory)
    return child, AloneSides(number, control), output


def _run(  # noqa: PLR0913, PLR0917 - what the parent made, handed over once
    client: Client,
    sides: dict[str, socket.socket],
    heard: socket.socket,
    number: str,
    streams: tuple[int, int],
    follow_sh: str,
) -> int:
    """In the child: the leader of a session on the pty, then the client until it ends."""
    try:
        os.setsid()
        fcntl.ioctl(streams[0], termios.TIOCSCTTY, 0)
        for standard, stream in ((0, streams[0]), (1, streams[1]), (2, streams[0])):
            os.dup2(stream, standard)
        return run_terminal(client, boot_command(number, follow_sh), sides, heard, number)
    except SafeshellError as fault:
        os.write(2, f"safeshell: {fault}\r\n".encode("utf-8", "replace"))
    except (KeyboardInterrupt, EOFError):
        return 130
    except Exception as fault:  # noqa: BLE001 - a child must end here, and say why
        os.write(
            2, f"safeshell: the connection failed ({type(fault).__name__}: {fault})\r\n".encode("utf-8", "replace")
        )
    finally:
        sys.stdout.flush()
    return FAILED
