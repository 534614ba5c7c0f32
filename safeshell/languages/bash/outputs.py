"""What a command is known to print: the text that a pipe hands to the next command.

Only commands whose output is nothing but their words or their input, as POSIX defines them. What
must not live here: anything that would have to look at the world.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from safeshell.languages.bash import quoting
from safeshell.languages.bash.fields import NAME, merged
from safeshell.languages.bash.flow import text_only
from safeshell.languages.bash.nested import joined
from safeshell.languages.bash.state import Pieces
from safeshell.languages.words import Piece, PieceKind, Word

if TYPE_CHECKING:
    from safeshell.languages.bash.call import Call

_NEWLINE = Piece(PieceKind.LITERAL, "\n")
_ROUNDS = 256
_UTC = ("-u", "--utc", "--universal")
_PLAIN_FORMAT = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789%_.:+,@-")
_ODD_DATES = ("%D", "%x", "%c", "%n", "%t", "%r", "%X", "%E", "%O", "%+", "%%")
"""What makes `date` print a slash, a blank or something of the locale (date(1))."""


def printed_by(call: Call) -> Pieces | None:
    """The text on standard output, None where only running tells."""
    name = (call.words[0].literal or "").rpartition("/")[2]
    printer = _PRINTERS.get(name)
    return printer(call) if printer and not call.appended else None


def _echo(call: Call) -> Pieces | None:
    words = call.words[1:]
    newline, escapes = True, False
    while words and _is_echo_option(words[0].literal):
        letters = (words[0].literal or "")[1:]
        newline = newline and "n" not in letters
        escapes = "e" in letters or (escapes and "E" not in letters)
        words = words[1:]
    pieces = text_only(joined(words))
    if escapes:
        decoded = _decoded(pieces)
        if decoded is None:
            return None
        pieces = decoded
    return merged((*pieces, _NEWLINE) if newline else pieces)


def _is_echo_option(text: str | None) -> bool:
    return text is not None and len(text) > 1 and text[0] == "-" and set(text[1:]) <= set("neE")


def _decoded(pieces: Pieces) -> Pieces | None:
    made: list[Piece] = []
    for piece in pieces:
        if piece.kind is not PieceKind.LITERAL:
            made.append(piece)
            continue
        text = quoting.echo_escapes(piece.text)
        if text is None:
            return None
        made.append(Piece(PieceKind.LITERAL, text))
    return tuple(made)


def _printf(call: Call) -> Pieces | None:
    words = call.words[1:]
    if words and words[0].literal == "--":
        words = words[1:]
    if not words or (words[0].literal or "-").startswith("-"):
        return None
    parts = _format_parts(words[0].literal or "")
    if parts is None:
        return None
    return _formatted(parts, words[1:])


def _format_parts(text: str) -> list[str] | None:
    """The format cut into exact text and the conversions `%s`, `%b`, `%d`; None where there are others."""
    parts: list[str] = []
    run = ""
    at = 0
    while at < len(text):
        if text[at] != "%":
            run += text[at]
            at += 1
            continue
        letter = text[at + 1 : at + 2]
        if letter == "%":
            run += "%"
        elif letter and letter in "sbdi":
            parts += [run, "%" + letter]
            run = ""
        else:
            return None
        at += 2
    parts.append(run)
    decoded = [
        part if number % 2 else quoting.echo_escapes(part, octal_zero=False) for number, part in enumerate(parts)
    ]
    return None if None in decoded else [part or "" for part in decoded]


def _formatted(parts: Sequence[str], words: Sequence[Word]) -> Pieces | None:
    """The format used again and again until the words are used up."""
    pieces: list[Piece] = []
    left = list(words)
    for _ in range(_ROUNDS):
        for number, part in enumerate(parts):
            if number % 2 == 0:
                pieces.append(Piece(PieceKind.LITERAL, part))
            elif left:
                argument = text_only(left.pop(0).pieces)
                shown = _decoded(argument) if part == "%b" else argument
                if shown is None:
                    return None
                pieces.extend(shown)
        if not left or len(parts) == 1:
            return merged(pieces)
    return None


def _cat(call: Call) -> Pieces | None:
    """Standard input, when nothing else is named."""
    plain = all(word.literal == "-" for word in call.words[1:]) and len(call.words) <= 2  # noqa: PLR2004 - `cat -`
    return call.stdin.pieces if plain and call.stdin.piped and call.stdin.file is None else None


def _tee(call: Call) -> Pieces | None:
    """Standard input, whatever files it goes to as well."""
    return call.stdin.pieces if call.stdin.piped and call.stdin.file is None else None


def _nothing(call: Call) -> Pieces | None:
    del call
    return ()


def _date(call: Call) -> Pieces | None:
    """`date +FORMAT` prints one line; with plain characters only, it is a part of a file name."""
    formats = [word.literal for word in call.words[1:] if word.literal not in _UTC]
    text = formats[0] if len(formats) == 1 else None
    plain = text is not None and text[:1] == "+" and len(text) > 1 and _PLAIN_FORMAT.issuperset(text)
    return (NAME, _NEWLINE) if plain and not any(part in (text or "") for part in _ODD_DATES) else None


def _name(call: Call) -> Pieces | None:
    """Programs that print one name and nothing else."""
    return (NAME, _NEWLINE) if len(call.words) == 1 else None


def _mktemp(call: Call) -> Pieces | None:
    """`mktemp` prints the name of a new file or directory (`-d`) below /tmp, or made of a template there."""
    words = [word.literal for word in call.words[1:] if word.literal not in _MKTEMP_FLAGS]
    template = words[0] if words else "/tmp/tmp.XXX"  # noqa: S108 - the default of mktemp(1)
    stem = (template or "").rstrip("X")
    if len(words) > 1 or template is None or not stem.startswith("/tmp/") or ".." in stem:  # noqa: S108 - as above
        return None
    return (Piece(PieceKind.LITERAL, stem), NAME, _NEWLINE) if len(stem) < len(template) else None


_MKTEMP_FLAGS = ("-d", "--directory", "-q", "-dq")
_PRINTERS: dict[str, Callable[[Call], Pieces | None]] = {
    "echo": _echo,
    "printf": _printf,
    "cat": _cat,
    "tee": _tee,
    "true": _nothing,
    "false": _nothing,
    ":": _nothing,
    "test": _nothing,
    "[": _nothing,
    "sleep": _nothing,
    "date": _date,
    "mktemp": _mktemp,
    "hostname": _name,
    "whoami": _name,
    "nproc": _name,
    "arch": _name,
    "uname": _name,
}
