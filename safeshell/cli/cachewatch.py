"""The missing-cache alarm: after a flush or a mass delete, does the hit rate come back?

It runs as a process of its own, since a one-shot client ends at once, and ends by itself. What it needs comes
through standard input, so that no password stands in a process list. What must not live here: flushing.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from safeshell.gateways.redislink import RedisLink
from safeshell.gateways.redistarget import RedisTarget, Tls
from safeshell.model.errors import PreviewError
from safeshell.model.values import asdict, dataclass
from safeshell.previews.redis.server import Info, info_of

if TYPE_CHECKING:
    from safeshell.cli.setting import Setting

_STEP = 1.0
"""Seconds between two looks."""
_LEAST_READS = 50
_COLLAPSED = 0.5
"""The alarm rings when the hit rate falls below this share of what it was."""
_PATIENCE = 2.0


@dataclass(frozen=True, slots=True)
class Fall:
    """What became of the hit rate: shares of 0 to 1, and the reads that it was measured on."""

    before: float
    now: float
    reads: int
    misses: int
    seconds: float

    @property
    def collapsed(self) -> bool:
        """Enough reads, and far fewer hits than before."""
        return self.reads >= _LEAST_READS and self.now < self.before * _COLLAPSED

    def __str__(self) -> str:
        return (
            f"the hit rate fell from {100 * self.before:.1f} % to {100 * self.now:.1f} % in {self.seconds:.0f} s; "
            f"{self.misses:,} of {self.reads:,} reads went to the database behind"
        )


def fall(before: float, first: Info, last: Info, seconds: float) -> Fall:
    """Between two looks at the counters."""
    hits = last.number("keyspace_hits") - first.number("keyspace_hits")
    misses = last.number("keyspace_misses") - first.number("keyspace_misses")
    reads = max(hits + misses, 0)
    return Fall(before, hits / reads if reads else before, reads, misses, seconds)


def watch(link: RedisLink, login: tuple[bytes, ...], before: float, seconds: float) -> Fall | None:
    """Look until the rate has collapsed or time is up; None when it did not, or nobody could look."""
    begun = time.monotonic()
    first: Info | None = None
    while time.monotonic() - begun < seconds:
        link.deadline = time.monotonic() + _PATIENCE
        with suppress(PreviewError):
            link.place(login, 0)
            info = info_of(link.call(b"INFO", b"stats"))
            first = first or info
            found = fall(before, first, info, time.monotonic() - begun)
            if found.collapsed:
                return found
        time.sleep(_STEP)
    return None


def start(setting: Setting, target: RedisTarget, before: float, text: str, session: str) -> None:
    """Begin to watch in a process of its own; without one nothing is watched, and that is said."""
    policy = setting.policy.redis
    told = {
        "target": asdict(target),
        "before": before,
        "seconds": policy.watch,
        "alarm": list(policy.alarm),
        "text": text,
        "session": session,
    }
    argv = [sys.executable, "-P", "-m", "safeshell.cli.cachewatch"]
    try:
        child = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, start_new_session=True)
        with child.stdin:  # type: ignore[union-attr]  # it was asked for
            child.stdin.write(json.dumps(told).encode())  # type: ignore[union-attr]
    except OSError as fault:
        sys.stderr.write(f"safeshell: the cache is not watched: {fault}\n")
        return
    child.returncode = 0  # it outlives us on purpose


def main() -> int:
    """Watch, then ring: on the terminal, in the audit, by the configured command."""
    told = json.loads(sys.stdin.buffer.read())
    target = _target(told["target"])
    link = RedisLink(target)
    found = watch(link, target.login, float(told["before"]), float(told["seconds"]))
    link.close()
    if found is not None:
        ring(found, told, target.address)
    return 0


def ring(found: Fall, told: Mapping[str, Any], address: str, say: Callable[[str], object] = sys.stderr.write) -> None:
    """Say it everywhere. A door that is closed does not keep the others from opening."""
    text = f"after `{told['text']}` on {address} {found}"
    with suppress(OSError, ValueError):
        say(f"\r\nsafeshell: ALARM: {text}\r\n")
    _record(text, told)
    if told["alarm"]:
        environ = {**os.environ, "SAFESHELL_ALARM": text}
        with suppress(OSError, subprocess.SubprocessError):
            subprocess.run([*told["alarm"], text], env=environ, check=False, timeout=60, stdin=subprocess.DEVNULL)


def _record(text: str, told: Mapping[str, Any]) -> None:
    from safeshell.model.audit import AuditEvent, EventKind
    from safeshell.model.errors import RecordError
    from safeshell.records.audit import Audit, audit_directory

    detail = {"what": "missing cache", "language": "redis", "detail": text}
    with suppress(RecordError, OSError):
        Audit(audit_directory(dict(os.environ))).write(
            AuditEvent(time.time(), told["session"], "", EventKind.NOTE, detail)
        )


def _target(told: Mapping[str, Any]) -> RedisTarget:
    tls = told.get("tls")
    return RedisTarget(**{**told, "tls": Tls(**tls) if tls else None})


if __name__ == "__main__":
    sys.exit(main())
