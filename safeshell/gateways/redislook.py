"""Looking at the server for one held command: the barrier on the client's connection, then a second connection.

The barrier (`CLIENT INFO` behind everything that the client sent) makes sure that earlier commands of the pipeline
have run, and tells the database and the user that the connection really has. Worker threads only.
What must not live here: judging, what a preview shows (previews.redis).
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence

from safeshell.gateways.links import LinkError
from safeshell.gateways.redislink import RedisLink
from safeshell.gateways.redisports import RedisCase
from safeshell.languages.redis import split_line
from safeshell.languages.redis.server import described
from safeshell.model.effects import HARMLESS, Effect
from safeshell.model.errors import PreviewError
from safeshell.model.facts import Answer, Ask, Facts, Question
from safeshell.model.judgement import Assessment, Exactness, Preview
from safeshell.protocols.resp.values import Value
from safeshell.protocols.wire import Ran

LOCKED_OUT = frozenset({"NOAUTH"})
"""Errors that the server gives to every command of this connection: the held one gets its own."""
_FLAGS, _BELOW = 2, 9
"""Places of the flags and of the subcommands in what COMMAND INFO tells of a command."""


class ServerRefuses(Exception):  # noqa: N818 - the server's decision, not an error of ours
    """The server lets this connection do nothing: what was held may go on and gets the server's own answer."""


class Barrier:
    """Waits until everything before the held command has been answered."""

    def __init__(self, start: Callable[[], bool]) -> None:
        self._start = start
        self._done = threading.Event()
        self._ran: Ran | None = None

    def arrived(self, ran: Ran) -> None:
        """The answer is there; loop's thread."""
        self._ran = ran
        self._done.set()

    def stop(self) -> None:
        """Nobody waits any more."""
        self._done.set()

    def pass_(self, deadline: float) -> dict[str, str] | None:
        """The fields of CLIENT INFO; None where no barrier can be set. Raises LinkError, ServerRefuses."""
        if not self._start():
            return None
        if not self._done.wait(max(0.0, deadline - time.monotonic())):
            raise LinkError("earlier commands of this connection are still running", late=True)
        ran = self._ran
        if ran is None:
            raise LinkError("the client is gone", broken=True)
        if ran.error is not None:
            if ran.error.code in LOCKED_OUT:
                raise ServerRefuses(ran.error.message)
            return {}  # a server without CLIENT INFO, or one that forbids it
        text = (ran.rows[0][0] if ran.rows else "") or ""
        return dict(part.split("=", 1) for part in text.split() if "=" in part)


class Look:
    """One held command's view of the server. Implements previews.redis.Server and redisports.Looking."""

    def __init__(
        self,
        case: RedisCase,
        link: RedisLink,
        login: Sequence[bytes],
        barrier: Barrier,
        commands: dict[str, str | None],
    ) -> None:
        self._case = case
        self._link = link
        self._login = tuple(login)
        self._barrier = barrier
        self._commands = commands
        self._ready = False
        self.database = case.database

    # ---- previews.redis.Server ------------------------------------------------------------------

    def left(self) -> float:
        """Seconds until the deadline."""
        return self._link.left()

    def call(self, *words: bytes) -> Value:
        """One command."""
        return self._link.call(*words)

    def many(self, commands: Sequence[Sequence[bytes]]) -> list[Value]:
        """Commands in one go."""
        return self._link.many(commands)

    def select(self, database: int) -> None:
        """Look at another database from now on."""
        self._link.place(self._login, database)

    def extend(self, seconds: float) -> None:
        """A new deadline from now, in the command's own database."""
        self._link.deadline = time.monotonic() + seconds
        self._settle()

    # ---- the doors of the road ------------------------------------------------------------------

    def gather(self, questions: tuple[Question, ...], patience: float) -> Facts:
        """What the server answers; a question that it does not answer is left out. Raises ServerRefuses."""
        found: dict[Question, Answer] = {}
        try:
            self.extend(patience)
            for question in questions:
                self._answer(question, found)
        except PreviewError:
            return found
        return found

    def preview(self, assessment: Assessment, patience: float, undo_bytes: int) -> Preview:
        """The damage. Raises ServerRefuses only."""
        from safeshell.previews.redis import Inquiry, take

        if self._case.in_multi:
            return Preview("", exactness=Exactness.UNKNOWN, caveats=("inside MULTI nothing can be looked at",))
        try:
            self.extend(patience)
        except PreviewError as fault:
            return Preview("", exactness=Exactness.UNKNOWN, caveats=(str(fault),))
        reads = set(assessment.effects) <= HARMLESS | {Effect.BLOCKS_OTHERS}
        inquiry = Inquiry(self._case.name, self._case.words, self.database, reads=reads, undo_bytes=undo_bytes)
        return take(self, inquiry)

    # ---- within ---------------------------------------------------------------------------------

    def _settle(self) -> None:
        """Behind the barrier, as the client's user in the client's database."""
        if not self._ready:
            info = None if self._case.in_multi else self._barrier.pass_(self._link.deadline)
            if info is not None and info.get("db", "").isdigit():
                self.database = int(info["db"])
            if len(self._login) > 2 and (info or {}).get("user", self._named()) != self._named():  # noqa: PLR2004 - AUTH user pw
                self._login = ()  # the login that was seen did not succeed
            self._ready = True
        self._link.place(self._login, self.database)

    def _named(self) -> str:
        """The user of the login."""
        return self._login[1].decode("utf-8", "replace")

    def _answer(self, question: Question, found: dict[Question, Answer]) -> None:
        if question.about is Ask.SERVER_COMMAND:
            found[question] = self._command(question.subject)
            return
        words = [word.encode("latin-1", "replace") for word in split_line(question.subject) or []]
        if question.about is Ask.KEYS_ABSENT and not self._case.in_multi:
            number = self.call(b"EXISTS", *words)
            if isinstance(number, int):
                found[question] = number == 0
        elif question.about is Ask.KEY_SIZE:
            number = self.call(*words)
            if isinstance(number, int):
                found[question] = str(number)

    def _command(self, name: str) -> str | None:
        """What the server says of a command, asked once. Raises LinkError where it does not say."""
        if name not in self._commands:
            self._commands[name] = self._described(name)
        return self._commands[name]

    def _described(self, name: str) -> str | None:
        told = self.call(b"COMMAND", b"INFO", name.lower().encode("latin-1", "replace"))
        if not isinstance(told, list):
            raise LinkError("the server does not tell its commands")
        if told and isinstance(told[0], list):
            return _line(told[0])
        head, bar, _ = name.partition("|")
        if not bar:
            return None
        whole = self.call(b"COMMAND", b"INFO", head.lower().encode("latin-1", "replace"))
        if not (isinstance(whole, list) and whole and isinstance(whole[0], list)):
            return None
        below = whole[0][_BELOW] if len(whole[0]) > _BELOW else []
        return None if below else _line(whole[0])  # DEBUG keeps its subcommands to itself: any may be there


def _line(told: list[Value]) -> str:
    flags = told[_FLAGS] if len(told) > _FLAGS else []
    texts = [flag.decode("latin-1") for flag in flags if isinstance(flag, bytes)] if isinstance(flags, list) else []
    return described(told[0].decode("latin-1") if isinstance(told[0], bytes) else "", texts)
