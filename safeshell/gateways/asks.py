"""The desk where the hook's questions arrive: frames to Guard calls, conclusions to answers.

What must not live here: terminals, polling, what makes a line dangerous.
Law: everything unclear is refused, and a refusal is sent even when telling the person fails.
"""

from __future__ import annotations

import os
import select
import time
from typing import TYPE_CHECKING

from safeshell.gateways import prompt
from safeshell.gateways.ports import SubmittedLine
from safeshell.model.effects import Effect
from safeshell.protocols.hook import Answered, Broken, Done, Flags, Hello, HookMachine, Prompted, Submitted

if TYPE_CHECKING:
    import _socket
    from collections.abc import Mapping, Sequence

    from safeshell.gateways.launch import Child
    from safeshell.gateways.loop import Session
    from safeshell.gateways.ports import PromptStatus
    from safeshell.model.facts import Question
    from safeshell.model.judgement import Conclusion
    from safeshell.protocols.hook import HookEvent

_QUESTION_DEADLINE = 2.0
_ROUNDS = 4


class Channel:
    """One connection to a shell: its socket and its machine."""

    def __init__(self, end: _socket.socket, nonce: str) -> None:
        self.end = end
        self.machine = HookMachine(nonce)
        self.later: list[HookEvent] = []
        end.setblocking(False)

    def fileno(self) -> int:
        """The descriptor to poll."""
        return self.end.fileno()

    def read(self) -> bool:
        """Take what arrived; False at the end or when the peer broke the rules."""
        try:
            data = self.end.recv(65536)
        except BlockingIOError:
            return True
        except OSError:
            return False
        self.machine.receive_from_client(data)
        return bool(data) and not self.machine.broken

    def send(self) -> None:
        """Send the machine's answers, waiting at most a second for a shell that doesn't read."""
        data = self.machine.data_to_client()
        while data:
            try:
                data = data[self.end.send(data) :]
            except BlockingIOError:
                if not select.select([], [self.end], [], 1.0)[1]:
                    return
            except OSError:
                return

    def next_events(self) -> list[HookEvent]:
        """Events that were put off, then new ones."""
        found = self.later + self.machine.events()
        self.later = []
        return found


class Desk:
    """Serves the channels of a session; owns what the shell told about itself."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._guard = session.guard
        self._aliases: frozenset[str] = frozenset()
        self._functions: frozenset[str] = frozenset()
        self._token: _socket.socket | None = None
        self.judging = False
        self.shown: PromptStatus | None = None
        self._hooked: set[int] = set()
        self._sticky = False

    def channels(self, child: Child) -> tuple[Channel, ...]:
        """The channels of the first shell, ready to poll."""
        self._token = child.token
        return Channel(child.line, child.nonce), Channel(child.backstop, child.nonce)

    def tick(self) -> int | None:
        """Time-driven work; milliseconds until the next, None when nothing is due."""
        return None

    def typed(self, data: bytes) -> bytes:
        """What of the person's typing goes on to the shell."""
        self._sticky = False
        return data

    def serve(self, channel: Channel) -> bool:
        """Read and answer; False when this channel is at its end."""
        alive = channel.read()
        while events := channel.next_events():
            for event in events:
                self._handle(channel, event)
        channel.send()
        if not alive:
            channel.end.close()
        return alive

    def _handle(self, channel: Channel, event: HookEvent) -> None:
        if isinstance(event, Submitted):
            self._submitted(channel, event)
        elif isinstance(event, Prompted):
            self._prompted(channel, event)
        elif isinstance(event, Done):
            self._pass_token()
        elif isinstance(event, Hello):
            self._hooked.add(event.pid)
        elif isinstance(event, Broken):
            self._guard.note("broken", event.problem)

    def _pass_token(self) -> None:
        if self._token is not None:
            try:
                self._token.send(b"t")
            except OSError:
                return

    # ---- lines --------------------------------------------------------------------------------

    def _submitted(self, channel: Channel, event: Submitted) -> None:
        if self._sticky and not event.backstop:
            channel.machine.refuse(event.id, "the rest of a paste after a refused line", _cancel(event))
            return
        conclusion = self._judge(channel, event)
        if conclusion is not None and conclusion.released:
            channel.machine.release(event.id, _flags(conclusion))
            self._say(conclusion.message)
            return
        channel.machine.refuse(event.id, "refused", _cancel(event))
        self._sticky = True
        self._say(conclusion.message if conclusion is not None else "safeshell: refused: the question was broken off")

    def _judge(self, channel: Channel, event: Submitted) -> Conclusion | None:
        """The guard's conclusion; None when there is none, which means no."""
        line = self._line(channel, event)
        self.judging = True
        try:
            return self._guard.judge(line)
        except KeyboardInterrupt:
            return None
        except Exception as problem:  # noqa: BLE001 - whatever fails in judging, the answer is no and the shell lives on
            self._guard.note("failed", f"{type(problem).__name__}: {problem}")
            self._say(f"safeshell: refused: judging this line failed ({type(problem).__name__}: {problem})")
            return None
        finally:
            self.judging = False

    def _line(self, channel: Channel, event: Submitted) -> SubmittedLine:
        rounds = iter(range(_ROUNDS))

        def ask_shell(questions: Sequence[Question]) -> Mapping[Question, str | None]:
            if not questions or next(rounds, None) is None:
                return {}
            return self._ask_shell(channel, event, questions)

        return SubmittedLine(
            id=event.id,
            text=event.text,
            cwd=event.cwd,
            source="backstop" if event.backstop else "line",
            continued=event.continued,
            unseen=event.unseen,
            pid=event.pid,
            aliases=self._aliases,
            functions=self._functions,
            ask_shell=ask_shell,
        )

    def _ask_shell(self, channel: Channel, event: Submitted, questions: Sequence[Question]) -> Mapping[Question, str | None]:
        askable = [question for question in questions if "\n" not in question.subject]
        channel.machine.ask(event.id, tuple(f"{question.about.value} {question.subject}" for question in askable))
        channel.send()
        deadline = time.monotonic() + _QUESTION_DEADLINE
        while (left := deadline - time.monotonic()) > 0:
            if not select.select([channel.end], [], [], left)[0] or not channel.read():
                break
            for happened in channel.machine.events():
                if isinstance(happened, Answered) and happened.id == event.id:
                    return dict(zip(askable, happened.values, strict=False))
                channel.later.append(happened)
        return {}

    def _say(self, message: str) -> None:
        if message:
            try:
                self._session.notify(message)
            except OSError:
                return

    # ---- prompts ------------------------------------------------------------------------------

    def _prompted(self, channel: Channel, event: Prompted) -> None:
        self._aliases, self._functions = event.aliases, event.functions
        if event.last:
            self._guard.command_ended(event.last, event.status)
        self.shown = self._guard.status()
        text = prompt.segment(self.shown, colour=prompt.coloured(os.environ))
        channel.machine.prompt(event.id, text)
        self._session.retitle()


def _cancel(event: Submitted) -> Flags:
    return Flags.CANCEL if event.continued else Flags.NONE


def _flags(conclusion: Conclusion) -> Flags:
    flags = Flags.BACKSTOP if conclusion.backstop else Flags.NONE
    if Effect.LEAVES_GUARD in conclusion.assessment.effects:
        flags |= Flags.LEAVES
    return flags
