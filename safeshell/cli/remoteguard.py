"""The guard of a followed remote shell: the session's guard, with the place of the other side.

What must not live here: ssh (gateways), how remote paths are read (facts.remote).
"""

from __future__ import annotations

from time import time
from typing import TYPE_CHECKING

from safeshell.cli.court import Court, LineDoors, recorder
from safeshell.cli.sessionguard import SessionGuard
from safeshell.facts.remote import RemoteGatherer
from safeshell.gateways.sshpreview import Probe, remote_preview
from safeshell.model.effects import Effect
from safeshell.model.facts import SHELL_NAMES, Answer, Ask, Facts, Question
from safeshell.model.judgement import Assessment, Conclusion, Preview
from safeshell.model.statements import Action, Context, Language
from safeshell.model.values import dataclass, replace
from safeshell.policy.observation import Observation

if TYPE_CHECKING:
    from safeshell.cli.follow import Ground
    from safeshell.cli.setting import Setting
    from safeshell.gateways.carriers import Way
    from safeshell.gateways.ports import Doors, PromptStatus, SubmittedLine
    from safeshell.gateways.sshtarget import SshTarget
    from safeshell.model.places import Environment

_HOME = Question(Ask.VARIABLE, "HOME")
_LONGEST_NAME = 20


def nothing(_text: str, _deadline: float) -> str | None:
    """A probe where no look can be taken."""
    return None


@dataclass(slots=True)
class RemoteCourt(Court):
    """Judges the lines of a shell elsewhere: nothing on this host is looked at for them."""

    user: str = ""
    probe: Probe = nothing

    def __post_init__(self) -> None:
        Court.__post_init__(self)
        self._gatherer = RemoteGatherer(observation=self.setting.observation, policy=self.setting.policy)

    def gather(self, questions: tuple[Question, ...], line: SubmittedLine) -> Facts:
        """Names come from the shell there; its home directory is asked for once."""
        of_shell = [question for question in questions if question.about in SHELL_NAMES]
        asked = of_shell if self._gatherer.home else [*of_shell, _HOME]
        answers: dict[Question, Answer] = dict(line.ask_shell(asked)) if asked else {}
        home = answers.get(_HOME)
        if isinstance(home, str) and home.startswith("/"):
            self._gatherer.home = home
        rest = [question for question in questions if question.about not in SHELL_NAMES]
        return {**answers, **self._gatherer.gather(rest, line.cwd)}

    def remember(self, path: str, cwd: str) -> bool:
        """A program there has no fingerprint here."""
        del path, cwd
        return False

    def doors_of(self, line: SubmittedLine) -> LineDoors:
        """The damage is looked at on the other side."""
        return RemoteDoors(self, line)

    def _action(self, line: SubmittedLine) -> Action:
        context = Context(cwd=line.cwd, user=self.user, euid=0 if self.user == "root" else 1000)
        number = f"{self.doors.session}-{next(self._ids)}"
        return Action(number, self.doors.session, Language(line.shell), line.text, context, self.here, time())


@dataclass(slots=True)
class RemoteDoors(LineDoors):
    """The doors of the road for one line of a shell elsewhere."""

    def preview(self, assessment: Assessment) -> Preview:
        """By read-only looks over the same connection."""
        court = self.guard
        probe = court.probe if isinstance(court, RemoteCourt) else nothing
        return remote_preview(assessment, self.line.cwd, probe, court.setting.policy.preview_deadline)


@dataclass(slots=True)
class RemoteGuard(SessionGuard):
    """`leaving` names what runs there without a guard since the last line, "" for nothing."""

    place: Environment | None = None
    user: str = ""
    probe: Probe = nothing
    way: Way | None = None
    leaving: str = ""

    def __post_init__(self) -> None:
        SessionGuard.__post_init__(self)
        if self.place is not None:
            self.here = self.place

    def court(self) -> Court:
        """What judges, made when it is first needed."""
        with self._opening:
            if self._court is None:
                from safeshell.gateways.shfmt import Shfmt
                from safeshell.records.audit import Audit, audit_directory

                record = recorder(Audit(audit_directory(self.setting.environ)))
                self._court = RemoteCourt(
                    self.doors, self.setting, self.here, self.unlocks, Shfmt(), record, self.user, self.probe
                )
                if self.way is not None:
                    self._court.follow = self._follow
            return self._court

    def judge(self, line: SubmittedLine) -> Conclusion:
        """The road; a line that opens another shell there leaves the guard until the next prompt."""
        end = SessionGuard.judge(self, line)
        self.leaving = what_leaves(line, end) or self.leaving
        return end

    def ground(self) -> Ground:
        """Where the lines of the followed shell run."""
        return replace(SessionGuard.ground(self), way=self.way, user=self.user)

    def status(self) -> PromptStatus:
        """What the prompt says now: it is the followed shell's own again."""
        self.leaving = ""
        return SessionGuard.status(self)


def what_leaves(line: SubmittedLine, end: Conclusion) -> str:
    """The name of what a released line runs without a guard, "" for most lines."""
    leaves = end.released and any(finding.effect is Effect.LEAVES_GUARD for finding in end.assessment.findings)
    return line.text.split()[0][:_LONGEST_NAME] if leaves and line.text.split() else ""


def remote_guard(  # noqa: PLR0913, PLR0917 - what a followed call consists of
    doors: Doors, setting: Setting, place: Environment, target: SshTarget, probe: Probe, way: Way | None = None
) -> RemoteGuard:
    """The guard of a followed call. `way` runs further words there; without it shells inside are not followed."""
    seen = Observation(
        host=place.target,
        names=(target.host,),
        over_ssh=True,
        user=target.user,
        operator=setting.observation.operator,
    )
    return RemoteGuard(doors, replace(setting, observation=seen), place=place, user=target.user, probe=probe, way=way)
