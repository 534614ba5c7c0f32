"""What the guard asks of our own ssh client, which runs in another process: start the channels, take a look there.

One line of JSON a message, over a socket that only the two have. What must not live here: connecting
(sshparamiko), what a look is made of (sshpreview).
"""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Callable
from typing import Any

MOST = 1024 * 1024
"""Bytes of a look that are told; a longer one is as good as failed."""

Look = Callable[[str, float], str | None]
"""Runs a text of sh on the other side within so many seconds; what it prints, None when nothing came of it."""


class Asker:
    """The guard's end."""

    def __init__(self, end: socket.socket) -> None:
        self._end = end
        self._number = 0
        self._held = b""
        self._lock = threading.Lock()

    def start(self, shell: str) -> None:
        """Have the channels of this shell opened."""
        self._send({"start": shell})

    def look(self, text: str, deadline: float) -> str | None:
        """A look at the other side; None when it failed, took longer, or the client is gone."""
        with self._lock:
            self._number += 1
            if not self._send({"look": text, "number": self._number, "deadline": deadline}):
                return None
            until = time.monotonic() + deadline
            while (left := until - time.monotonic()) > 0:
                reply = self._reply(left)
                if reply is None or reply.get("number") == self._number:
                    told = (reply or {}).get("told")
                    return told if isinstance(told, str) else None
        return None

    def close(self) -> None:
        """Nothing more will be asked for."""
        self._end.close()

    def _send(self, message: dict[str, Any]) -> bool:
        try:
            self._end.settimeout(None)
            self._end.sendall(json.dumps(message).encode() + b"\n")
        except OSError:
            return False
        return True

    def _reply(self, seconds: float) -> dict[str, Any] | None:
        """The next message; None when none came in time."""
        until = time.monotonic() + seconds
        while b"\n" not in self._held:
            try:
                self._end.settimeout(max(0.001, until - time.monotonic()))
                data = self._end.recv(65536)
            except OSError:
                return None
            if not data:
                return None
            self._held += data
        line, _, self._held = self._held.partition(b"\n")
        return dict(json.loads(line))


def answer(end: socket.socket, start: Callable[[str], object], look: Look) -> None:
    """The client's end: does what is asked until the guard is gone. Looks are taken side by side."""
    lock = threading.Lock()

    def take(message: dict[str, Any]) -> None:
        told = look(message["look"], message["deadline"])
        reply = {"number": message["number"], "told": told if told is None or len(told) <= MOST else None}
        try:
            with lock:
                end.sendall(json.dumps(reply).encode() + b"\n")
        except OSError:
            return

    with end.makefile("rb") as lines:
        for line in lines:
            message = json.loads(line)
            if "start" in message:
                start(message["start"])
            else:
                threading.Thread(target=take, args=(message,), daemon=True).start()
