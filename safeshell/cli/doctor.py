"""Prove that the guard blocks, here and now.

A sentinel is deleted in a real guarded shell in a real pty, once refused and once confirmed: `ok` is
only said when the refused one is still there and the confirmed one is gone. What must not live here:
anything that prints ok without having tried it.
"""

from __future__ import annotations

import argparse
import os
import shlex
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from time import time
from typing import Any

from safeshell.cli.setting import Setting, load_setting
from safeshell.gateways.rehearsal import Rehearsal
from safeshell.model.values import dataclass

_SHELLS = ("bash", "zsh", "fish")
_PATIENCE = 15.0
"""Seconds for each step of a rehearsal; a slow start file must not look like a missing guard."""


@dataclass(frozen=True, slots=True)
class Result:
    """One thing that was tried. `advice` says what to do when it failed."""

    name: str
    passed: bool
    said: str
    advice: str = ""
    skipped: bool = False


def register(subparsers: Any) -> None:
    """Add the parser of `safeshell doctor`."""
    parser = subparsers.add_parser(
        "doctor",
        description=(
            "Prove that the guard blocks, here and now: a sentinel is deleted in a real guarded shell, once\n"
            "refused (it has to survive) and once confirmed (it has to go). Exit code 0 only if all of it held."
        ),
    )
    parser.add_argument("--shell", choices=_SHELLS, help="only this shell")
    parser.add_argument("--json", action="store_true", help="one JSON object")


def run(args: argparse.Namespace) -> int:
    """0 when everything that could be tried held, 1 otherwise."""
    setting = load_setting()
    results = [*_foundations(setting), *_rehearsals(setting, args.shell)]
    if args.json:
        import json

        from safeshell.model.values import asdict

        print(json.dumps({"ok": _well(results), "results": [asdict(result) for result in results]}))
    else:
        for result in results:
            word = "skip" if result.skipped else "ok" if result.passed else "FAIL"
            print(f"{word:<5} {result.name}: {result.said}")
            if not result.passed and result.advice:
                print(f"      {result.advice}")
        print("safeshell guards this machine" if _well(results) else "safeshell does NOT guard all of this machine")
    return 0 if _well(results) else 1


def _well(results: list[Result]) -> bool:
    """Nothing failed, and in one shell at least something was really blocked."""
    proven = any(result.passed and result.name in _SHELLS for result in results)
    return proven and all(result.passed or result.skipped for result in results)


def _foundations(setting: Setting) -> Iterator[Result]:
    """What the guard stands on: configuration, packs, parser, audit."""
    for name, attempt in (
        ("configuration", _configuration),
        ("packs", _packs),
        ("parser", _parser),
        ("audit", _audit),
    ):
        try:
            yield attempt(setting)
        except Exception as fault:  # noqa: BLE001 - a doctor tells every fault instead of dying of it
            yield Result(name, passed=False, said=f"{type(fault).__name__}: {fault}")


def _configuration(setting: Setting) -> Result:
    policy = setting.policy
    said = ", ".join(policy.sources) or "built-in defaults"
    if policy.broken:
        return Result("configuration", passed=False, said="; ".join(policy.notices), advice="safeshell config check")
    return Result("configuration", passed=True, said=said)


def _packs(setting: Setting) -> Result:
    count = len(setting.knowledge.raw)
    advice = "install safeshell again: its config directory is missing"
    return Result("packs", passed=count > 0, said=f"{count} commands are known", advice=advice)


def _parser(_setting: Setting) -> Result:
    """The parser must find the command inside, not only answer."""
    from safeshell.gateways.shfmt import Shfmt
    from safeshell.languages.reading import ParseFailure

    tree = Shfmt()('if true; then rm -rf "$D"; fi')
    if isinstance(tree, ParseFailure):
        return Result(
            "parser", passed=False, said=tree.message, advice="pip install shfmt-py, or install safeshell again"
        )
    return Result("parser", passed="rm" in str(tree), said="shfmt parses")


def _audit(setting: Setting) -> Result:
    """An event is written and the chain is verified with it."""
    from safeshell.model.audit import AuditEvent, EventKind
    from safeshell.records.audit import Audit, audit_directory

    directory = audit_directory(setting.environ)
    Audit(directory).write(AuditEvent(time(), "doctor", "", EventKind.NOTE, {"what": "doctor"}, durable=True))
    return Result("audit", passed=True, said=f"{directory} can be written")


def _rehearsals(setting: Setting, only: str | None) -> Iterator[Result]:
    from safeshell.shells import SHELLS

    for name in _SHELLS:
        if only and name != only:
            continue
        if shutil.which(name) is None:
            yield Result(name, passed=False, said="not installed", skipped=True)
        elif name not in SHELLS:
            yield Result(name, passed=False, said="installed; this version guards bash only", skipped=True)
        else:
            yield _rehearse(setting, name)


def _rehearse(setting: Setting, shell: str) -> Result:
    """Both deletions, in a directory that no rule takes for scratch."""
    try:
        place = _place(setting)
    except OSError as fault:
        return Result(shell, passed=False, said=f"no directory for a sentinel: {fault}", advice="HOME must be writable")
    try:
        return _attempt(shell, place)
    except OSError as fault:
        return Result(shell, passed=False, said=f"no pty could be had: {fault.strerror or fault}")
    finally:
        shutil.rmtree(place, ignore_errors=True)


def _place(setting: Setting) -> str:
    """A new directory where a deletion is a loss: with our own files, or in the home. Raises OSError."""
    from safeshell.model.facts import Ask, PathFact, Question

    for base in (setting.state, setting.home):
        os.makedirs(base, mode=0o700, exist_ok=True)
        place = tempfile.mkdtemp(prefix=".safeshell-doctor-", dir=base)
        question = Question(Ask.PATH, place)
        fact = setting.gatherer().gather((question,), place).get(question)
        if isinstance(fact, PathFact) and fact.scratch_root is None:
            return place
        os.rmdir(place)
    raise OSError(f"{setting.state} and {setting.home} are scratch, where deleting is allowed")


def _attempt(shell: str, place: str) -> Result:
    sentinels = [f"{place}/kept", f"{place}/gone"]
    for sentinel in sentinels:
        os.mkdir(sentinel)
        with open(f"{sentinel}/file", "w", encoding="utf-8") as file:
            file.write("sentinel\n")
    argv = [sys.executable, *_isolation(), "-c", _ENTRY, "--shell", shell, "--guard-tier", "production"]
    imported = os.pathsep.join(filter(None, sys.path))
    environ = {**os.environ, "TERM": "xterm-256color", "SAFESHELL_IMPORT": imported, "HISTFILE": os.devnull}
    environ.pop("NO_COLOR", None)
    environ |= _first_start(shell, place)
    steps: tuple[tuple[Callable[[Rehearsal], bool], str], ...] = (
        (_prompted, "no prompt with PROD in it came up"),
        (lambda pty: _harmless(pty, shell), "a harmless line did not run untouched"),
        (lambda pty: _refused(pty, sentinels[0]), "deleting the sentinel was NOT stopped"),
        (lambda pty: _confirmed(pty, sentinels[1]), "the typed challenge did not let the deletion through"),
    )
    with Rehearsal(argv, environ, place) as pty:
        for step, said in steps:
            if not step(pty):
                return _failed(shell, said, pty)
    return Result(shell, passed=True, said="blocked a deletion, ran it when confirmed, let a read pass")


def _first_start(shell: str, place: str) -> dict[str, str]:
    """Where fish keeps its own files, for a person who never started it.

    At its first start fish makes directories in the home and reads every manual page for completions; a
    rehearsal leaves nothing behind.
    """
    variables = {"XDG_CONFIG_HOME": ".config", "XDG_DATA_HOME": ".local/share"}
    if shell != "fish":
        return {}
    home = os.path.expanduser("~")
    kept = {name: os.environ.get(name) or f"{home}/{below}" for name, below in variables.items()}
    if any(os.path.isdir(f"{path}/fish") for path in kept.values()):
        return {}
    os.makedirs(f"{place}/fish/generated_completions")
    return dict.fromkeys((*variables, "XDG_CACHE_HOME"), place)


_ENTRY = (
    "import os, sys; sys.path[:0] = os.environ.pop('SAFESHELL_IMPORT').split(os.pathsep);"
    "from safeshell.cli.shell import main; sys.exit(main(sys.argv[1:]))"
)


_FORGETS = {"bash": "unset HISTFILE", "zsh": "unset HISTFILE", "fish": "set -g fish_history ''"}
"""How a shell is told to keep no history of what follows."""


def _isolation() -> list[str]:
    return ["-I", "-S"]


def _prompted(pty: Rehearsal) -> bool:
    seen = pty.see("[PROD ", _PATIENCE)
    pty.settle(0.4, 3.0)
    return seen


def _harmless(pty: Rehearsal, shell: str) -> bool:
    """The answer is not in the line that is typed, so an echo of the line does not count.

    A start file may have named a history of its own; what is rehearsed does not belong there.
    """
    pty.type(f"{_FORGETS[shell]}; printf 'sum %d sum' 0x2a; echo\r")
    seen = pty.see("sum 42 sum", _PATIENCE)
    pty.settle(0.3, 2.0)
    return seen


def _refused(pty: Rehearsal, sentinel: str) -> bool:
    pty.type(f"rm -rf {shlex.quote(sentinel)}\r")
    asked = pty.see("to run it, Esc to cancel: ", _PATIENCE)
    if asked:
        pty.settle(0.4, 2.0)
        pty.type("\x1b")
        asked = pty.see("safeshell: refused: ", _PATIENCE)
        pty.settle(0.4, 2.0)
    return asked and os.path.exists(f"{sentinel}/file")


def _confirmed(pty: Rehearsal, sentinel: str) -> bool:
    pty.type(f"rm -rf {shlex.quote(sentinel)}\r")
    if not pty.see("to run it, Esc to cancel: ", _PATIENCE):
        return False
    pty.settle(0.4, 2.0)
    for key in pty.between('Type "', '" to run it'):
        pty.type(key)
        pty.settle(0.02, 0.1)
    pty.type("\r")
    return _within(_PATIENCE, lambda: not os.path.exists(sentinel))


def _within(seconds: float, happened: Callable[[], bool]) -> bool:
    from time import monotonic, sleep

    deadline = monotonic() + seconds
    while monotonic() < deadline:
        if happened():
            return True
        sleep(0.05)
    return happened()


def _failed(shell: str, said: str, pty: Rehearsal) -> Result:
    lines = [line for line in map(_plain, pty.output.decode("utf-8", "replace").splitlines()) if line]
    return Result(shell, passed=False, said=said, advice=f"last on the screen: {' | '.join(lines[-3:])[-200:]}")


def _plain(line: str) -> str:
    """A line of the screen without what moves and colours it."""
    import re

    bare = re.sub(r"\x1b(\[[0-9;?]*[ -/]*[@-~]|\][^\x07\x1b]*(\x07|\x1b\\)|.)", "", line)
    return "".join(char for char in bare if char.isprintable()).strip()
