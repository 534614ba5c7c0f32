"""Runs the benchmarks and writes REPORT.md beside this file."""

from __future__ import annotations

import os
import platform
import sys
from functools import partial
from pathlib import Path

from tests.benchmarks import lines, login, othershells, postgres, previews, redis, ssh, terminal
from tests.benchmarks.measuring import Row

ALL = {
    "redis-reads": redis.pipelined_reads,
    "redis-varied": redis.varied_reads,
    "redis-writes": redis.pipelined_writes,
    "redis-single": redis.single_reads,
    "redis-clients": redis.many_clients,
    "simple-line": lines.simple_line,
    "raw-line": lines.raw_line,
    "parsed-line": lines.parsed_line,
    "loops": terminal.loops,
    "echo": terminal.echo,
    "throughput": terminal.throughput,
    "first-prompt": terminal.first_prompt,
    "memory": terminal.memory,
    **{
        f"{shell}-{name}": partial(measured, shell)
        for shell in ("zsh", "fish")
        for name, measured in (
            ("first-prompt", othershells.first_prompt),
            ("line", othershells.line),
            ("echo", othershells.echo),
            ("loops", othershells.loops),
        )
    },
    "loading": lines.loading,
    "preview": previews.deadline,
    "jsonl": lines.jsonl,
    "one-shot": terminal.one_shot,
    "postgres-simple": postgres.simple,
    "postgres-prepared": postgres.prepared,
    "postgres-tps": postgres.one_client,
    "postgres-tps-8": postgres.eight_clients,
    "postgres-select": postgres.bulk_select,
    "postgres-copy": postgres.bulk_copy,
    "postgres-memory": postgres.memory,
    "postgres-start": postgres.start,
    "login-transport": login.transport,
    "login-automation": login.automation,
    "login-judged": login.judged,
    "login-judged-parsed": login.judged_by_shfmt,
    "ssh-throughput": ssh.throughput,
}
REPORT = Path(__file__).with_name("REPORT.md")
HEAD = """\
# Benchmarks

Written by `tests/benchmarks/run`; both sides of each row were measured in the same run, on
{machine}. `tests/benchmarks/run NAME...` measures some rows anew and leaves the others. Budgets are those of
the design; a row is a measurement, not a test, and on a machine with other work the ratios swing.

| What | Baseline | Measured | Ratio or difference | Budget | Held |
|---|---|---|---|---|---|
"""


def line(row: Row) -> str:
    held = {True: "yes", False: "**no**", None: "-"}[row.held]
    return f"| {row.what} | {row.baseline} | {row.measured} | {row.ratio} | {row.budget} | {held} |"


def main(names: list[str]) -> int:
    if names == ["--list"]:
        print("\n".join(ALL))
        return 0
    told = {} if not names else _told()
    for name in names or list(ALL):
        told[name] = line(ALL[name]())
        print(told[name], flush=True)
    machine = f"{os.cpu_count()} cores, {platform.system()} {platform.release().split('-')[0]}, Python {platform.python_version()}"
    rows = [f"{told[name]} <!-- {name} -->" for name in ALL if name in told]
    REPORT.write_text(HEAD.format(machine=machine) + "\n".join(rows) + "\n", encoding="utf-8")
    return 0


def _told() -> dict[str, str]:
    """The rows of the last report by name: a run of some rows leaves the others as they were measured."""
    found = (text.rpartition(" <!-- ") for text in REPORT.read_text(encoding="utf-8").splitlines())
    return {name.removesuffix(" -->"): row for row, mark, name in found if mark}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
