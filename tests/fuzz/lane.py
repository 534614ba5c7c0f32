"""The long fuzz run of the quick lane: the same dialogue with and without it, both sides' bytes now and then spoilt.

Every byte that leaves, every state, every event is compared after each piece. What must not live here: the
comparison itself (tests.protocols.postgres.test_lane).
"""

from __future__ import annotations

import random
import time
from collections import Counter

from tests.fuzz import report
from tests.fuzz.machines import mutated
from tests.protocols.postgres.test_lane import played, whole

MODES = ("options", "off", "options", "pinned")


def main(words: list[str]) -> int:
    count = int(words[0]) if words else 20_000
    seed = int(words[1]) if len(words) > 1 else 20261122
    passed: Counter[str] = Counter()
    failed = 0
    begun = time.monotonic()
    for number in range(count):
        try:
            passed += played(seed + number, MODES[number % len(MODES)], _rarely if number % 3 else whole)
        except Exception as problem:  # noqa: BLE001 - whatever it was, it is a finding
            print(f"dialogue {seed + number}, mode {MODES[number % len(MODES)]}: {problem!r}")
            failed += 1
            if failed > 5:
                break
    lines = [
        f"{count:,} dialogues of 40 turns, with and without the lane, seed {seed}; two in three with spoilt bytes.",
        "",
        f"- dialogues in which a byte, a state or an event differed: {failed}",
        "- wholes that took the lane: " + ", ".join(f"{name} {number:,}" for name, number in sorted(passed.items())),
        f"- {time.monotonic() - begun:.0f} s in all",
    ]
    print("\n".join(lines))
    report.write("PostgreSQL's quick lane", lines)
    return 1 if failed else 0


def _rarely(chance: random.Random, data: bytes) -> bytes:
    return mutated(chance, data) if chance.random() < 0.3 else data
