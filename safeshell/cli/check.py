"""Say what would be asked for a text, without running anything.

Editors, CI and coding agents call it. What must not live here: judging (the road does), wiring
(`bench`).
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterable, Iterator
from typing import Any

from safeshell.cli.bench import Bench, Weighed, open_bench
from safeshell.model.effects import HARMLESS, Demand, Mode, Tier
from safeshell.model.judgement import Finding

EXITS = {Demand.ALLOW: 0, Demand.APPROVAL: 4, Demand.DENY: 5}
"""Exit codes by demand; quiet, key and full are 3."""
CONFIRM_EXIT = 3
USAGE_EXIT = 2

_DEMAND_WORDS = {Demand.ALLOW: "allow", Demand.APPROVAL: "approval", Demand.DENY: "deny"}
_QUESTIONS = {Demand.ALLOW: "none", Demand.QUIET: "quiet", Demand.KEY: "key", Demand.CONFIRM: "full"}
_SAID = _DEMAND_WORDS | {Demand.QUIET: "allowed with a notice", Demand.KEY: "one key", Demand.CONFIRM: "full dialog"}
_LANGUAGES = ("bash", "fish", "zsh", "postgres", "mysql", "redis")
_CHUNK = 1 << 20


def register(subparsers: Any) -> None:
    """Add the parser of `safeshell check`."""
    parser = subparsers.add_parser(
        "check",
        description=(
            "Say what would be asked for a text, without running anything. For editors, CI and coding agents.\n"
            "Exit code: 0 allow, 3 confirm, 4 approval, 5 deny, 2 wrong usage or a configuration at fault."
        ),
        epilog=(
            "examples:\n"
            "  safeshell check -- 'rm -rf \"$DIR\"/'               a text; several words are one command\n"
            "  safeshell check --tier production deploy.sh       a script, by its strictest statement\n"
            "  safeshell check --here -- rm -rf build            what this directory and its files make of it\n"
            "  safeshell check --language postgres migration.sql each statement's verdict, lock and work\n"
            "  safeshell check --jsonl < lines.jsonl             many in one process, answered in order"
        ),
    )
    add_options(parser)
    parser.add_argument("--json", action="store_true", help="one JSON object instead of words")
    parser.add_argument(
        "--dsn",
        metavar="CONNINFO",
        help="with --language postgres: look at this server too, read-only: rows, sizes, who is in the way",
    )
    parser.add_argument(
        "--jsonl",
        action="store_true",
        help='read {"text", "language", "tier", "mode"} a line from standard input, write one verdict a line',
    )


def add_options(parser: argparse.ArgumentParser) -> None:
    """The options that `check` and `explain` share."""
    parser.add_argument("--language", choices=_LANGUAGES, default="bash", help="what the text is written in")
    parser.add_argument(
        "--tier", choices=[tier.value for tier in Tier], help="the tier to judge by; default: this host's"
    )
    parser.add_argument(
        "--mode", choices=[mode.value for mode in Mode], help="read-only or read-write; default: the tier's"
    )
    parser.add_argument("--here", action="store_true", help="let the current directory, files and environment count")
    parser.add_argument("--config", metavar="FILE", help="a configuration that may only tighten")
    parser.add_argument("words", nargs="*", metavar="FILE | -- TEXT", help="a script, or a text after --")


def run(args: argparse.Namespace) -> int:
    """Judge one text or many; the exit code tells the verdict."""
    bench = open_bench(tier=args.tier, here=args.here, config=args.config)
    bench.tell_notices()
    if args.jsonl:
        return _run_lines(bench, args)
    text = text_of(args)
    if text is None:
        print("safeshell: give a FILE, or a text after --; safeshell check --help tells more", file=sys.stderr)
        return USAGE_EXIT
    weighed = bench.weigh(text, language=args.language, tier=args.tier, mode=args.mode)
    seen = _look(args, weighed, bench)
    if args.json:
        _write_json(answer_of(text, weighed) | seen[1])
    else:
        for line in (*lines_of(weighed), *seen[0]):
            print(line)
    return exit_of(weighed.verdict.demand, bench)


def _look(args: argparse.Namespace, weighed: Weighed, bench: Bench) -> tuple[Iterable[str], dict[str, object]]:
    """What the server of --dsn says of the statements: lines for a person, a key for JSON."""
    if not args.dsn:
        return (), {}
    from safeshell.cli import checkdsn
    from safeshell.model.errors import ConfigError, PreviewError

    if args.language != "postgres":
        raise ConfigError("--dsn looks at a PostgreSQL server: give --language postgres too")
    try:
        seen = checkdsn.look(weighed, args.dsn, bench.policy)
    except PreviewError as fault:
        raise ConfigError(f"--dsn: {fault}") from fault
    return checkdsn.lines_of(seen), {"previews": checkdsn.plain(seen)}


def text_of(args: argparse.Namespace) -> str | None:
    """The text to judge: what stands after `--`, else a file's content; None for neither."""
    words: list[str] = args.words
    if not words:
        return None if sys.stdin.isatty() else _read_stdin()
    if getattr(args, "literal", False) or len(words) > 1:
        return words[0] if len(words) == 1 else _joined(words)
    if words[0] == "-":
        return _read_stdin()
    return _read_file(words[0])


def _joined(words: list[str]) -> str:
    """Several words after `--` are the words of one command, as the caller's shell saw them."""
    import shlex

    return shlex.join(words)


def _read_stdin() -> str:
    return sys.stdin.buffer.read().decode("utf-8", "surrogateescape")


def _read_file(name: str) -> str:
    from safeshell.model.errors import ConfigError

    try:
        with open(name, "rb") as file:
            return file.read().decode("utf-8", "surrogateescape")
    except OSError as fault:
        raise ConfigError(f"cannot read {name}: {fault.strerror}; a text to judge goes after --") from fault


def exit_of(demand: Demand, bench: Bench) -> int:
    """The exit code that stands for a demand; a broken configuration is none that a caller may rely on."""
    return USAGE_EXIT if bench.policy.broken else EXITS.get(demand, CONFIRM_EXIT)


def answer_of(text: str, weighed: Weighed) -> dict[str, object]:
    """The JSON form of a verdict."""
    assessment, verdict = weighed.assessment, weighed.verdict
    return {
        "text": text,
        "demand": _DEMAND_WORDS.get(verdict.demand, "confirm"),
        "question": _QUESTIONS.get(verdict.demand, "none"),
        "effects": [effect.value for effect in assessment.effects],
        "understood": assessment.understood,
        "findings": [_finding_of(finding, weighed) for finding in assessment.findings],
    } | _told_apart(weighed)


def _told_apart(weighed: Weighed) -> dict[str, object]:
    """Each statement by itself, where the language has locks worth telling."""
    from safeshell.cli.checksql import is_told_apart, statements_of

    return {"statements": statements_of(weighed, _DEMAND_WORDS, _QUESTIONS)} if is_told_apart(weighed) else {}


def _finding_of(finding: Finding, weighed: Weighed) -> dict[str, object]:
    found: dict[str, object] = {
        "rule": finding.rule,
        "effect": finding.effect.value,
        "risk": finding.risk.name.lower(),
        "demand": _DEMAND_WORDS.get(weighed.demand_of(finding), "confirm"),
        "reason": finding.reason,
        "tier": finding.environment.tier.value,
        "target": finding.environment.target,
        "words": [target.text for target in finding.targets],
    }
    optional = {"advice": finding.advice, "instead": finding.instead, "unbounded": finding.unbounded}
    return found | {key: value for key, value in optional.items() if value}


def lines_of(weighed: Weighed) -> Iterator[str]:
    """The verdict for a person: one line, then one for each finding that matters."""
    from safeshell.cli.checksql import is_told_apart, lines_of_statements

    verdict = weighed.verdict
    place = verdict.deciding.environment if verdict.deciding else weighed.assessment.action.environment
    mode = {"ro": "read-only", "rw": "read-write"}[weighed.mode.value]
    said = _SAID.get(verdict.demand, "")
    yield f"{said}: {verdict.reason} [{place.tier.word} {place.target}, {mode}]"
    if is_told_apart(weighed):
        yield from lines_of_statements(weighed, _SAID)
    for finding in weighed.assessment.findings:
        if finding.effect not in HARMLESS:
            yield from _finding_lines(finding)


def _finding_lines(finding: Finding) -> Iterator[str]:
    names = " ".join(target.text for target in finding.targets)
    bound = ", further than the text shows" if finding.unbounded else ""
    yield f"  {finding.effect.value:<16} {finding.reason}{': ' if names else ''}{names}{bound}  ({finding.rule})"
    if finding.instead:
        yield f"  {'':<16} instead: {finding.instead}"
    elif finding.advice:
        yield f"  {'':<16} {finding.advice}"


def _write_json(value: dict[str, object]) -> None:
    import json

    print(json.dumps(value, ensure_ascii=True))


def _run_lines(bench: Bench, args: argparse.Namespace) -> int:
    """Many lines in one process; lines that arrive together are parsed together."""
    import json

    failed = False
    for batch in _batches(sys.stdin.fileno()):
        asked = [_asked(line, args) for line in batch]
        bench.prepare([item["text"] for item in asked if "error" not in item and item["language"] == "bash"])
        out = []
        for item in asked:
            answer = item if "error" in item else _answer(bench, item)
            failed = failed or "error" in answer
            out.append(json.dumps(answer, ensure_ascii=True))
        sys.stdout.write("\n".join(out) + "\n" * bool(out))
        sys.stdout.flush()
    return USAGE_EXIT if failed else 0


def _batches(descriptor: int) -> Iterator[list[bytes]]:
    """Whole lines as they arrive: a caller that waits for each answer gets it at once."""
    rest = b""
    while chunk := os.read(descriptor, _CHUNK):
        *lines, rest = (rest + chunk).split(b"\n")
        if lines:
            yield [line for line in lines if line.strip()]
    if rest.strip():
        yield [rest]


def _asked(line: bytes, args: argparse.Namespace) -> dict[str, Any]:
    """One input line, checked; {"error"} says what is wrong with it."""
    import json

    try:
        item = json.loads(line)
    except ValueError as fault:
        return {"error": f"not JSON: {fault}"}
    if not isinstance(item, dict) or not isinstance(item.get("text"), str):
        return {"error": 'expected an object with a string "text"'}
    asked = {
        "text": item["text"],
        "language": item.get("language") or args.language,
        "tier": item.get("tier") or args.tier,
        "mode": item.get("mode") or args.mode,
    }
    allowed: Iterable[tuple[str, tuple[str | None, ...]]] = (
        ("language", _LANGUAGES),
        ("tier", (None, *(tier.value for tier in Tier))),
        ("mode", (None, *(mode.value for mode in Mode))),
    )
    for key, values in allowed:
        if asked[key] not in values:
            return {"error": f"{key} {asked[key]!r} is none of {', '.join(v for v in values if v)}"}
    return asked


def _answer(bench: Bench, item: dict[str, Any]) -> dict[str, object]:
    weighed = bench.weigh(item["text"], language=item["language"], tier=item["tier"], mode=item["mode"])
    return answer_of(item["text"], weighed)
