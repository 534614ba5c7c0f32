"""For authors of packs: `python -m tests.config.check_pack config/packs/x.yaml` says what is wrong with it.

Exit status 0 when nothing is. Other packs that do not load at the moment are left out.
"""

from __future__ import annotations

import sys
from pathlib import Path

from safeshell.model.errors import ConfigError
from tests.config.checking import check, pack_texts, sound_others


def main(paths: list[str]) -> int:
    """Print the problems of the packs, one a line, as `file:line: rule problem`."""
    mine = {str(Path(path).resolve()): Path(path).read_text(encoding="utf-8") for path in paths}
    others, said = sound_others(pack_texts(), set(mine))
    print(*said, sep="\n", end="\n" if said else "")
    try:
        checked = check(mine, others)
    except ConfigError as error:
        print(error)
        return 1
    count = 0
    for rule in checked.rules:
        for problem in checked.problems(rule):
            print(f"{Path(rule.source).name}:{rule.line}: {rule.rule} {problem}")
            count += 1
    print(f"{len(checked.rules)} rules, {len(checked.lines)} lines, {count} problems")
    return 1 if count else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
