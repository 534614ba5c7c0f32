"""Runs the shfmt process: bash text -> syntax tree as plain data, within a deadline.

An idle shfmt waits on its standard input, so that a line does not pay for exec and start-up. What
must not live here: what a tree means, and the judgement of any text.
"""

from __future__ import annotations

import json
import os
import time
import weakref
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from safeshell.gateways.children import Child, Finished
from safeshell.gateways.shfmtplace import find, find_shfmt
from safeshell.languages.reading import ParseFailure

Tree = Mapping[str, Any]

_MAX_TEXT = 256 * 1024
_MAX_OUTPUT = 24 * 1024 * 1024
_MAX_NESTING = 150
_MAX_MESSAGE = 64 * 1024
_BATCH_TEXTS = 64
_BATCH_BYTES = 32 * 1024
_ARGUMENTS = ("-ln", "bash", "--to-json")
_IN_ZSH = ("-ln", "zsh", "--to-json")
_SPELLS = ("-fc", 'functions[safeshell_text]=$1; print -r -- "${functions[safeshell_text]-}"', "zsh")
"""zsh parses a text that becomes a function's body, runs nothing of it, and prints it in its long form."""
_UNFINISHED = ("without ", "unclosed here-document", "must be followed", "must end with", "followed by")
"""Parts of shfmt's sentences about a text that may go on."""
_FROM_BASH = 0.5
"""Seconds for one `bash -n`; it only reads."""


class Shfmt:
    """Parses bash texts by shfmt; callable as `Parse`.

    `deadline` is in seconds for one text. Never raises: whatever goes wrong is a ParseFailure that
    says so. Survives fork: a child process starts shfmt anew and leaves its parent's alone.
    """

    def __init__(self, program: str | None = None, *, deadline: float = 2.0, spare: bool = True) -> None:
        self.program = program or find_shfmt()
        self.deadline = deadline
        self._keep_spare = spare
        self._spare: Child | None = None
        self._owner = os.getpid()
        self._primed: dict[str, Tree | ParseFailure] = {}
        myself = weakref.ref(self)
        os.register_at_fork(after_in_child=lambda: _forget(myself))

    def __call__(self, text: str) -> Tree | ParseFailure:
        """The tree of one text, or why there is none."""
        if text in self._primed:
            return self._primed[text]
        return self._parse(text)

    def zsh(self, text: str) -> Tree | ParseFailure:
        """The tree of a zsh text, or why there is none; then zsh itself is asked (which runs nothing)."""
        refusal = self._refused(text)
        if refusal is not None:
            return refusal
        data = text.encode("utf-8", "surrogateescape")
        finished = self._fed(lambda: self._start(_IN_ZSH), data)
        if isinstance(finished, ParseFailure):
            return finished
        return _tree(finished.output) if finished.status == 0 else self._told_by_zsh(text, _message(finished.errors))

    def zsh_spelled(self, text: str) -> str:
        """A zsh text as zsh spells it out, "" where it does not take it for a whole one, or is not there."""
        program = find(["/bin", "/usr/bin", "/usr/local/bin"], "zsh")
        if program is None or "\0" in text:
            return ""
        try:
            child = Child([program, *_SPELLS, text], environment={"LC_ALL": "C"})
            child.send(b"")
            finished = child.finish(time.monotonic() + _FROM_BASH, most=_MAX_OUTPUT)
        except OSError:
            return ""
        if finished.expired or finished.status or finished.errors:
            return ""
        lines = finished.output.decode("utf-8", "surrogateescape").split("\n")
        return "\n".join(line.removeprefix("\t") for line in lines).strip("\n")

    def _told_by_zsh(self, text: str, message: str) -> ParseFailure:
        may_go_on = any(part in message for part in _UNFINISHED)
        open_end = "here-document" in message or text.rstrip().endswith(("&&", "||", "|", "\\"))
        spelled = "" if open_end else self.zsh_spelled(text)
        if may_go_on and "do done" in " ".join(spelled.split()):
            spelled = ""  # the body of the loop is still to come
        unfinished = not spelled and may_go_on
        rejected = not spelled and not unfinished and find(["/bin", "/usr/bin", "/usr/local/bin"], "zsh") is not None
        return ParseFailure(message, incomplete=unfinished, rejected=rejected, spelled=spelled)

    def prepare(self) -> None:
        """Start the idle process now, so that the first line does not wait for it either."""
        if self._keep_spare and self.program and self._spare is None:
            self._spare = self._start()

    def close(self) -> None:
        """End the idle process."""
        spare, self._spare = self._spare, None
        if spare is not None:
            spare.abandon(mine=os.getpid() == self._owner)

    def __del__(self) -> None:
        self.close()

    def prime(self, texts: Sequence[str]) -> None:
        """Parse many texts at once and remember the answers; replaces what was remembered before."""
        distinct = list(dict.fromkeys(texts))
        self._primed = dict(zip(distinct, self.parse_many(distinct), strict=True))

    def parse_many(self, texts: Sequence[str]) -> list[Tree | ParseFailure]:
        """The trees of many texts, many of them in one process; the same answers as one by one."""
        answers: list[Tree | ParseFailure] = []
        for batch in _batches(texts):
            answers += self._batch(batch)
        return answers

    # One text --------------------------------------------------------------------------------

    def _parse(self, text: str) -> Tree | ParseFailure:
        refusal = self._refused(text)
        if refusal is not None:
            return refusal
        data = text.encode("utf-8", "surrogateescape")
        finished = self._feed(data)
        if isinstance(finished, ParseFailure):
            return finished
        if finished.status == 0:
            return _tree(finished.output)
        return self._explained(data, _message(finished.errors))

    def _refused(self, text: str) -> ParseFailure | None:
        """What is not even handed to the process."""
        if self.program is None:
            return ParseFailure("shfmt is missing, so safeshell cannot read this line; install the package shfmt-py")
        if len(text) > _MAX_TEXT:
            return ParseFailure("the text is longer than safeshell reads")
        if "\0" in text:
            return ParseFailure("the text holds a NUL byte")
        if nesting(text) > _MAX_NESTING:
            return ParseFailure("the text nests deeper than safeshell reads")
        return None

    def _feed(self, data: bytes) -> Finished | ParseFailure:
        """Hand the bytes to a process, and start the next one while this one works."""
        return self._fed(self._take, data)

    def _fed(self, take: Callable[[], Child], data: bytes) -> Finished | ParseFailure:
        until = time.monotonic() + self.deadline
        try:
            child = take()
            child.send(data)
            self.prepare()
            finished = child.finish(until, most=_MAX_OUTPUT)
        except OSError as fault:
            return ParseFailure(f"shfmt cannot be run ({fault.strerror or fault})")
        if finished.expired:
            return ParseFailure(f"shfmt took longer than {self.deadline:g} s")
        if finished.overflowed:
            return ParseFailure("the text makes a larger tree than safeshell reads")
        return finished

    def _take(self) -> Child:
        spare, self._spare = self._spare, None
        if spare is not None and spare.alive():
            return spare
        if spare is not None:
            spare.abandon(mine=True)
        return self._start()

    def _start(self, arguments: Sequence[str] = _ARGUMENTS) -> Child:
        return Child([self.program or "shfmt", *arguments], environment={"GOMAXPROCS": "1", "GOGC": "400"})

    def _explained(self, data: bytes, message: str) -> ParseFailure:
        """Whether the text is unfinished, or wrong for bash too, by asking bash (which runs nothing)."""
        if "unclosed here-document" in message:
            return ParseFailure(message, incomplete=True)
        verdicts = [self._bash_says(data, option) for option in ([], ["-O", "extglob"])]
        refused = all(verdict in ("rejects", "wants more") for verdict in verdicts)
        incomplete = refused and "wants more" in verdicts
        return ParseFailure(message, incomplete=incomplete, rejected=refused and not incomplete)

    def _bash_says(self, data: bytes, options: list[str]) -> str:
        """`accepts`, `rejects`, `wants more`, or `` where bash cannot be asked."""
        bash = find(["/bin", "/usr/bin", "/usr/local/bin"], "bash")
        if bash is None:
            return ""
        try:
            child = Child([bash, "--norc", "--noprofile", *options, "-n"], environment={"LC_ALL": "C"})
            child.send(data + b"\n")
            finished = child.finish(time.monotonic() + _FROM_BASH, most=_MAX_MESSAGE)
        except OSError:
            return ""
        if finished.expired:
            return ""
        ended = b"unexpected EOF" in finished.errors or b"unexpected end of file" in finished.errors
        if finished.status == 0:
            return "wants more" if b"delimited by end-of-file" in finished.errors else "accepts"
        return "wants more" if ended else "rejects"

    # Many texts ------------------------------------------------------------------------------

    def _batch(self, texts: Sequence[str]) -> list[Tree | ParseFailure]:
        """One process for all of them; those that do not come out clean are parsed alone."""
        if len(texts) < 2:  # noqa: PLR2004 - one text is no batch
            return [self._parse(text) for text in texts]
        usable = [number for number, text in enumerate(texts) if self._refused(text) is None]
        joined = _Joined([texts[number] for number in usable])
        finished = self._feed(joined.data) if usable else ParseFailure("")
        if isinstance(finished, ParseFailure):
            return [self._parse(text) for text in texts]
        if finished.status != 0:
            return self._around(texts, usable[joined.text_at(_line(finished.errors))])
        tree = _tree(finished.output)
        parts = joined.parts(tree) if not isinstance(tree, ParseFailure) else [None] * len(usable)
        answers: dict[int, Tree | None] = dict(zip(usable, parts, strict=True))
        return [answers.get(number) or self._parse(text) for number, text in enumerate(texts)]

    def _around(self, texts: Sequence[str], culprit: int) -> list[Tree | ParseFailure]:
        """The batch fails at one text: that one alone, the others on both sides of it together."""
        before, after = texts[:culprit], texts[culprit + 1 :]
        return [*self._batch(before), self._parse(texts[culprit]), *self._batch(after)]


class _Joined:
    """Texts with a statement between each two that can stand nowhere else: its name is random.

    A text's part of the tree is taken only where the statements on both of its sides are found as
    statements of their own, at their very places: then nothing before or inside reached over a border.
    """

    def __init__(self, texts: Sequence[str]) -> None:
        name = "safeshell-border-" + os.urandom(12).hex()
        self.border = name.encode()
        self.starts: list[int] = []
        self.borders: list[int] = []
        self.lines: list[int] = []
        pieces: list[bytes] = []
        place = line = 0
        for text in texts:
            data = text.encode("utf-8", "surrogateescape")
            self.borders.append(place)
            self.starts.append(place + len(self.border) + 1)
            self.lines.append(line + 1)
            pieces += [self.border, b"\n", data, b"\n"]
            place += len(self.border) + len(data) + 2
            line += 2 + data.count(b"\n")
        self.borders.append(place)
        self.data = b"".join([*pieces, self.border, b"\n"])

    def text_at(self, line: int) -> int:
        """Which text a line (counted from 1) belongs to."""
        found = [number for number, first in enumerate(self.lines) if first <= line]
        return found[-1] if found else 0

    def parts(self, tree: Tree) -> list[Tree | None]:
        """Each text's own tree, None where its borders did not stand."""
        nodes = tree.get("Stmts", [])
        places = {node["Pos"]["Offset"]: number for number, node in enumerate(nodes) if self._is_border(node)}
        made: list[Tree | None] = []
        for number, start in enumerate(self.starts):
            first, last = places.get(self.borders[number]), places.get(self.borders[number + 1])
            if first is None or last is None:
                made.append(None)
                continue
            own = [_moved(node, -start) for node in nodes[first + 1 : last]]
            made.append({"Type": "File", "Stmts": own})
        return made

    def _is_border(self, node: Tree) -> bool:
        start = node["Pos"]["Offset"]
        end = start + len(self.border)
        if node["End"]["Offset"] != end or self.data[start:end] != self.border:
            return False
        command = node.get("Cmd", {})
        return command.get("Type") == "CallExpr" and len(command.get("Args", ())) == 1 and not node.get("Redirs")


def _moved(node: Any, by: int) -> Any:
    """The same tree with all offsets moved; line and column numbers are dropped."""
    if isinstance(node, dict):
        if "Offset" in node and "Line" in node:
            return {"Offset": node["Offset"] + by}
        return {key: _moved(value, by) if isinstance(value, (dict, list)) else value for key, value in node.items()}
    return [_moved(item, by) for item in node]


def _batches(texts: Sequence[str]) -> list[list[str]]:
    batches: list[list[str]] = []
    size = 0
    for text in texts:
        if not batches or size + len(text) > _BATCH_BYTES or len(batches[-1]) >= _BATCH_TEXTS:
            batches.append([])
            size = 0
        batches[-1].append(text)
        size += len(text)
    return batches


def nesting(text: str) -> int:
    """An upper bound for how deep brackets nest: openers less closers, wherever they stand."""
    depth = deepest = 0
    for letter in text:
        if letter in "({[":
            depth += 1
            deepest = max(deepest, depth)
        elif letter in ")}]" and depth:
            depth -= 1
    return deepest


def _tree(output: bytes) -> Tree | ParseFailure:
    try:
        tree = json.loads(output)
    except RecursionError:
        return ParseFailure("the text nests deeper than safeshell reads")
    except ValueError:
        return ParseFailure("shfmt answered with something that is no syntax tree")
    return tree if isinstance(tree, dict) else ParseFailure("shfmt answered with something that is no syntax tree")


def _message(errors: bytes) -> str:
    """Shfmt's own sentence, without the `<standard input>:` in front."""
    text = errors.decode("utf-8", "replace").strip().splitlines()
    return text[0].removeprefix("<standard input>:") if text else "shfmt rejects it"


def _line(errors: bytes) -> int:
    number = _message(errors).partition(":")[0]
    return int(number) if number.isascii() and number.isdigit() else 1


def _forget(reference: weakref.ref[Shfmt]) -> None:
    """After a fork: the idle process is the parent's."""
    shfmt = reference()
    if shfmt is not None:
        shfmt.close()
        shfmt._owner = os.getpid()
