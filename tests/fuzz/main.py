"""The long fuzz run: whole judging of generated shell and of noise, with time and memory watched.

A crash is a reader's exception, which the road would turn into a question; here it counts. A hang is a
line that takes longer than LONGEST. What must not live here: generators (tests.languages.bash.generated).
"""

from __future__ import annotations

import random
import resource
import sys
import time
from collections import Counter

from safeshell.cli.bench import open_bench
from tests.fuzz import lane, machines, report, resp
from tests.languages.bash import generated

BATCH = 400
LONGEST = 5.0
"""Seconds; the parser's own deadline is 2."""


def main(words: list[str]) -> int:
    targets = {"postgres": machines.main, "redis": resp.main, "lane": lane.main}
    if words[:1] and words[0] in targets:
        return targets[words[0]](words[1:])
    count = int(words[0]) if words else 100_000
    seed = int(words[1]) if len(words) > 1 else 20261122
    chance = random.Random(seed)
    bench = open_bench(tier="production")
    tally: Counter[str] = Counter()
    worst, worst_text = 0.0, ""
    begun = time.monotonic()
    for start in range(0, count, BATCH):
        size = min(BATCH, count - start)
        texts = [generated.noise(chance) if n % 4 == 0 else generated.line(chance) for n in range(size)]
        bench.prepare(texts)
        for text in texts:
            at = time.monotonic()
            weighed = bench.weigh(text, tier="production")
            took = time.monotonic() - at
            if took > worst:
                worst, worst_text = took, text
            tally[weighed.verdict.demand.name] += 1
            whys = [s.detail.get("why", "") for s in weighed.assessment.statements]
            if any("failed to read" in why for why in whys):
                tally["crashed"] += 1
                print("crashed:", repr(text), whys)
    took = time.monotonic() - begun
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    lines = [
        f"{count:,} texts (three generated shell lines to one string of noise), seed {seed}.",
        "",
        f"- crashes: {tally['crashed']}",
        f"- slowest text: {worst * 1e3:.0f} ms ({'hang' if worst > LONGEST else 'no hang'})",
        f"- largest resident size: {memory:.0f} MB",
        f"- {took:.0f} s in all; verdicts: "
        + ", ".join(f"{name.lower()} {number:,}" for name, number in sorted(tally.items()) if name != "crashed"),
        "",
        "The hook machine takes 100,000 mutated frames in each test run (`tests/protocols/test_hook.py`).",
    ]
    print("\n".join(lines))
    print("slowest:", repr(worst_text)[:300])
    report.write("Shell", lines)
    return 1 if tally["crashed"] or worst > LONGEST else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
