"""How often a definition is tried while its locks are not free, and whom it waits for.

Implements the gateway's Patience. What must not live here: running anything (gateways.postgrespatient), which
definitions may be tried (previews.postgres.waiting).
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import TYPE_CHECKING

from safeshell.model.values import dataclass, field

if TYPE_CHECKING:
    from safeshell.policy.policy import Limits
    from safeshell.previews.postgres.link import Link, Plan, Unit

_GROWTH = 1.5
_LONGEST = 30.0
"""Seconds between two attempts at most."""
_LOOK = 1.0
"""Seconds that a look at the locks may take."""


def patience(limits: Limits, units: Sequence[Unit], server: Mapping[str, str]) -> LockPatience:
    """The configured patience (`locks` of the configuration) for the statements of one message."""
    plan = import_module("safeshell.languages.postgres.plans").plan
    plans = [one for unit in units for one in plan(unit.text, server=server)]
    return LockPatience(limits.lock_wait, limits.lock_tries, time.monotonic() + limits.lock_within, plans)


@dataclass(slots=True)
class LockPatience:
    """`wait` is the lock_timeout of one attempt in seconds; `until` (time.monotonic()) ends all of them."""

    wait: float
    tries: int
    until: float
    plans: Sequence[Plan] = field(default_factory=tuple)

    def pause(self, tried: int) -> float | None:
        """As long as an attempt waits, and half as long again after each; None after the last."""
        seconds = min(self.wait * _GROWTH ** (tried - 1), _LONGEST)
        return seconds if tried < self.tries and time.monotonic() + seconds + self.wait < self.until else None

    def in_the_way(self, link: Link) -> str:
        """`pid 4711, ada, psql, idle in transaction for 4 minutes: UPDATE orders ... (and 2 more)`."""
        from safeshell.previews.postgres.waiting import in_the_way

        found = in_the_way(self.plans, link, _LOOK)
        more = f" (and {len(found) - 1} more)" if len(found) > 1 else ""
        return f"{found[0].line()}{more}" if found else ""
