"""Tell why: for a text, or for the last thing that was refused or asked here.

What must not live here: judging; it shows what `check` found, step by step.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator, Mapping
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
    cwd = ""
    if not text:
        last = _last_refused()
        if last is None:
            print("safeshell: nothing was refused yet; give a text: safeshell explain -- 'TEXT'", file=sys.stderr)
            return check.USAGE_EXIT
        text, cwd = str(last["text"]), str(last.get("cwd") or "")
        args.here = True
        args.language = last.get("language") or args.language
        args.tier = args.tier or _tier_then(last)
    bench = open_bench(here=args.here, config=args.config)
    bench.cwd = cwd or bench.cwd
    bench.tell_notices()
    weighed = bench.weigh(text, language=args.language, tier=args.tier, mode=args.mode)
    for line in _story(text, weighed):
        print(line)
    return check.exit_of(weighed.verdict.demand, bench)


def _last_refused() -> Mapping[str, Any] | None:
    """What the audit says about the newest refusal; secrets in its text are covered."""
    from safeshell.records.audit import audit_directory
    from safeshell.records.story import Log, Search

    last = None
    for line in Log.of(audit_directory(dict(os.environ))).find(Search(refused=True)):
        if isinstance(line.detail.get("text"), str):
            last = line.detail
    return last


def _tier_then(detail: Mapping[str, Any]) -> str | None:
    """The tier that was judged by, where a session was started as a stricter one than this host is."""
    from safeshell.cli.setting import load_setting
    from safeshell.model.effects import Tier

    try:
        then = Tier(detail.get("tier", ""))
    except ValueError:
        return None
    here = load_setting().here()
    return then.value if detail.get("target") == here.target and then is not here.tier else None


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
