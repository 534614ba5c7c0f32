"""`safeshell audit`: verify the chain, search what was done and refused, show an action as a story.

What must not live here: reading and checking lines (records).
"""

from __future__ import annotations

import json
import os
import re
import sys
import time
from typing import TYPE_CHECKING, Any

from safeshell.dialogs.visible import one_line as visible
from safeshell.model.audit import EventKind

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable, Mapping

    from safeshell.records.chain import Line
    from safeshell.records.story import Story

_AGO = re.compile(r"(\d+)\s*([smhdw])")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
_FORMATS = ("%Y-%m-%d", "%Y-%m-%d %H:%M", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%H:%M")
_USAGE = 2

_TOLD = {
    "text": "what",
    "cwd": "directory",
    "target": "where",
    "operator": "operator",
    "effects": "effects",
    "reason": "because",
    "demand": "asked for",
    "preview": "preview",
    "answer": "answer",
    "why": "reason given",
    "request": "request",
}
"""Detail keys that a story tells, in this order, and the words for them."""


def register(subparsers: Any) -> None:
    """Add the parser of `safeshell audit`."""
    parser = subparsers.add_parser(
        "audit",
        description=(
            "Verify, search and show what was done and refused. Times are local unless they end in Z.\n"
            "The audit notices changed, removed and cut-off lines. It cannot notice a person who may write\n"
            "both its files and its head and rewrites all of them: copy it to another machine for that."
        ),
        epilog=(
            "Examples:\n  safeshell audit verify\n  safeshell audit search --since 2h --refused\n"
            "  safeshell audit show --last 3"
        ),
    )
    verbs = parser.add_subparsers(dest="verb", metavar="VERB", required=True)
    _register_verify(verbs)
    _register_search(verbs)
    _register_show(verbs)


def _register_verify(verbs: Any) -> None:
    parser = verbs.add_parser(
        "verify",
        help="check the chain",
        description="Check the chain. Exit code: 0 it holds, 1 it is broken (each place is named), 2 cannot be read.",
    )
    parser.add_argument("files", nargs="*", metavar="FILE", help="only these files; default: the whole audit")
    parser.add_argument("--json", action="store_true", help="one JSON object instead of words")


def _register_search(verbs: Any) -> None:
    parser = verbs.add_parser("search", help="find lines", description="Find lines. Every option given has to fit.")
    parser.add_argument("--since", metavar="WHEN", help="from then on: 2h, 3d, 2026-11-22, '2026-11-22 14:00', 14:00")
    parser.add_argument("--until", metavar="WHEN", help="before then")
    parser.add_argument("--session", metavar="ID", default="", help="the session, or how its id begins")
    parser.add_argument("--kind", choices=[kind.value for kind in EventKind], default="", help="the kind of line")
    parser.add_argument("--effect", metavar="EFFECT", default="", help="an effect that was found, as destroys_data")
    parser.add_argument("--text", metavar="WORDS", default="", help="words in anything that was kept")
    parser.add_argument("--refused", action="store_true", help="only refusals")
    parser.add_argument("--json", action="store_true", help="the lines as they stand in the audit")


def _register_show(verbs: Any) -> None:
    parser = verbs.add_parser(
        "show", help="tell actions", description="Tell actions as stories: what, where, the answer, how it ended."
    )
    parser.add_argument("id", nargs="?", metavar="ID", default="", help="an action's id, as search prints it")
    parser.add_argument("--last", type=int, metavar="N", default=0, help="the last N actions; default 1 without ID")
    parser.add_argument("--json", action="store_true", help="one JSON object an action")


def run(args: argparse.Namespace) -> int:
    """Run one verb.

    Returns:
        0; 1 where the chain is broken or nothing was found by `show`; 2 for wrong usage or unreadable files.
    """
    try:
        return int({"verify": _verify, "search": _search, "show": _show}[args.verb](args))
    except BrokenPipeError:
        raise
    except OSError as error:
        print(f"safeshell: {error.filename or 'the audit'} cannot be read: {error.strerror or error}", file=sys.stderr)
        return _USAGE


def _directory() -> str:
    from safeshell.records.audit import audit_directory

    return audit_directory(os.environ)


def _verify(args: argparse.Namespace) -> int:
    from safeshell.records.verify import verify_directory, verify_files

    report = verify_files(args.files) if args.files else verify_directory(_directory())
    if args.json:
        problems = [
            {"file": one.file, "line": one.line, "what": one.what, "broken": one.broken} for one in report.problems
        ]
        found = {"holds": report.holds, "files": report.files, "lines": report.lines, "problems": problems}
        print(json.dumps(found))
        return 0 if report.holds else 1
    for problem in report.problems:
        print(f"{'broken' if problem.broken else 'note'}: {visible(str(problem))}")
    counted = f"{_count(report.lines, 'line')} in {_count(report.files, 'file')}"
    if not report.files and report.holds:
        print(f"nothing has been recorded in {visible(_directory())} yet")
    else:
        print(f"the chain holds: {counted}" if report.holds else f"the chain is BROKEN: {counted}")
    return 0 if report.holds else 1


def _search(args: argparse.Namespace) -> int:
    from safeshell.records.story import Log, Search

    try:
        since, until = _moment(args.since), _moment(args.until)
    except ValueError as error:
        print(f"safeshell: {error}", file=sys.stderr)
        return _USAGE
    search = Search(since, until, args.session, args.kind, args.effect, args.text, args.refused)
    log = Log.of(_directory())
    for line in log.find(search):
        print(json.dumps(line.as_json()) if args.json else _summary(line))
    _tell_damage(log.damaged)
    return 0


def _show(args: argparse.Namespace) -> int:
    from safeshell.records.story import Log

    log = Log.of(_directory())
    stories = [log.story(args.id)] if args.id else log.last(args.last or 1)
    stories = [story for story in stories if story.lines]
    if not stories:
        what = f"no action {visible(args.id)}" if args.id else "nothing yet"
        print(f"safeshell: the audit holds {what}; safeshell audit search lists what there is", file=sys.stderr)
        return 1
    for number, story in enumerate(stories):
        if args.json:
            lines = [line.as_json() for line in story.lines]
            print(json.dumps({"action": story.action, "lines": lines}))
        else:
            print("\n" * bool(number) + "\n".join(_told(story)))
    _tell_damage(log.damaged)
    return 0


def _summary(line: Line) -> str:
    """One line: when, kind, action, and the text or what else there is."""
    said = line.detail.get("text") or line.detail.get("reason") or _plain(line.detail)
    return f"{_local(line.at)}  {line.kind:<13}  {visible(line.action) or '-'}  {visible(str(said))}"


def _told(story: Story) -> Iterable[str]:
    """A story: the action's facts once, then each line with its time."""
    facts: dict[str, Any] = {}
    for line in story.lines:
        facts = {**line.detail, **facts}
    head = story.lines[0]
    yield f"action {visible(story.action)} in session {visible(head.session)}"
    for key, word in _TOLD.items():
        if facts.get(key) not in (None, "", []):
            value = facts[key]
            said = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
            yield f"  {word + ':':<14}{visible(said)}"
    for line in story.lines:
        yield f"  {_local(line.at)}  {_WORDS.get(line.kind, line.kind)}{_ending(line)}"
    if story.first(EventKind.INTENT) and not story.first(EventKind.OUTCOME):
        yield "  no end is on record: it runs still, or the session was stopped before it ended"


_WORDS: Mapping[str, str] = {
    EventKind.INTENT: "released",
    EventKind.REFUSED: "refused: it did not run",
    EventKind.OUTCOME: "ended",
    EventKind.UNLOCK: "writes unlocked",
    EventKind.LOCK: "locked again",
}


def _ending(line: Line) -> str:
    status = line.detail.get("exit")
    return f", exit status {status}" if line.kind == EventKind.OUTCOME and status is not None else ""


def _plain(detail: Mapping[str, Any]) -> str:
    return "  ".join(f"{key}={value}" for key, value in detail.items() if value not in (None, "", [], {}))


def _local(at: str) -> str:
    """A timestamp of the audit in local time, as `2026-11-22 14:00:01 CET`."""
    from calendar import timegm

    try:
        seconds = timegm(time.strptime(at[:19], "%Y-%m-%dT%H:%M:%S"))
        return time.strftime("%Y-%m-%d %H:%M:%S %Z", time.localtime(seconds))
    except (ValueError, OverflowError, OSError):
        return visible(at)


def _moment(when: str | None) -> str:
    """A timestamp as it stands in the audit for what a person wrote; "" for nothing.

    Raises:
        ValueError: it is no time.
    """
    from safeshell.records.chain import timestamp

    if not when:
        return ""
    if match := _AGO.fullmatch(when):
        return timestamp(time.time() - int(match[1]) * _SECONDS[match[2]])
    if when.endswith("Z"):
        return when
    for form in _FORMATS:
        try:
            found = time.strptime(when, form)
        except ValueError:
            continue
        today = time.localtime()
        parts = (*today[:3], *found[3:6], 0, 0, -1) if form == "%H:%M" else (*found[:6], 0, 0, -1)
        return timestamp(time.mktime(parts))
    raise ValueError(f"{when!r} is no time: write 2h, 3d, 2026-11-22, '2026-11-22 14:00' or 14:00")


def _tell_damage(count: int) -> None:
    if count:
        print(
            f"safeshell: {_count(count, 'damaged line')} passed over: safeshell audit verify names them",
            file=sys.stderr,
        )


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'s' * (number != 1)}"
