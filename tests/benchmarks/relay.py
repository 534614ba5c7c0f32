"""A bare poll relay between unix sockets: what any proxy in Python costs that looks at nothing.

The baseline of the database benchmarks. Run as `python -m tests.benchmarks.relay LISTEN TARGET`; it
prints a line when it listens. What must not live here: anything that knows a protocol.
"""

from __future__ import annotations

import os
import select
import socket
import sys

CHUNK = 131072


class Relay:
    """Pairs of sockets; what comes in on one side goes out on the other."""

    def __init__(self, path: str, target: str) -> None:
        self.target = target
        self.poll = select.poll()
        self.ends: dict[int, socket.socket] = {}
        self.others: dict[int, int] = {}
        self.waiting: dict[int, bytearray] = {}
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(path)
        self.listener.listen(64)
        self.listener.setblocking(False)
        self.poll.register(self.listener, select.POLLIN)

    def run(self) -> None:
        while True:
            for descriptor, events in self.poll.poll():
                if descriptor == self.listener.fileno():
                    self.accept()
                elif descriptor in self.ends:
                    self.serve(descriptor, events)

    def accept(self) -> None:
        client, _ = self.listener.accept()
        server = socket.socket(socket.AF_UNIX)
        server.connect(self.target)
        for end, other in ((client, server), (server, client)):
            end.setblocking(False)
            self.ends[end.fileno()] = end
            self.others[end.fileno()] = other.fileno()
            self.waiting[end.fileno()] = bytearray()
            self.poll.register(end, select.POLLIN)

    def serve(self, descriptor: int, events: int) -> None:
        if events & select.POLLOUT:
            self.send(descriptor, b"")
        if events & (select.POLLIN | select.POLLHUP):
            data = self.ends[descriptor].recv(CHUNK)
            if data:
                self.send(self.others[descriptor], data)
            else:
                self.close(descriptor)

    def send(self, descriptor: int, data: bytes) -> None:
        waiting = self.waiting[descriptor]
        data = bytes(waiting) + data if waiting else data
        try:
            sent = self.ends[descriptor].send(data)
        except BlockingIOError:
            sent = 0
        self.waiting[descriptor] = bytearray(data[sent:])
        more = sent < len(data)
        self.poll.modify(descriptor, select.POLLIN | (select.POLLOUT if more else 0))
        # While something waits here, nothing more is read on the other side.
        self.poll.modify(self.others[descriptor], 0 if more else select.POLLIN)

    def close(self, descriptor: int) -> None:
        for end in (descriptor, self.others[descriptor]):
            self.poll.unregister(end)
            self.ends.pop(end).close()
            self.waiting.pop(end)
        self.others.pop(self.others.pop(descriptor))


def main(words: list[str]) -> None:
    relay = Relay(*words)
    os.write(1, b"ready\n")
    relay.run()


if __name__ == "__main__":
    main(sys.argv[1:])
