"""The desk where the hook's questions arrive: frames to Guard calls, conclusions to answers.

What must not live here: terminals, polling, what makes a line dangerous.
Law: everything unclear is refused, and a refusal is sent even when telling the person fails.
"""

from __future__ import annotations

import os
import select
import time

from safeshell.gateways import prompt, rundir
from safeshell.gateways.channel import Channel, Owner, Token
from safeshell.gateways.ports import SubmittedLine
from safeshell.protocols.hook import Answered, Broken, Done, Flags, Hello, Prompted, Submitted
from safeshell.shells import SHELLS

TYPE_CHECKING = False  # typing costs 8 ms, and the first prompt waits
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from safeshell.gateways.launch import Child
    from safeshell.gateways.loop import Session
    from safeshell.gateways.ports import Inner, PromptStatus
    from safeshell.model.facts import Question
    from safeshell.model.judgement import Conclusion
    from safeshell.protocols.hook import HookEvent

_QUESTION_DEADLINE = 2.0
_ROUNDS = 4
_OWN = "__safeshell_"
"""The hook's own functions: what one of them does, where a person's line reaches it, a pack says."""


class Desk:
    """Serves the channels of a session; owns what the shells told about themselves."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._guard = session.guard
        self.judging = False
        self.shown: PromptStatus | None = None
        self.hooked: set[int] = set()
        self.stopping = 0
        self._sticky = False
        self._inners: list[tuple[Owner, Inner, tuple[Channel, ...]]] = []

    def first(self, child: Child) -> tuple[Channel, ...]:
        """The channels of the session's own shell."""
        return _channels(child.ends, child.nonce, placed=True)

    def knocked(self, pid: int, directory: str) -> tuple[Channel, ...]:
        """The channels of a shell inside that asks for a hook; empty when its pipes can't be opened."""
        try:
            ends = rundir.open_pipes(f"{directory}/n.{pid}")
        except OSError:
            return ()
        nonce = os.urandom(16).hex()
        os.write(ends[1], nonce.encode())
        return _channels(ends, nonce, placed=False)

    def typed(self) -> None:
        """The person pressed a key: what arrives from now on is theirs again."""
        self._sticky = False

    def serve(self, channel: Channel) -> bool:
        """Read and answer; False when this channel is at its end."""
        alive = channel.receive()
        while events := channel.next_events():
            for event in events:
                self._handle(channel, event)
                channel.send()
        if not alive:
            self._lost(channel)
        return alive

    def _lost(self, channel: Channel) -> None:
        channel.close()
        self.hooked.discard(channel.pid)
        self._session.look()

    def _handle(self, channel: Channel, event: HookEvent) -> None:
        if isinstance(event, Submitted):
            self._submitted(channel, event)
        elif isinstance(event, Prompted):
            self._prompted(channel, event)
        elif isinstance(event, Done):
            channel.token.put()
        elif isinstance(event, Hello):
            channel.pid = event.pid
            channel.owner.shell = event.shell if event.shell in SHELLS else "bash"
            self.hooked.add(event.pid)
            if channel.owner.inner is not None:
                channel.owner.inner.entered()
            self._session.entered(event.pid, keeps_names=SHELLS[channel.owner.shell].keeps_names)
        elif isinstance(event, Broken):
            self._guard.note("broken", event.problem)

    # ---- lines --------------------------------------------------------------------------------

    def _submitted(self, channel: Channel, event: Submitted) -> None:
        if event.backstop:
            channel.token.holder = event.pid
        elif self._sticky:
            channel.machine.refuse(event.id, "the rest of a paste after a refused line")
            return
        conclusion = self._judge(channel, event)
        if conclusion is not None and conclusion.released:
            channel.machine.release(event.id, _flags(conclusion, event.text), self._followed(channel, event))
            channel.send()  # the shell goes on while we keep our books
            self._session.gate_released(backstop=event.backstop)
            self._say(conclusion.message)
            return
        channel.machine.refuse(event.id, "refused")
        self._sticky = True
        if event.backstop and (event.pid in self.hooked or _group(event.pid) == self._session.inner.foreground()):
            self.stopping = event.pid
        self._say(conclusion.message if conclusion is not None else "")
        self._session.gate_refused()

    def _followed(self, channel: Channel, event: Submitted) -> str:
        """What has to run before the line so that the shell which it opens asks, too; "" for most lines."""
        following = getattr(channel.owner.inner or self._guard, "following", None)
        inner: Inner | None = following(event.id) if following is not None else None
        if inner is None:
            return ""
        inner.landing.served = True
        channels = _channels(inner.landing.ends, inner.landing.nonce, placed=False, inner=inner)
        self._inners.append((channel.owner, inner, channels))
        self._session.follow(channels)
        return inner.text(channel.owner.shell)

    def leave(self) -> None:
        """The session is over, and with it what its lines opened."""
        while self._inners:
            self._left(self._inners[0][0])

    def _left(self, owner: Owner) -> None:
        """The shell of `owner` shows a prompt: what its line opened is over."""
        for entry in [entry for entry in self._inners if entry[0] is owner]:
            self._inners.remove(entry)
            _, inner, channels = entry
            self._left(channels[0].owner)
            self._session.unfollow(channels)
            for channel in channels:
                self.hooked.discard(channel.pid)
                channel.close()
            os.close(channels[0].token.fd)
            inner.close()

    @property
    def abroad(self) -> bool:
        """True while a followed shell runs whose process numbers mean nothing here."""
        return any(inner.foreign and channels[0].pid for _, inner, channels in self._inners)

    @property
    def leaving(self) -> str:
        """What runs without a guard where nobody sees the processes, "" for nothing."""
        return next((inner.leaving for _, inner, _ in reversed(self._inners) if inner.leaving), "")

    def _judge(self, channel: Channel, event: Submitted) -> Conclusion | None:
        """The guard's conclusion; None when there is none, which means no."""
        line = self._line(channel, event)
        self.judging = True
        try:
            return (channel.owner.inner or self._guard).judge(line)
        except KeyboardInterrupt:
            self._say("safeshell: refused: the question was broken off, nothing ran")
        except Exception as problem:  # noqa: BLE001 - whatever fails in judging, the answer is no and the shell lives on
            self._guard.note("failed", f"{type(problem).__name__}: {problem}")
            self._say(
                f"safeshell: refused: judging this line failed ({type(problem).__name__}: {problem}); nothing ran"
            )
        finally:
            self.judging = False
        return None

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
            aliases=channel.owner.aliases,
            functions=channel.owner.functions,
            shell=channel.owner.shell,
            traits=channel.owner.traits,
            ask_shell=ask_shell,
        )

    def _ask_shell(
        self, channel: Channel, event: Submitted, questions: Sequence[Question]
    ) -> Mapping[Question, str | None]:
        askable = [question for question in questions if "\n" not in question.subject]
        channel.machine.ask(event.id, tuple(f"{question.about.value} {question.subject}" for question in askable))
        channel.send()
        deadline = time.monotonic() + _QUESTION_DEADLINE
        while (left := deadline - time.monotonic()) > 0:
            if not select.select([channel.reads], [], [], left)[0] or not channel.receive():
                break
            for happened in channel.machine.events():
                if isinstance(happened, Answered) and happened.id == event.id:
                    told = zip(askable, happened.values, strict=False)
                    return dict(pair for number, pair in enumerate(told) if number not in happened.untold)
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
        owner = channel.owner
        owner.aliases, owner.traits = event.aliases, event.traits
        owner.functions = frozenset(name for name in event.functions if not name.startswith(_OWN))
        self.stopping = 0
        missing = [*event.missing, *([] if event.keys else ["keys"])]
        if missing:
            self._guard.note("tampering", "taken from the hook and put back: " + ", ".join(missing))
            self._say("safeshell: the guard's hook had been changed (" + ", ".join(missing) + "); it is in place again")
        self._left(owner)
        if event.last:
            (owner.inner or self._guard).command_ended(event.last, event.status)
        self.shown = (owner.inner or self._guard).status()
        text = prompt.segment(self.shown, SHELLS[owner.shell].invisible, colour=prompt.coloured(os.environ))
        channel.machine.prompt(event.id, text, event.trap)
        self._session.before_prompt()  # what the line wrote comes before the title
        channel.send()
        self._session.prompted(self.shown)


def _channels(ends: Sequence[int], nonce: str, *, placed: bool, inner: Inner | None = None) -> tuple[Channel, ...]:
    token, owner = Token(ends[4], placed=placed), Owner(inner)
    return Channel(ends[0], ends[1], nonce, token, owner), Channel(ends[2], ends[3], nonce, token, owner)


def _group(pid: int) -> int:
    try:
        return os.getpgid(pid)
    except ProcessLookupError:
        return -1


def _flags(conclusion: Conclusion, text: str) -> Flags:
    flags = Flags.BACKSTOP if conclusion.backstop else Flags.NONE
    if "\n" in text:
        flags |= Flags.LINES
    from safeshell.model.effects import Effect  # here at the latest somebody has judged

    if any(finding.effect is Effect.LEAVES_GUARD for finding in conclusion.assessment.findings):
        flags |= Flags.LEAVES
    return flags
