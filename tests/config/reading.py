"""Shell lines of packs -> statements, as the tests of packs read them.

`read_lines` is the one place to switch readers: the bash reader where it is there, else words split
by a small scanner with wrapped commands followed one by one.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from safeshell.languages.commands import WrapKind, interpret
from safeshell.languages.words import Piece, PieceKind, Word, literal_word
from safeshell.model.knowledge import Knowledge
from safeshell.model.statements import Claim, Language, Span

MAX_DEPTH = 8


@dataclass(frozen=True)
class Line:
    """One line as read: every claim in it, nested ones too, and whether all of it was understood."""

    text: str
    claims: tuple[Claim, ...]
    understood: bool = True

    @property
    def rules(self) -> set[str]:
        return {claim.rule for claim in self.claims}

    @property
    def effects(self) -> set[str]:
        return {claim.effect.value for claim in self.claims}


def read_lines(lines: Iterable[str], knowledge: Knowledge) -> dict[str, Line]:
    """Read many lines at once."""
    return {line: _split_line(line, knowledge) for line in dict.fromkeys(lines)}


def _split_line(text: str, knowledge: Knowledge) -> Line:
    return Line(text, tuple(_claims_of_text(text, knowledge, 0)))


def _claims_of_text(text: str, knowledge: Knowledge, depth: int) -> Iterator[Claim]:
    piped, words = False, []
    for token in [*_tokens(text), ";"]:
        if isinstance(token, Word):
            words.append(token)
        elif token[0] in "|&;\n":
            yield from _claims_of_words(words, knowledge, depth, piped=piped)
            piped, words = token in ("|", "|&"), []
        elif token[0] == "<":
            piped = True


def _tokens(text: str) -> Iterator[Word | str]:
    """Words, and runs of operator characters; quotes and backslashes as in a shell, nothing nested."""
    pattern = re.compile(
        r"""(?P<op>[|&;<>\n]+)|(?P<space>[ \t]+)|'(?P<single>[^']*)'|"(?P<double>(?:[^"\\]|\\.)*)\""""
        r"""|\\(?P<escaped>.)|(?P<unknown>\$\([^)]*\)|\$\{[^}]*\}|\$\w+|`[^`]*`)|(?P<glob>[*?\[])|(?P<plain>.)""",
        re.DOTALL,
    )
    pieces: list[Piece] = []
    start = 0
    for match in pattern.finditer(text + " "):
        kind, found = match.lastgroup or "", match[match.lastgroup or 0]
        if kind in ("op", "space"):
            if pieces:
                splits = any(piece.kind in (PieceKind.VARIABLE, PieceKind.OPAQUE) for piece in pieces)
                yield Word(tuple(pieces), text[start : match.start()], Span(0, 0), splits and text[start] != '"')
            pieces, start = [], match.end()
            if kind == "op":
                yield found
        elif kind == "unknown" or (kind == "double" and "$" in found):
            pieces.append(Piece(PieceKind.OPAQUE if "(" in found else PieceKind.VARIABLE, found))
        else:
            pieces.append(Piece(PieceKind.GLOB if kind == "glob" else PieceKind.LITERAL, found))


def _claims_of_words(
    words: Sequence[Word], knowledge: Knowledge, depth: int, *, piped: bool = False, appended: bool = False
) -> Iterator[Claim]:
    while words and "=" in (words[0].literal or "").lstrip("=-"):
        words = words[1:]
    if not words or depth > MAX_DEPTH:
        return
    found = interpret(words, knowledge, piped=piped, appended=appended)
    yield from found.claims
    for inner in found.wrapped:
        if inner.kind is WrapKind.ARGV:
            yield from _claims_of_words(inner.words, knowledge, depth + 1, appended=inner.appended)
        elif inner.kind is WrapKind.TEXT and inner.language is Language.BASH:
            text = " ".join(word.known or "$unknown" for word in inner.words)
            yield from _claims_of_text(text, knowledge, depth + 1)


def words_of(line: str) -> list[Word]:
    """A plain line as literal words."""
    return [literal_word(text) for text in shlex.split(line)]
