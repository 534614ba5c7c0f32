"""KEYS, and reads of a big key: how much there is to walk over, and the lighter way.

What must not live here: writes.
"""

from __future__ import annotations

from collections.abc import Sequence

from safeshell.languages.redis.commands import ADVICE, HEAVY
from safeshell.languages.redis.keyspecs import keys_of
from safeshell.model.effects import Demand
from safeshell.model.judgement import Exactness, Preview, Reversibility
from safeshell.previews.redis.server import Server, info_of, number_of
from safeshell.previews.telling import count, span

_MANY_KEYS = 1_000_000
"""A KEYS over more stops the server for about a second: the full question."""
_KEYS_A_SECOND = 2_000_000


def look(server: Server, name: str, words: Sequence[bytes]) -> Preview:
    """How long everybody would wait."""
    if name == "KEYS":
        return _walk(number_of(server.call(b"DBSIZE")))
    if name in HEAVY:
        return _one(server, name, words)
    info = info_of(server.call(b"INFO"))
    speed = info.number("instantaneous_ops_per_sec")
    return Preview(f"{info.company}, {speed:,} commands a second", exactness=Exactness.EXACT)


def _walk(keys: int | None) -> Preview:
    if keys is None:
        return Preview("", caveats=("the server does not tell how many keys it has",))
    return Preview(
        summary=f"walks over {count(keys, 'key')}, about {_brief(keys / _KEYS_A_SECOND)} in which nobody is served",
        affected=keys,
        unit="keys",
        exactness=Exactness.EXACT,
        reversibility=Reversibility.REVERSIBLE,
        caveats=(ADVICE["KEYS"],),
        raises=Demand.CONFIRM if keys > _MANY_KEYS else Demand.ALLOW,
    )


def _brief(seconds: float) -> str:
    """`13 ms`, `2 seconds`."""
    return f"{max(round(seconds * 1000), 1)} ms" if seconds < 1 else span(seconds)


def _one(server: Server, name: str, words: Sequence[bytes]) -> Preview:
    counter, unit = HEAVY[name]
    keys = keys_of(name, [word.decode("latin-1") for word in words]) or ()
    asked = [(*counter.encode().split(), words[key.index]) for key in keys]
    numbers = [number_of(answer) or 0 for answer in server.many(asked)] if asked else []
    return Preview(
        summary=f"reads {sum(numbers):,} {unit} at once",
        affected=sum(numbers),
        unit=unit,
        exactness=Exactness.EXACT,
        reversibility=Reversibility.REVERSIBLE,
        caveats=(ADVICE[name],) if name in ADVICE else (),
    )
