"""Unlocks of writes: in the guard's memory, for one named target, for a bounded time.

The time is the wall clock's, so that an unlock runs out while the machine sleeps too; when that clock is set
back, every unlock is over. What must not live here: files, environment variables, clocks (the time is an argument).
"""

from __future__ import annotations

from safeshell.model.tiers import Mode, default_mode
from safeshell.model.values import dataclass, field

TYPE_CHECKING = False  # typing costs 8 ms, and the first prompt waits
if TYPE_CHECKING:
    from safeshell.model.places import Environment
    from safeshell.model.tiers import Tier

SLACK = 5.0
"""Seconds by which a clock may be corrected backwards without meaning anything."""
LONGEST_MINUTES = 60
"""No unlock lasts longer, whatever the configuration says."""


@dataclass(slots=True)
class Unlocks:
    """Which targets of this session are unlocked, and until when (seconds since the epoch).

    `seen` is the latest time that anybody asked at. `tiers` are what the targets were taken for when they were
    unlocked: one that proves to be stricter (a database tells what it is once it is connected) was never meant.
    """

    until: dict[str, float] = field(default_factory=dict)
    tiers: dict[str, Tier] = field(default_factory=dict)
    locked: set[str] = field(default_factory=set)
    seen: float = 0.0

    def unlock(
        self, target: str, minutes: int, *, now: float, longest: int = LONGEST_MINUTES, tier: Tier | None = None
    ) -> int:
        """Unlock writes on a target that was shown as of this tier; gives back the minutes that were really granted."""
        self._look_at_the_clock(now)
        self.tiers.pop(target, None)
        if tier is not None:
            self.tiers[target] = tier
        granted = max(0, min(minutes, longest, LONGEST_MINUTES))
        self.until[target] = now + granted * 60
        self.locked.discard(target)
        return granted

    def lock(self, target: str) -> None:
        """Read-only again, at once; also for a tier that starts read-write."""
        self.until.pop(target, None)
        self.locked.add(target)

    def lock_all(self) -> None:
        """Forget every unlock: on suspend, at the end of the session."""
        self.until.clear()

    def minutes_left(self, target: str, now: float) -> int:
        """Whole minutes, rounded up; 0 when locked."""
        self._look_at_the_clock(now)
        left = self.until.get(target, 0.0) - now
        return max(0, -int(-left // 60)) if left > 0 else 0

    def mode(self, environment: Environment, now: float) -> Mode:
        """The mode of a target now."""
        self._look_at_the_clock(now)
        meant = self.tiers.get(environment.target, environment.tier)
        if self.until.get(environment.target, 0.0) > now and environment.tier.strictness <= meant.strictness:
            return Mode.READ_WRITE
        if environment.target in self.locked:
            return Mode.READ_ONLY
        return default_mode(environment.tier)

    def _look_at_the_clock(self, now: float) -> None:
        if now < self.seen - SLACK:
            self.until.clear()
            self.seen = now
        self.seen = max(self.seen, now)
