"""Scripts of sed (GNU and POSIX) -> one Statement: which files they write, which commands they run.

A real parser of the script, so that an `e` inside a pattern or a text is not taken for a command, nor a
command for text. What must not live here: options of the program sed (a pack tells those).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from safeshell.languages.reading import UNKNOWN_PART, Reading, unread_shell
from safeshell.model.effects import Effect
from safeshell.model.statements import Claim, Language, Span, Statement, Target, TargetKind
from safeshell.model.values import dataclass, field

if TYPE_CHECKING:
    from collections.abc import Callable

    from safeshell.languages.reading import ReadShell
    from safeshell.model.knowledge import Knowledge

_STREAMS = frozenset({"/dev/stdout", "/dev/stderr"})
_PLAIN = frozenset("={}dDgGhHnNpPxzF")
_COUNTED = frozenset("lLqQ")
_LABELLED = frozenset(":btT")
_TEXTUAL = frozenset("aic")
_FLAGS = frozenset("gpiImM")
_ENDS = frozenset(";\n}#")


class _Unreadable(Exception):  # noqa: N818 - never leaves this module
    """The script is not one that sed would take, or not one that is known here."""


@dataclass(slots=True)
class _Script:
    """The text, where the parser stands, and what was found so far."""

    text: str
    shell: ReadShell
    at: int = 0
    claims: list[Claim] = field(default_factory=list)
    nested: list[Statement] = field(default_factory=list)

    def peek(self) -> str:
        return self.text[self.at : self.at + 1]

    def take(self) -> str:
        """The next character, which must be there."""
        char = self.peek()
        if not char:
            raise _Unreadable
        self.at += 1
        return char

    def skip(self, chars: str) -> str:
        """Step over all of these characters."""
        start = self.at
        while self.peek() and self.peek() in chars:
            self.at += 1
        return self.text[start : self.at]

    def unknown(self) -> bool:
        """Step over parts that only running tells; whether there were any."""
        start = self.at
        while self.text.startswith(UNKNOWN_PART, self.at):
            self.at += len(UNKNOWN_PART)
        return self.at > start

    def rest_of_line(self) -> str:
        """What is left of the line; the parser then stands at its end."""
        end = self.text.find("\n", self.at)
        start, self.at = self.at, end if end >= 0 else len(self.text)
        return self.text[start : self.at]


def read(text: str, knowledge: Knowledge, shell: ReadShell = unread_shell) -> Reading:
    """A whole script. Total on any text; see `ReadText`."""
    del knowledge
    script = _Script(text, shell)
    understood = True
    try:
        while _command(script):
            pass
    except _Unreadable:
        understood = False
        script.claims.append(Claim(Effect.NOT_UNDERSTOOD, "sed.unreadable", "is a sed script that was not understood"))
    if not script.claims:
        script.claims.append(Claim(Effect.READS, "sed.filter", "filters text"))
    span = Span(0, len(text.encode("utf-8", "surrogatepass")))
    claims = tuple(dict.fromkeys(script.claims))
    return Reading(
        (Statement(Language.SED, text, span, "sed", claims, understood=understood, nested=tuple(script.nested)),)
    )


def _command(script: _Script) -> bool:
    """One command with its addresses; False at the end of the script."""
    script.skip(" \t\n;")
    if not script.peek():
        return False
    if script.peek() == "#":
        script.rest_of_line()
        return True
    _addresses(script)
    script.skip(" \t!")
    name = _deciding(script)
    reader = _READERS.get(name)
    if reader is None:
        raise _Unreadable
    reader(script)
    return True


def _addresses(script: _Script) -> None:
    if _address(script):
        script.skip(" \t")
        if script.peek() == ",":
            script.take()
            script.skip(" \t")
            if script.peek() in ("+", "~"):
                script.take()
            if not _address(script):
                raise _Unreadable


def _address(script: _Script) -> bool:
    r"""A line number, `first~step`, `$`, `/re/` or `\\cREc`, with the flags I and M."""
    if _number(script):
        if script.peek() == "~":
            script.take()
            _number(script)
        return True
    char = script.peek()
    if char == "$":
        script.take()
        return True
    if char not in ("/", "\\") or not char:
        return False
    script.take()
    _delimited(script, _deciding(script) if char == "\\" else "/")
    script.skip("IM")
    return True


def _number(script: _Script) -> bool:
    """Digits, some of which may be known only while it runs."""
    start = script.at
    while script.skip("0123456789") or script.unknown():
        pass
    return script.at > start


def _deciding(script: _Script) -> str:
    """A character that decides how the text goes on: a command, or what stands between its parts."""
    if script.unknown():
        raise _Unreadable
    return script.take()


def _delimited(script: _Script, delimiter: str) -> str:
    """The text up to the delimiter, which a backslash hides."""
    if delimiter in ("\n", "\\"):
        raise _Unreadable
    start = script.at
    while True:
        char = script.take()
        if char == delimiter:
            return script.text[start : script.at - 1]
        if char == "\\":
            script.take()


def _end(script: _Script) -> None:
    """After a command: blanks, then a semicolon, a line end, a closing brace or a comment."""
    script.skip(" \t\r")
    if script.peek() and script.peek() not in _ENDS:
        raise _Unreadable


def _block(script: _Script) -> None:
    """`{`: a command may follow at once."""
    del script


def _counted(script: _Script) -> None:
    script.skip(" \t")
    _number(script)
    _end(script)


def _label(script: _Script) -> None:
    """A label ends at a semicolon (GNU) or line end."""
    while script.peek() and script.peek() not in ";\n":
        script.take()


def _text(script: _Script) -> None:
    r"""`a\\` and lines, each but the last ending in a backslash; or `a text` on one line."""
    script.skip(" \t")
    if not script.peek():
        return  # `$!{a` ... `-e text`: the text comes from the next -e
    while True:
        line = script.rest_of_line()
        backslashes = len(line) - len(line.rstrip("\\"))
        if not script.peek() or backslashes % 2 == 0:
            return
        script.take()


def _read_file(script: _Script) -> None:
    if not script.rest_of_line().strip():
        raise _Unreadable


def _write_file(script: _Script) -> None:
    """`w file`, to the end of the line: the file is emptied before the first line is read."""
    name = script.rest_of_line().strip()
    if not name:
        raise _Unreadable
    if name not in _STREAMS:
        target = Target(TargetKind.PATH, name, None if UNKNOWN_PART in name else name)
        script.claims.append(
            Claim(
                Effect.DESTROYS_DATA,
                "sed.write-file",
                "writes lines to a file of its own",
                (target,),
                if_missing=Effect.WRITES,
                preview="files",
                unbounded=target.value is None,
            )
        )


def _execute(script: _Script) -> None:
    """`e command`, or `e` alone: then the line itself is run. Unknown parts of a command are its variables."""
    command = script.rest_of_line().strip()
    if command and command not in (";", "}"):
        script.claims.append(Claim(Effect.READS, "sed.execute", "runs a command"))
        script.nested.extend(script.shell(command.replace(UNKNOWN_PART, f"${{{UNKNOWN_PART}}}")))
    else:
        _runs_lines(script)


def _runs_lines(script: _Script) -> None:
    script.claims.append(Claim(Effect.RUNS_OPAQUE_CODE, "sed.execute-lines", "runs lines of its input as commands"))


def _substitute(script: _Script) -> None:
    delimiter = _deciding(script)
    _delimited(script, delimiter)
    _delimited(script, delimiter)
    while script.peek() and script.peek() not in " \t\r;\n}#":
        flag = script.take()
        if flag == "e":
            _runs_lines(script)
        elif flag == "w":
            _write_file(script)
            return
        elif flag not in _FLAGS and not flag.isdigit():
            raise _Unreadable
    _end(script)


def _translate(script: _Script) -> None:
    delimiter = _deciding(script)
    _delimited(script, delimiter)
    _delimited(script, delimiter)
    _end(script)


_READERS: dict[str, Callable[[_Script], None]] = {
    **dict.fromkeys(_PLAIN - {"{"}, _end),
    **dict.fromkeys(_COUNTED, _counted),
    **dict.fromkeys(_LABELLED | {"v"}, _label),
    **dict.fromkeys(_TEXTUAL, _text),
    "{": _block,
    "r": _read_file,
    "R": _read_file,
    "w": _write_file,
    "W": _write_file,
    "e": _execute,
    "s": _substitute,
    "y": _translate,
}
