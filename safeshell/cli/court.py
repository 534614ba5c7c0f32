"""What judges in a session: the road with the session's doors.

Imported after the first prompt (see sessionguard). What must not live here: terminals and pipes
(gateways.session), rules (policy), how a question looks (dialogs).
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from itertools import count
from time import time
from typing import Any

from safeshell.cli.setting import Setting
from safeshell.gateways.ports import Doors, SubmittedLine
from safeshell.gateways.travel import travel
from safeshell.guard.requests import AskOperator
from safeshell.guard.road import Rules, consider
from safeshell.guard.sentences import named
from safeshell.guard.unlocks import Unlocks
from safeshell.languages.reading import NO_NAMES, Parse, ParseFailure, Reading, SessionNames
from safeshell.languages.registry import read, tree_of
from safeshell.model.audit import AuditEvent, EventKind
from safeshell.model.effects import HARMLESS
from safeshell.model.errors import RecordError
from safeshell.model.facts import SHELL_NAMES, Answer, Ask, Facts, Question
from safeshell.model.judgement import Assessment, Conclusion, Confirmation, Consent, Exactness, Preview
from safeshell.model.places import Environment
from safeshell.model.statements import Action, Context, Language
from safeshell.model.values import dataclass, field, replace
from safeshell.policy.decide import law_of

_LONGEST_CONSTRUCT = 40
"""Lines of a construct typed over several prompts; each Enter parses its beginnings anew."""
_KEPT = 256
"""Lines that are not judged anew when they come again."""
_PATTERNS_MOST = 8
"""Patterns of one line that its shell is asked to expand for the preview."""
_NAMED_MOST = 60
"""Columns of a refused line in its refusal."""
NOTES = {
    "tampering": EventKind.TAMPERING,
    "suspend": EventKind.LOCK,
}
"""What the session may tell, where it is more than a note."""


@dataclass(slots=True)
class Court:
    """Judges the lines of one session. `record` gives back False when nothing can be written."""

    doors: Doors
    setting: Setting
    here: Environment
    unlocks: Unlocks
    parse: Parse
    record: Callable[[AuditEvent], bool]
    follow: Callable[[Question, SubmittedLine], bool] | None = field(default=None, init=False)
    _gatherer: Any = field(init=False)
    _reads: int = field(default=0, init=False)
    _ids: count[int] = field(default_factory=lambda: count(1), init=False)
    _running: dict[str, str] = field(default_factory=dict, init=False)
    _names: SessionNames = field(default=NO_NAMES, init=False)
    _shell: str = field(default="bash", init=False)
    _harmless: dict[str, Conclusion] = field(default_factory=dict, init=False)

    def __post_init__(self) -> None:
        self._gatherer = self.setting.gatherer()
        self._write(EventKind.SESSION_START, "", {"tier": self.here.tier.value, "target": self.here.target})

    def prepare(self) -> None:
        """Import the reader and start a parser, so that the first line does not wait for either."""
        import safeshell.languages.bash

        del safeshell
        prepare = getattr(self.parse, "prepare", None)
        if prepare is not None:
            prepare()

    def judge(self, line: SubmittedLine) -> Conclusion:
        """The road for one line or one command; an unlock given with the answer counts from now on.

        A line that read, and needed no answer to be known for it, is known when it comes again: its
        verdict depends on nothing but the text and the session's names.
        """
        names = SessionNames(line.aliases, line.functions, complete="partial" not in line.traits, traits=line.traits)
        if names != self._names or line.shell != self._shell:
            self._forget(names, line.shell)
        known = self._harmless.get(line.text)
        if known is not None:
            self._reads += 1
            return known
        action = self._action(line)
        rules = self._rules(lambda act, facts: self._read(act, facts, names))
        doors = self.doors_of(line)
        end = travel(consider(action, rules, time), doors)
        if not doors.asked:
            self._keep(line.text, end)
        if end.unlock_minutes and end.verdict.deciding is not None:
            self._unlock(end.verdict.deciding.environment, end.unlock_minutes)
        if end.released and set(end.assessment.effects) <= HARMLESS:
            self._reads += 1
        elif end.released:
            self._running[line.id] = action.id
        return end if end.released else replace(end, message=named(end.message, _shown(line.text)))

    def doors_of(self, line: SubmittedLine) -> LineDoors:
        """The doors of the road for one line."""
        return LineDoors(self, line)

    def unwritable(self) -> str:
        """Why the audit cannot be written, as far as the last event told; "" when it can."""
        return str(getattr(self.record, "failing", ""))

    def note(self, kind: str, detail: str) -> None:
        """For the record."""
        self._write(NOTES.get(kind, EventKind.NOTE), "", {"what": kind, "detail": detail})

    def command_ended(self, line: str, exit_status: int) -> None:
        """The outcome of a line whose intent was recorded."""
        action = self._running.pop(line, "")
        if action:
            self._write(EventKind.OUTCOME, action, {"exit": exit_status})

    def end(self) -> None:
        """How much was only read stands in one line."""
        self._write(EventKind.SESSION_END, "", {"passed_silently": self._reads})

    def lock(self) -> None:
        """Read-only again."""
        self.unlocks.lock(self.here.target)
        self._write(EventKind.LOCK, "", {"target": self.here.target})

    def unlock(self, wanted: str) -> Mapping[str, str]:
        """Open the question on our own terminal; only its answer unlocks."""
        from safeshell.cli.unlocking import unlock_question

        longest = self.setting.policy.unlock_max_minutes
        if longest == 0:
            return {"ok": "no", "message": "the policy does not let writes be unlocked here"}
        minutes = int(wanted) if wanted.isdigit() and int(wanted) else self.setting.policy.unlock_default_minutes
        question = unlock_question(self.here, min(minutes, longest), self.setting.policy.unlock_reason, time())
        answer = self.ask(question)
        if answer.how is not Consent.UNLOCK:
            return {"ok": "no", "message": "writes stay locked"}
        granted = self._unlock(self.here, answer.minutes, answer.reason)
        return {"ok": "yes", "message": f"writes on {self.here.target} are unlocked for {granted} minutes"}

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
        return Action(number, self.doors.session, Language(line.shell), line.text, context, self.here, time())

    def _rules(self, reader: Callable[[Action, Facts], Reading]) -> Rules:
        now, policy = time(), self.setting.policy
        law = law_of(policy, lambda environment: self.unlocks.mode(environment, now), now)
        minutes = min(policy.unlock_default_minutes, policy.unlock_max_minutes)
        return Rules(reader, law, minutes, policy.unlock_reason, waits=self._waits)

    def _read(self, action: Action, facts: Facts, names: SessionNames) -> Reading:
        return read(action.language, action.text, self.setting.knowledge, facts, self.parse, names)

    def _waits(self, text: str) -> bool:
        """True when bash runs nothing of this unfinished text yet: no first part of its lines is whole."""
        lines = text.split("\n")
        if len(lines) > _LONGEST_CONSTRUCT:
            return False
        return all(self._unfinished("\n".join(lines[:count])) for count in range(1, len(lines)))

    def _unfinished(self, text: str) -> bool:
        slashes = len(text) - len(text.rstrip("\\"))
        found = tree_of(Language(self._shell), text, self.parse, self._names)
        return slashes % 2 == 1 or (isinstance(found, ParseFailure) and found.incomplete)

    def _forget(self, names: SessionNames, shell: str) -> None:
        self._names, self._shell = names, shell
        self._harmless.clear()

    def _keep(self, text: str, end: Conclusion) -> None:
        """Remember a line that only read and asked nothing of the world."""
        if len(self._harmless) >= _KEPT:
            self._harmless.clear()
        if not end.backstop and set(end.assessment.effects) <= HARMLESS:
            self._harmless[text] = end

    def _unlock(self, environment: Environment, minutes: int, reason: str = "") -> int:
        longest = self.setting.policy.unlock_max_minutes
        granted = self.unlocks.unlock(environment.target, minutes, now=time(), longest=longest)
        detail: dict[str, object] = {"target": environment.target, "minutes": granted}
        self._write(EventKind.UNLOCK, "", detail | ({"why": reason} if reason else {}))
        return granted

    def _write(self, kind: EventKind, action: str, detail: dict[str, object]) -> None:
        self.record(AuditEvent(time(), self.doors.session, action, kind, detail))


@dataclass(slots=True)
class LineDoors:
    """The doors of the road for one line."""

    guard: Court
    line: SubmittedLine
    cancelled: bool = False
    asked: bool = False

    def gather(self, questions: tuple[Question, ...]) -> Facts:
        """Facts from the shell and from looking."""
        self.asked = True
        found = self.guard.gather(questions, self.line)
        if self.guard.follow is None:
            return found
        carried = [question for question in questions if question.about is Ask.CARRIED]
        return {**found, **{question: self.guard.follow(question, self.line) for question in carried}}

    def preview(self, assessment: Assessment) -> Preview:
        """The damage, with a progress line once it takes a moment; Ctrl-C while it counts is a no."""
        from safeshell.dialogs.progress import Cancelled, progress
        from safeshell.previews import take

        deadline = self.guard.setting.policy.preview_deadline
        matches = self._matches(assessment)
        try:
            with self.guard.doors.terminal() as screen, progress(screen.fd_in) as show:
                return take(assessment, cwd=self.line.cwd, deadline=deadline, progress=show, matches=matches)
        except Cancelled:
            self.cancelled = True
            return Preview("", exactness=Exactness.UNKNOWN, caveats=("the preview was cancelled",))
        except OSError:
            return take(assessment, cwd=self.line.cwd, deadline=deadline, matches=matches)

    def _matches(self, assessment: Assessment) -> dict[str, list[str]]:
        """What the patterns among the targets stand for, by the word of the shell that will expand them."""
        from safeshell.languages.zsh.tree import qualifiers_of

        found = (target for finding in assessment.findings for target in finding.targets)
        targets = {target.text: target.value for target in found if target.glob and target.value}
        asked: dict[Question, str] = {}
        for text, value in list(targets.items())[:_PATTERNS_MOST]:
            asked[Question(Ask.GLOB, value.removesuffix(qualifiers_of(text)) + qualifiers_of(text))] = text
        told = self.line.ask_shell(list(asked)) if asked else {}
        return {
            asked[question]: names.split("\n") if names else [] for question, names in told.items() if names is not None
        }

    def ask(self, question: AskOperator) -> Confirmation:
        """The person's answer; none is asked for after a cancelled preview."""
        if self.cancelled:
            return Confirmation(question.digest, self.guard.here.operator, Consent.DECLINED, granted=False, at=time())
        return self.guard.ask(question)

    def record(self, event: AuditEvent) -> bool:
        """To the audit."""
        return self.guard.record(event)

    def remember(self, path: str) -> bool:
        """Keep a program by its fingerprint."""
        return self.guard.remember(path, self.line.cwd)


def _shown(text: str) -> str:
    """A refused line as its refusal names it: the shell has taken it off the screen. Without secrets."""
    from safeshell.dialogs.visible import clip, one_line
    from safeshell.records.redact import redact

    return clip(one_line(redact(text.strip())), _NAMED_MOST)


@dataclass(slots=True)
class AuditDoor:
    """A record door that answers instead of raising. `failing` says why the last event could not be written."""

    audit: Any
    failing: str = ""

    def __call__(self, event: AuditEvent) -> bool:
        """Whether it was written."""
        try:
            self.audit.write(event)
        except RecordError as error:
            self.failing = str(error)
            return False
        self.failing = ""
        return True


def recorder(audit: Any) -> AuditDoor:
    """The record door of an audit."""
    return AuditDoor(audit)


def open_court(doors: Doors, setting: Setting, here: Environment, unlocks: Unlocks) -> Court:
    """The court of a session, with its parser and its audit."""
    from safeshell.gateways.shfmt import Shfmt
    from safeshell.records.audit import Audit, audit_directory

    audit = Audit(audit_directory(dict(os.environ)))
    return Court(doors, setting, here, unlocks, Shfmt(), recorder(audit))
