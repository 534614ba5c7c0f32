"""Measuring a loop of single writes: how many, how fast, on which keys. Pure.

A write counts as single when it makes a round trip of its own; a pipeline makes one for many.
What must not live here: clocks, asking, sockets.
"""

from __future__ import annotations

from collections import Counter

from safeshell.model.values import dataclass, field

_PAUSE = 2.0
"""Seconds without a write after which a new loop begins."""
_TOGETHER = 3
"""So many writes a round trip and more are a pipeline."""
_SHOWN = 3
_GROWTH = 10
_SEPARATORS = b":/|.-_"


@dataclass(slots=True)
class LoopMeter:
    """One connection's writes. `writes` at `rate` a second make a loop; a permitted one may grow tenfold."""

    writes: int
    rate: float
    begun: float = 0.0
    last: float = 0.0
    trips: int = 0
    total: int = 0
    verbs: Counter[str] = field(default_factory=Counter)
    prefixes: Counter[str] = field(default_factory=Counter)

    def count(self, verbs: Counter[str], key: bytes, now: float, trips: int = 1) -> bool:
        """Some round trips brought these writes, one of them on `key`; True when this is a loop now."""
        number = sum(verbs.values())
        if now - self.last > _PAUSE:
            self._start(now)
        self.last = now
        if number >= _TOGETHER * trips:
            return False
        self.trips += trips
        self.total += number
        self.verbs.update(verbs)
        if key:
            self.prefixes[prefix(key)] += 1
        return self.writes > 0 and self.total >= self.writes and self.speed >= self.rate

    @property
    def speed(self) -> float:
        """Writes a second since the loop began."""
        return self.total / max(self.last - self.begun, 0.001)

    def running(self, now: float) -> bool:
        """Another write of a loop that was stopped; False when it paused long enough to be another one."""
        goes_on = now - self.last <= _PAUSE
        self.last = now
        if not goes_on:
            self._start(now)
        return goes_on

    def permit(self) -> None:
        """The person said that it may go on."""
        self.writes *= _GROWTH

    def told(self) -> str:
        """`1,000 single SET in 12 s, 83 a second, one round trip each, on cart:* 98 %`."""
        names = ", ".join(name for name, _ in self.verbs.most_common(_SHOWN))
        seen = sum(self.prefixes.values())
        keys = ", ".join(f"{name} {100 * number // seen} %" for name, number in self.prefixes.most_common(_SHOWN))
        took = max(self.last - self.begun, 0.001)
        where = f", on {keys}" if keys else ""
        return f"{self.total:,} single {names} in {took:.1f} s, {self.speed:,.0f} a second, one round trip each{where}"

    def _start(self, now: float) -> None:
        self.begun, self.trips, self.total = now, 0, 0
        self.verbs.clear()
        self.prefixes.clear()


def prefix(key: bytes) -> str:
    """`cart:*` of `cart:12`."""
    for at, letter in enumerate(key[:64]):
        if letter in _SEPARATORS and at:
            return key[: at + 1].decode("utf-8", "backslashreplace") + "*"
    return key[:64].decode("utf-8", "backslashreplace")
