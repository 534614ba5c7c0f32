"""The guard of one interactive session: the road with this session's doors, and its unlocks.

What must not live here: terminals and pipes (gateways.session), rules (policy), questions (dialogs).
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from itertools import count
from time import time
from typing import Any

from safeshell.cli.setting import Setting
from safeshell.gateways.ports import Doors, PromptStatus, SubmittedLine
from safeshell.gateways.travel import travel
from safeshell.guard.requests import AskOperator
from safeshell.guard.road import Rules, consider
from safeshell.guard.unlocks import Unlocks
from safeshell.languages.reading import NO_NAMES, Parse, Reading, SessionNames
from safeshell.languages.registry import read
from safeshell.model.audit import AuditEvent, EventKind
from safeshell.model.effects import Mode, default_mode
from safeshell.model.errors import RecordError
from safeshell.model.facts import SHELL_NAMES, Answer, Facts, Question
from safeshell.model.judgement import Assessment, Conclusion, Confirmation, Consent, Exactness, Preview
from safeshell.model.places import Environment
from safeshell.model.statements import Action, Context, Language
from safeshell.model.values import dataclass, field
from safeshell.policy.decide import Law
from safeshell.policy.windows import closed

TINTS = {"production": "#2a0808", "unknown": "#1d0a26", "staging": "#241c04"}
"""Backgrounds by tier where `tint` is on; a development place keeps the person's own."""
_KEPT_READINGS = 256
"""Lines that are not read anew when they come again."""
NOTES = {
    "tampering": EventKind.TAMPERING,
    "unguarded": EventKind.NOTE,
    "guarded": EventKind.NOTE,
    "suspend": EventKind.LOCK,
    "broken": EventKind.NOTE,
}


@dataclass(slots=True)
class SessionGuard:
    """Judges the lines of one session. `record` gives back False when nothing can be written."""

    doors: Doors
    setting: Setting
    parse: Parse
    record: Callable[[AuditEvent], bool]
    here: Environment = field(init=False)
    unlocks: Unlocks = field(default_factory=Unlocks)
    _gatherer: Any = field(init=False)
    _reads: int = field(default=0, init=False)
    _ids: count[int] = field(default_factory=lambda: count(1), init=False)
    _running: dict[str, str] = field(default_factory=dict, init=False)
    _names: SessionNames = field(default=NO_NAMES, init=False)
    _readings: dict[str, Reading] = field(default_factory=dict, init=False)

    def __post_init__(self) -> None:
        self.here = self.setting.here()
        self._gatherer = self.setting.gatherer()
        self._write(EventKind.SESSION_START, "", {"tier": self.here.tier.value, "target": self.here.target})
        for notice in self.setting.policy.notices:
            self.doors.notify(f"safeshell: {notice}")

    def judge(self, line: SubmittedLine) -> Conclusion:
        """The road for one line or one command; an unlock given with the answer counts from now on."""
        action = self._action(line)
        names = SessionNames(line.aliases, line.functions)
        rules = self._rules(lambda act, facts: self._read(act, facts, names))
        end = travel(consider(action, rules, time), _LineDoors(self, line))
        if end.unlock_minutes and end.verdict.deciding is not None:
            self._unlock(end.verdict.deciding.environment, end.unlock_minutes)
        if end.released and end.confirmation is None and not end.message:
            self._reads += 1
        elif end.released:
            self._running[line.id] = action.id
        return end

    def status(self) -> PromptStatus:
        """What the prompt says now."""
        now = time()
        mode = self.unlocks.mode(self.here, now)
        policy = self.setting.policy
        minutes = self.unlocks.minutes_left(self.here.target, now) if mode is Mode.READ_WRITE else 0
        return PromptStatus(
            tier=self.here.tier,
            target=self.here.target,
            mode=mode,
            minutes_left=minutes or None,
            pinned=policy.unlock_max_minutes == 0 and default_mode(self.here.tier) is Mode.READ_ONLY,
            tint=TINTS.get(self.here.tier.value, "") if policy.tint else "",
        )

    def note(self, kind: str, detail: str) -> None:
        """Tampering, suspends, shells without a hook: for the record; a suspend locks everything."""
        if kind == "suspend":
            self.unlocks.lock_all()
        self._write(NOTES.get(kind, EventKind.NOTE), "", {"what": kind, "detail": detail})

    def command_ended(self, id: str, exit_status: int) -> None:  # noqa: A002 - the port's word
        """The outcome of a line whose intent was recorded."""
        action = self._running.pop(id, "")
        if action:
            self._write(EventKind.OUTCOME, action, {"exit": exit_status})

    def end(self) -> None:
        """The session is over: how much was only read stands in one line."""
        self._write(EventKind.SESSION_END, "", {"passed_silently": self._reads})

    def control(self, verb: str, arguments: Mapping[str, str]) -> Mapping[str, str]:
        """Requests from inside the session: unlock only opens the question on our own terminal."""
        if verb == "lock":
            self.unlocks.lock(self.here.target)
            self._write(EventKind.LOCK, "", {"target": self.here.target})
            return {"ok": "yes", "message": f"{self.here.target} is read-only again"}
        if verb == "unlock":
            return self._control_unlock(arguments)
        if verb == "status":
            return self._control_status()
        return {"ok": "no", "message": f"this session does not know {verb!r}"}

    def _control_unlock(self, arguments: Mapping[str, str]) -> Mapping[str, str]:
        from safeshell.cli.unlocking import unlock_question

        longest = self.setting.policy.unlock_max_minutes
        if longest == 0:
            return {"ok": "no", "message": "the policy does not let writes be unlocked here"}
        wanted = arguments.get("minutes", "")
        minutes = int(wanted) if wanted.isdigit() and int(wanted) else self.setting.policy.unlock_default_minutes
        question = unlock_question(self.here, min(minutes, longest), self.setting.policy.unlock_reason, time())
        answer = self.ask(question)
        if answer.how is not Consent.UNLOCK:
            return {"ok": "no", "message": "writes stay locked"}
        granted = self._unlock(self.here, answer.minutes, answer.reason)
        return {"ok": "yes", "message": f"writes on {self.here.target} are unlocked for {granted} minutes"}

    def _control_status(self) -> Mapping[str, str]:
        status = self.status()
        return {
            "ok": "yes",
            "tier": status.tier.value,
            "target": status.target,
            "mode": status.mode.value,
            "minutes": str(status.minutes_left or 0),
            "reasons": "\n".join(self.here.reasons),
            "session": self.doors.session,
            "parser": "no" if getattr(self.parse, "missing", False) else "yes",
        }

    def ask(self, question: AskOperator) -> Confirmation:
        """Put a question to the person; a terminal that is gone means no."""
        from safeshell.dialogs.answers import DECLINED
        from safeshell.dialogs.ask import ask

        try:
            with self.doors.terminal() as screen:
                answer = ask(question, tty_fd=screen.fd_in)
        except OSError:
            answer = DECLINED
        return Confirmation(
            digest=question.digest,
            by=self.here.operator,
            how=answer.how,
            granted=answer.granted,
            at=time(),
            reason=answer.reason,
            minutes=answer.minutes,
        )

    def gather(self, questions: tuple[Question, ...], line: SubmittedLine) -> Facts:
        """Names come from the shell itself, everything else from looking."""
        of_shell = [question for question in questions if question.about in SHELL_NAMES]
        rest = [question for question in questions if question.about not in SHELL_NAMES]
        answers: dict[Question, Answer] = dict(line.ask_shell(of_shell)) if of_shell else {}
        if rest:
            answers.update(self._gatherer.gather(rest, line.cwd))
        return answers

    def remember(self, path: str, cwd: str) -> bool:
        """Keep a program by its fingerprint."""
        fact = self._gatherer.program(path, cwd)
        return bool(fact) and self.setting.remembered().remember(fact.path, fact.sha256, time())

    def _action(self, line: SubmittedLine) -> Action:
        context = Context(cwd=line.cwd, user=self.setting.observation.user, euid=os.geteuid())
        number = f"{self.doors.session}-{next(self._ids)}"
        return Action(number, self.doors.session, Language.BASH, line.text, context, self.here, time())

    def _rules(self, reader: Callable[[Action, Facts], Reading]) -> Rules:
        now, policy = time(), self.setting.policy
        law = Law(
            mode_of=lambda environment: self.unlocks.mode(environment, now),
            configured=policy.demand,
            closed=lambda tier: closed(policy, tier, now),
        )
        return Rules(reader, law, policy.unlock_default_minutes, policy.unlock_reason)

    def _read(self, action: Action, facts: Facts, names: SessionNames) -> Reading:
        """Read, or remember: without answers a reading depends on the text and the session's names alone."""
        if facts:
            return read(action.language, action.text, self.setting.knowledge, facts, self.parse, names)
        if names != self._names or len(self._readings) > _KEPT_READINGS:
            self._names = names
            self._readings.clear()
        reading = self._readings.get(action.text)
        if reading is None:
            reading = read(action.language, action.text, self.setting.knowledge, facts, self.parse, names)
            if all(inner.understood for statement in reading.statements for inner in statement.walk()):
                self._readings[action.text] = reading  # a parser that was late may do better next time
        return reading

    def _unlock(self, environment: Environment, minutes: int, reason: str = "") -> int:
        longest = self.setting.policy.unlock_max_minutes
        granted = self.unlocks.unlock(environment.target, minutes, now=time(), longest=longest)
        detail: dict[str, object] = {"target": environment.target, "minutes": granted}
        self._write(EventKind.UNLOCK, "", detail | ({"why": reason} if reason else {}))
        return granted

    def _write(self, kind: EventKind, action: str, detail: dict[str, object]) -> None:
        self.record(AuditEvent(time(), self.doors.session, action, kind, detail))


@dataclass(slots=True)
class _LineDoors:
    """The doors of the road for one line."""

    guard: SessionGuard
    line: SubmittedLine
    cancelled: bool = False

    def gather(self, questions: tuple[Question, ...]) -> Facts:
        return self.guard.gather(questions, self.line)

    def preview(self, assessment: Assessment) -> Preview:
        """The damage, with a progress line once it takes a moment; Ctrl-C while it counts is a no."""
        from safeshell.dialogs.progress import Cancelled, progress
        from safeshell.previews import take

        deadline = self.guard.setting.policy.preview_deadline
        try:
            with self.guard.doors.terminal() as screen, progress(screen.fd_in) as show:
                return take(assessment, cwd=self.line.cwd, deadline=deadline, progress=show)
        except Cancelled:
            self.cancelled = True
            return Preview("", exactness=Exactness.UNKNOWN, caveats=("the preview was cancelled",))
        except OSError:
            return take(assessment, cwd=self.line.cwd, deadline=deadline)

    def ask(self, question: AskOperator) -> Confirmation:
        if self.cancelled:
            return Confirmation(question.digest, self.guard.here.operator, Consent.DECLINED, granted=False, at=time())
        return self.guard.ask(question)

    def record(self, event: AuditEvent) -> bool:
        return self.guard.record(event)

    def remember(self, path: str) -> bool:
        return self.guard.remember(path, self.line.cwd)


def recorder(audit: Any) -> Callable[[AuditEvent], bool]:
    """A record door that answers instead of raising."""

    def record(event: AuditEvent) -> bool:
        try:
            audit.write(event)
        except RecordError:
            return False
        return True

    return record
