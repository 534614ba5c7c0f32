"""A few hundred keys of a database, grouped by prefix: types, expiries, memory.

What must not live here: what a command would do to them.
"""

from __future__ import annotations

from collections.abc import Sequence
from statistics import fmean

from safeshell.model.errors import PreviewError
from safeshell.model.values import dataclass, field
from safeshell.previews.redis.server import Server, error_of, number_of, text_of
from safeshell.previews.telling import size, span

SAMPLE = 200
_STEPS = 20
_SEPARATORS = ":/|.-_"
_SHOWN = 5


@dataclass(slots=True)
class Sampled:
    """One key: its type, time to live in seconds (None: for ever), memory in bytes (None: not told)."""

    raw: bytes
    type: str
    ttl: float | None
    memory: int | None

    @property
    def name(self) -> str:
        """For people."""
        return self.raw.decode("utf-8", "backslashreplace")


@dataclass(slots=True)
class Group:
    """Keys that begin alike."""

    prefix: str
    keys: list[Sampled] = field(default_factory=list)


def sample(server: Server, most: int = SAMPLE) -> list[Sampled]:
    """Keys as SCAN gives them, with what is known of each; [] where the server does not let us look."""
    return describe(server, _scan(server, most))


def _scan(server: Server, most: int) -> list[bytes]:
    names: list[bytes] = []
    cursor = b"0"
    for _ in range(_STEPS):
        answer = server.call(b"SCAN", cursor, b"COUNT", b"%d" % most)
        if not (isinstance(answer, list) and len(answer) == 2 and isinstance(answer[1], list)):  # noqa: PLR2004 - cursor and keys
            break
        names += [name for name in answer[1] if isinstance(name, bytes)]
        cursor = answer[0] if isinstance(answer[0], bytes) else b"0"
        if cursor == b"0" or len(names) >= most or server.left() <= 0:
            break
    return names[:most]


def describe(server: Server, names: Sequence[bytes]) -> list[Sampled]:
    """Type, expiry and memory of these keys; a key that is not there is left out."""
    asked = [words for name in names for words in ((b"TYPE", name), (b"PTTL", name), (b"MEMORY", b"USAGE", name))]
    answers = server.many(asked) if asked else []
    found = []
    for index, name in enumerate(names):
        kind, ttl, memory = answers[3 * index : 3 * index + 3]
        if error_of(kind):
            raise PreviewError(f"the keys cannot be looked at: {error_of(kind)}")
        if text_of(kind) in ("", "none"):
            continue
        milliseconds = number_of(ttl)
        left = milliseconds / 1000 if milliseconds is not None and milliseconds >= 0 else None
        found.append(Sampled(name, text_of(kind), left, number_of(memory)))
    return found


def prefix_of(name: str) -> str:
    """`cart:` of `cart:1284`: up to the first separator, the whole name without one."""
    for at, letter in enumerate(name):
        if letter in _SEPARATORS and at:
            return name[: at + 1]
    return name


def groups(keys: Sequence[Sampled]) -> list[Group]:
    """By prefix, the biggest first."""
    found: dict[str, Group] = {}
    for key in keys:
        prefix = prefix_of(key.name)
        found.setdefault(prefix, Group(prefix)).keys.append(key)
    return sorted(found.values(), key=lambda group: -len(group.keys))


def group_lines(keys: Sequence[Sampled]) -> list[str]:
    """`cart:*  64 % of the sample, string, expire in 4 to 30 minutes, 1.2 KiB each`."""
    lines = []
    for group in groups(keys)[:_SHOWN]:
        share = 100 * len(group.keys) / len(keys)
        kinds = "/".join(sorted({key.type for key in group.keys}))
        shown = f"{group.prefix}*" if len(group.keys) > 1 else group.keys[0].name
        lines.append(f"{shown}  {share:.0f} % of the sample, {kinds}, {_expiry(group.keys)}{_each(group.keys)}")
    return lines


def _expiry(keys: Sequence[Sampled]) -> str:
    known = [key.ttl for key in keys if key.ttl is not None]
    if not known:
        return "no expiry"
    if len(known) < len(keys):
        return f"{len(keys) - len(known)} of {len(keys)} without expiry"
    return (
        f"expire in {span(min(known))}"
        if min(known) == max(known)
        else f"expire in {span(min(known))} to {span(max(known))}"
    )


def _each(keys: Sequence[Sampled]) -> str:
    known = [key.memory for key in keys if key.memory is not None]
    return f", about {size(int(fmean(known)))} each" if known else ""


def average(keys: Sequence[Sampled]) -> float | None:
    """Bytes of a key on average, None where nobody tells."""
    known = [key.memory for key in keys if key.memory is not None]
    return fmean(known) if known else None
