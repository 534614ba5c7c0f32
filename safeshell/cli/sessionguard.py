"""The guard of one interactive session: status at once, judging when the first line comes.

The first prompt waits for this file, so it holds only what a prompt says. Everything that judges is
in `court`, imported while the person reads the prompt. What must not live here: terminals and pipes
(gateways.session), rules (policy), questions (dialogs).
"""

from __future__ import annotations

import _thread
import gc
import os
from time import sleep, time

from safeshell.gateways.ports import Doors, PromptStatus, SubmittedLine
from safeshell.gateways.shfmtplace import find_shfmt
from safeshell.guard.unlocks import Unlocks
from safeshell.model.tiers import Mode, default_mode
from safeshell.model.values import dataclass, field

TYPE_CHECKING = False  # typing costs 8 ms, and the first prompt waits
if TYPE_CHECKING:
    from collections.abc import Mapping

    from safeshell.cli.court import Court
    from safeshell.cli.follow import Followed, Ground, Nest
    from safeshell.cli.setting import Setting
    from safeshell.model.facts import Question
    from safeshell.model.judgement import Conclusion
    from safeshell.model.places import Environment
    from safeshell.records.recording import Recorder

TINTS = {"production": "#2a0808", "unknown": "#1d0a26", "staging": "#241c04"}
"""Backgrounds by tier where `tint` is on; a development place keeps the person's own."""
_UNREADABLE = (
    "safeshell: shfmt is missing, so only lines of plain words can be judged and everything else is asked; "
    "mend it with: pip install shfmt-py"
)
_GOES_ON = "reads and plain writes go on, but nothing destructive is let through until that is mended"
_BREATH = 0.05
"""Seconds between the first prompt and the imports that the first line needs."""


@dataclass(slots=True)
class SessionGuard:
    """Tells a session where it is, and hands its lines to the court."""

    doors: Doors
    setting: Setting
    here: Environment = field(init=False)
    unlocks: Unlocks = field(default_factory=Unlocks)
    tape: Recorder | None = field(default=None, init=False)
    _court: Court | None = field(default=None, init=False)
    _nest: Nest | None = field(default=None, init=False)
    _opening: _thread.LockType = field(default_factory=_thread.allocate_lock, init=False)
    _warmed: bool = field(default=False, init=False)
    _unreadable: bool = field(default=False, init=False)
    _unwritable: bool = field(default=False, init=False)

    def __post_init__(self) -> None:
        self.here = self.setting.here()
        for notice in self.setting.policy.notices:
            self.doors.notify(f"safeshell: {notice}")
        if find_shfmt() is None:
            self._unreadable = True
            self.doors.notify(_UNREADABLE)
        if self.setting.policy.record_sessions:
            from safeshell.cli.tape import open_tape

            self.tape = open_tape(self.setting, self.doors)

    def court(self) -> Court:
        """What judges, made when it is first needed; the session's start is the first thing it records."""
        with self._opening:
            if self._court is None:
                from safeshell.cli.court import open_court

                self._court = open_court(self.doors, self.setting, self.here, self.unlocks)
                self._court.follow = self._follow
            return self._court

    def judge(self, line: SubmittedLine) -> Conclusion:
        """The road for one line or one command."""
        return self.court().judge(line)

    def status(self) -> PromptStatus:
        """What the prompt says now. After the first prompt the court is opened on the side."""
        if not self._warmed:
            self._warmed = True
            _thread.start_new_thread(self._warm, ())
        self._tell_audit()
        return told_status(self.setting, self.here, self.unlocks, unguarded=self._unreadable)

    def following(self, line: str) -> Followed | None:
        """The shell that this released line opens, where it is followed."""
        return self._nest.take(line) if self._nest is not None else None

    def _follow(self, question: Question, line: SubmittedLine) -> bool:
        """Whether the shell that a line opens can be followed: asked by the court for the lines that open one."""
        if self._nest is None:
            from safeshell.cli.follow import Nest

            self._nest = Nest(self.ground(), self.court(), self.status)
        return self._nest.answer(question, line)

    def ground(self) -> Ground:
        """Where the lines of this session's shell run."""
        from safeshell.cli.follow import Ground

        return Ground(self.doors, self.setting, self.here, self.unlocks, user=self.setting.observation.user)

    @property
    def prompted(self) -> bool:
        """Whether a prompt was shown."""
        return self._warmed

    def note(self, kind: str, detail: str) -> None:
        """Tampering, suspends, shells without a hook: for the record; a suspend locks everything."""
        if kind == "suspend":
            self.unlocks.lock_all()
        self.court().note(kind, detail)

    def command_ended(self, id: str, exit_status: int) -> None:  # noqa: A002 - the port's word
        """The outcome of a line whose intent was recorded."""
        if self._court is not None:
            self._court.command_ended(id, exit_status)

    def control(self, verb: str, arguments: Mapping[str, str]) -> Mapping[str, str]:
        """Requests from inside the session: unlock only opens the question on our own terminal."""
        if verb == "lock":
            self.court().lock()
            return {"ok": "yes", "message": f"{self.here.target} is read-only again"}
        if verb == "unlock":
            return self.court().unlock(arguments.get("minutes", ""))
        if verb == "status":
            return self._told()
        return {"ok": "no", "message": f"this session does not know {verb!r}"}

    def end(self) -> None:
        """The session is over: how much was only read stands in one line."""
        if self._nest is not None:
            self._nest.drop()
        self.court().end()

    def _tell_audit(self) -> None:
        """Once, before a prompt, when the audit can't be written; not only when something is refused for it."""
        why = self._court.unwritable() if self._court is not None else self._first_look()
        if why and not self._unwritable:
            self.doors.notify(f"safeshell: {why}; {_GOES_ON}")
        self._unwritable = bool(why)

    def _first_look(self) -> str:
        from safeshell.records.files import state_directory, unusable

        return unusable(f"{state_directory(os.environ)}/audit")

    def _told(self) -> Mapping[str, str]:
        status = self.status()
        return {
            "ok": "yes",
            "tier": status.tier.value,
            "target": status.target,
            "mode": status.mode.value,
            "minutes": str(status.minutes_left or 0),
            "reasons": "\n".join(self.here.reasons),
            "session": self.doors.session,
        }

    def _warm(self) -> None:
        """Import what the first line needs while nobody waits; a fault shows when the line comes."""
        sleep(_BREATH)
        try:
            self.court().prepare()
            gc.freeze()  # what was imported stays; the collector need not walk it at a keystroke
            gc.enable()
        except Exception:  # noqa: BLE001 - told by the line that needs it
            return


def told_status(setting: Setting, here: Environment, unlocks: Unlocks, *, unguarded: bool = False) -> PromptStatus:
    """What a prompt in this environment says now."""
    now = time()
    mode = unlocks.mode(here, now)
    minutes = unlocks.minutes_left(here.target, now) if mode is Mode.READ_WRITE else 0
    policy = setting.policy
    return PromptStatus(
        tier=here.tier,
        target=here.target,
        mode=mode,
        minutes_left=minutes or None,
        unguarded=unguarded,
        pinned=policy.unlock_max_minutes == 0 and default_mode(here.tier) is Mode.READ_ONLY,
        tint=TINTS.get(here.tier.value, "") if policy.tint else "",
    )
