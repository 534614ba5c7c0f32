"""Tell why: for a text, or for the last thing that was refused or asked here.

What must not live here: judging; it shows what `check` found, step by step.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator
from typing import Any

from safeshell.cli import check
from safeshell.cli.bench import Weighed, open_bench
from safeshell.model.statements import Statement


def register(subparsers: Any) -> None:
    """Add the parser of `safeshell explain`."""
    parser = subparsers.add_parser(
        "explain",
        description=(
            "Tell why a text is let through or asked about: how it was read, what each part does,\n"
            "where it would happen and what that place demands. Without a text: the last refusal."
        ),
        epilog="Example: safeshell explain -- 'find . | xargs rm'",
    )
    check.add_options(parser)


def run(args: argparse.Namespace) -> int:
    """Explain one text; the exit code is that of `check`."""
    text = check.text_of(args) if args.words or not sys.stdin.isatty() else None
    if not text:
        text = _last_refused()
        if text is None:
            print("safeshell: nothing was refused yet; give a text: safeshell explain -- 'TEXT'", file=sys.stderr)
            return check.USAGE_EXIT
        args.here = True
    bench = open_bench(here=args.here, config=args.config)
    bench.tell_notices()
    weighed = bench.weigh(text, language=args.language, tier=args.tier, mode=args.mode)
    for line in _story(text, weighed):
        print(line)
    return check.exit_of(weighed.verdict.demand)


def _last_refused() -> str | None:
    """The text of the newest refusal in the audit, as it was recorded (secrets are covered)."""
    from safeshell.records.audit import audit_directory
    from safeshell.records.story import Log, Search

    text = None
    for line in Log.of(audit_directory(dict(os.environ))).find(Search(refused=True)):
        found = line.detail.get("text")
        text = found if isinstance(found, str) else text
    return text


def _story(text: str, weighed: Weighed) -> Iterator[str]:
    """Text, reading, place, verdict."""
    environment = weighed.assessment.action.environment
    yield f"text      {text}"
    yield f"place     {environment.target}: {environment.tier.word}"
    yield from (f"          because {reason}" for reason in environment.reasons)
    yield "read as"
    for statement in weighed.assessment.statements:
        yield from _tree(statement, 1)
    yield "verdict"
    yield from (f"  {line}" for line in check.lines_of(weighed))


def _tree(statement: Statement, depth: int) -> Iterator[str]:
    """A statement and what it runs in turn, indented."""
    effects = ", ".join(effect.value for effect in statement.effects) or "nothing"
    where = f" on {statement.place.kind} {statement.place.name or '(default)'}" if statement.place else ""
    note = "" if statement.understood else f" ({statement.detail.get('why', 'not understood')})"
    yield f"{'  ' * depth}{statement.verb or statement.text}{where}: {effects}{note}"
    for inner in statement.nested:
        yield from _tree(inner, depth + 1)
