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
HEAD = """\
# Benchmarks

Written by `tests/benchmarks/run`; both sides of each row were measured in the same run, on
{machine}. Budgets are those of the design; a row is a measurement, not a test.

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
    chosen = names or list(ALL)
    rows = []
    for name in chosen:
        row = ALL[name]()
        print(line(row), flush=True)
        rows.append(row)
    if not names:
        machine = f"{os.cpu_count()} cores, {platform.system()} {platform.release().split('-')[0]}, Python {platform.python_version()}"
        report = HEAD.format(machine=machine) + "\n".join(line(row) for row in rows) + "\n"
        Path(__file__).with_name("REPORT.md").write_text(report, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
