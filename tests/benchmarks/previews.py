"""The preview's deadline, on a tree that is too large for it."""

from __future__ import annotations

import time
from pathlib import Path

from safeshell.languages.bash import read
from safeshell.model.effects import Tier
from safeshell.policy.assess import assess
from safeshell.previews import take
from tests.benchmarks.measuring import Row, home
from tests.making import action, environment


def deadline() -> Row:
    from safeshell.cli.setting import load_setting
    from safeshell.gateways.shfmt import Shfmt

    with home() as house:
        for folder in range(400):
            place = Path(house, "tree", str(folder))
            place.mkdir(parents=True)
            for number in range(500):
                (place / str(number)).touch()
        knowledge = load_setting().knowledge
        text = f"rm -rf {house}/tree"
        statements = read(text, knowledge, {}, Shfmt()).statements
        assessment = assess(action(text, environment(Tier.PRODUCTION), cwd=house), statements, {})
        begun = time.perf_counter()
        preview = take(assessment, cwd=house, deadline=0.25)
        took = time.perf_counter() - begun
    return Row(
        "preview of 200,000 files with a deadline of 0.25 s",
        "0.25 s",
        f"{took:.2f} s",
        preview.summary,
        'deadline kept, then "at least N"',
        took <= 0.4,
    )
