"""Following on: the guard of a shell that a line of a guarded shell opens, as somebody else or somewhere else.

It judges the lines of that shell where they run: `root@box`, `web-1`. Its session is the one around it, its
terminal and its unlocks too. What must not live here: how a hook gets there (gateways.carriers), rules.
"""

from __future__ import annotations

import shlex
from functools import partial
from typing import TYPE_CHECKING

from safeshell.cli.court import recorder
from safeshell.cli.remoteguard import RemoteCourt, RemoteDoors, what_leaves
from safeshell.cli.sessionguard import told_status
from safeshell.gateways.carriers import Landing, LandingError, Way, land, stand_in, straight
from safeshell.gateways.onward import OnwardLanding, go_on, onward_text
from safeshell.model.carried import Carried, carried_of
from safeshell.model.facts import Ask, Question, place_question
from safeshell.model.judgement import Assessment, Conclusion, Exactness, Preview
from safeshell.model.places import Environment
from safeshell.model.values import dataclass, field, replace
from safeshell.policy.observation import Observation

if TYPE_CHECKING:
    from collections.abc import Callable

    from safeshell.cli.court import Court, LineDoors
    from safeshell.cli.setting import Setting
    from safeshell.gateways.ports import Doors, PromptStatus, SubmittedLine
    from safeshell.guard.unlocks import Unlocks

_SHELL = Question(Ask.VARIABLE, "SHELL")
_WRAPPERS = ["exec"]
"""What may stand before a command that is followed, and stays in the way that it is called."""


@dataclass(slots=True)
class Ground:
    """Where the lines of a guarded shell run: whose they are (`user`, "" for the guard's own) and the way there."""

    doors: Doors
    setting: Setting
    here: Environment
    unlocks: Unlocks
    way: Way = straight
    user: str = ""


@dataclass(slots=True)
class Followed:
    """The guard of one followed shell, from the line that opens it to the next prompt of the shell around it.

    `court` and `nest` are those of the shell around it where the lines run in the same place by the same user.
    """

    ground: Ground
    wish: Carried
    landing: Landing
    court: Court
    nest: Nest
    told: Callable[[], PromptStatus]
    replaces: bool
    own: bool
    came: bool = field(default=False, init=False)
    leaving: str = field(default="", init=False)

    @property
    def foreign(self) -> bool:
        """True where the numbers of processes there mean nothing here."""
        return self.landing.way is not straight

    def text(self, shell: str) -> str:
        """What the hook of the shell around it runs in the place of the command."""
        if isinstance(self.landing, OnwardLanding):
            return onward_text(self.wish, self.landing, shell)
        return stand_in(self.wish, self.landing, shell, replaces=self.replaces)

    def entered(self) -> None:
        """The hook answered from there."""
        self.came = True
        self.court.note("guarded", f"the shell of {shlex.join(self.wish.words)} found the hook")

    def judge(self, line: SubmittedLine) -> Conclusion:
        """The road for one line or one command there."""
        end = self.court.judge(line)
        self.leaving = what_leaves(line, end) if self.foreign else ""
        return end

    def status(self) -> PromptStatus:
        """What the prompt there says."""
        self.leaving = ""
        return self.told()

    def following(self, line: str) -> Followed | None:
        """The shell that a released line of this one opens."""
        return self.nest.take(line)

    def command_ended(self, line: str, exit_status: int) -> None:
        """The outcome of a line."""
        self.court.command_ended(line, exit_status)

    def close(self) -> None:
        """That shell is gone, or never came."""
        if self.own:
            self.nest.drop()
            self.court.end()
        if self.came:
            self.landing.remove()
        else:
            self.landing.clear()


@dataclass(slots=True)
class FollowedCourt(RemoteCourt):
    """Judges the lines of a followed shell, on the `way` there. `borrowed`: another user looks there than acts."""

    way: Way = straight
    borrowed: bool = False

    def look(self, text: str, deadline: float) -> str | None:
        """`~` is the home of whose shell it is, whoever looks."""
        return _look(self.way, f"HOME={shlex.quote(self._gatherer.home or '/nonexistent')}; {text}", deadline)

    def doors_of(self, line: SubmittedLine) -> LineDoors:
        """The damage is looked at there."""
        return _FollowedDoors(self, line)


@dataclass(slots=True)
class _FollowedDoors(RemoteDoors):
    def preview(self, assessment: Assessment) -> Preview:
        """Where somebody else looks than will act, what they count is the least that goes."""
        seen = RemoteDoors.preview(self, assessment)
        court = self.guard
        if not isinstance(court, FollowedCourt) or not court.borrowed or (seen.summary and seen.affected is None):
            return seen
        if seen.affected == 0:
            return Preview("", exactness=Exactness.UNKNOWN, caveats=(f"only {court.user} may look there",))
        exactness = Exactness.AT_LEAST if seen.affected else seen.exactness
        more = f"{court.user} may reach more than was seen"
        return replace(seen, exactness=exactness, caveats=(*seen.caveats, more))


def _look(way: Way, text: str, deadline: float) -> str | None:
    """A read-only look in a place, as `sshpreview.Probe`."""
    import subprocess

    argv = way(["sh", "-c", text])
    try:
        done = subprocess.run(argv, stdin=subprocess.DEVNULL, capture_output=True, timeout=deadline, check=False, start_new_session=True)  # fmt: skip
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.decode("utf-8", "replace") if done.returncode == 0 else None


@dataclass(slots=True)
class Nest:
    """The shells that lines of one guarded shell open: made when the road asks, taken when the line is released."""

    ground: Ground
    court: Court
    status: Callable[[], PromptStatus]
    _made: dict[str, Followed] = field(default_factory=dict, init=False)

    def __post_init__(self) -> None:
        self.court.follow = self.answer

    def answer(self, question: Question, line: SubmittedLine) -> bool:
        """Whether the shell that this line opens is ready to be followed."""
        wish = carried_of(question)
        words = _words(line.text)
        replaces = words[:1] == _WRAPPERS and line.shell == "bash"
        if line.source != "line" or line.continued or not _means(words[replaces:], wish, line):
            return False
        self.drop()
        try:
            self._made[line.id] = self._land(wish, line, replaces=replaces)
        except LandingError as why:
            self.court.note("unfollowed", f"{shlex.join(wish.words)}: {why}")
            return False
        return True

    def take(self, line: str) -> Followed | None:
        """The shell that this released line opens; None for most lines."""
        return self._made.pop(line, None)

    def drop(self) -> None:
        """What was made for lines that never ran."""
        while self._made:
            self._made.popitem()[1].close()

    def _land(self, wish: Carried, line: SubmittedLine, *, replaces: bool) -> Followed:
        shell = wish.shell
        if shell == "$":
            told = line.ask_shell([_SHELL]).get(_SHELL)
            shell = told if isinstance(told, str) else ""
        if wish.place is not None and self.ground.setting.policy.follow == "never":
            raise LandingError("the configuration says follow: never")
        if wish.by == "master":
            return self._onward(wish, line)
        ground = self._there(wish, line)
        # The way to a place may be another user's than the shell's that stands there.
        owned = wish if wish.user or wish.place is not None else replace(wish, user=self.ground.user)
        landing = land(ground.way, owned, shell, other=ground is not self.ground)
        if ground is self.ground:
            return Followed(ground, wish, landing, self.court, self, self.status, replaces, own=False)
        if landing.uid == 0 and not ground.user:
            ground = replace(ground, user="root")
        court, status = _court_of(ground, borrowed=wish.place is None), partial(status_of, ground)
        return Followed(ground, wish, landing, court, Nest(ground, court, status), status, replaces, own=True)

    def _onward(self, wish: Carried, line: SubmittedLine) -> Followed:
        """A further host, over a connection that the line opens."""
        if self.ground.way is straight:
            raise LandingError("safe-ssh follows from this machine, once its consent was given")
        if self.borrowed:
            raise LandingError("its connection would be another user's than the way there")
        landing = go_on(self.ground.way, wish)
        ground = self._elsewhere(wish, line, landing.way)
        court, status = _court_of(ground, borrowed=False), partial(status_of, ground)
        return Followed(ground, wish, landing, court, Nest(ground, court, status), status, replaces=False, own=True)

    @property
    def borrowed(self) -> bool:
        """True where the way here is another user's than the shell."""
        return getattr(self.court, "borrowed", False)

    def _there(self, wish: Carried, line: SubmittedLine) -> Ground:
        """Where that shell's lines will run."""
        ground = self.ground
        if wish.place is not None:
            outer, beside = ground.way, wish.beside
            return self._elsewhere(wish, line, lambda words: outer([*beside, *words]))
        if not wish.user or wish.user == ground.user:
            return ground
        host = ground.here.target.rpartition("@")[2]
        return replace(ground, here=replace(ground.here, target=f"{wish.user}@{host}"), user=wish.user)

    def _elsewhere(self, wish: Carried, line: SubmittedLine, way: Way) -> Ground:
        """The ground of a place that has a name of its own."""
        question = place_question(wish.place) if wish.place is not None else _SHELL
        found = self.court.gather((question,), line).get(question)
        if wish.place is None or not isinstance(found, Environment):
            raise LandingError("nobody can tell what that place is")
        setting = self.ground.setting
        name = wish.place.name or found.target
        seen = Observation(host=name, names=(name,), over_ssh=True, operator=setting.observation.operator)
        shown = found if wish.place.kind == "host" else replace(found, target=f"{name} in {wish.client}")
        return Ground(self.ground.doors, replace(setting, observation=seen), shown, self.ground.unlocks, way)


def _court_of(ground: Ground, *, borrowed: bool) -> FollowedCourt:
    from safeshell.gateways.shfmt import Shfmt
    from safeshell.records.audit import Audit, audit_directory

    record = recorder(Audit(audit_directory(ground.setting.environ)))
    court = FollowedCourt(ground.doors, ground.setting, ground.here, ground.unlocks, Shfmt(), record, ground.user)
    court.way, court.borrowed, court.probe = ground.way, borrowed, court.look
    return court


def status_of(ground: Ground) -> PromptStatus:
    """What the prompt of a shell on this ground says."""
    return told_status(ground.setting, ground.here, ground.unlocks)


def _words(text: str) -> list[str]:
    try:
        return shlex.split(text)
    except ValueError:
        return []


def _means(words: list[str], wish: Carried, line: SubmittedLine) -> bool:
    """True where these words of a line are the command and nothing else, perhaps by an alias for its beginning."""
    if tuple(words) == wish.words:
        return not line.functions & {wish.words[0]}
    tail = tuple(words[1:])
    same = not tail or wish.words[-len(tail) :] == tail
    return bool(words) and words[0] in line.aliases and same and wish.words[0] not in line.functions
