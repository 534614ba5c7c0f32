"""A watched client of the tests: what its court was asked, and how it ended."""

import os
import threading

from safeshell.gateways.clients import Client, spawn
from safeshell.gateways.execwatch import ExecWatch


class Watched:
    """Run a program under the exec watch, refusing the texts that hold the word `forbidden`."""

    def __init__(
        self, *argv: str, programs: tuple[str, ...] = ("perl*",), sockets: frozenset[str] = frozenset(), **env: str
    ) -> None:
        self.started, self.refused, self.powerless = [], [], []
        self.lock = threading.Lock()
        spawned = spawn(argv, {**os.environ, **env}, watched=True)
        self.problem = spawned.problem
        self.client = Client(spawned)
        self.watch = ExecWatch(
            spawned.listener, programs, sockets, self.judge, self.refused.append, self.powerless.append
        )

    def judge(self, started) -> bool:
        with self.lock:
            self.started.append(started)
        if "crash" in started.text:
            raise RuntimeError(started.text)
        return "forbidden" not in started.text

    def run(self) -> int:
        self.watch.start()
        self.client.begin()
        status = self.client.wait()
        self.watch.stop()
        self.client.restore_signals()
        self.watch.keep()
        return status

    @property
    def texts(self) -> list[str]:
        return [started.text for started in self.started]
