"""Expansion: a word of the syntax tree becomes Words, with what is known of them.

What must not live here: running what stands in substitutions; that is asked of `substitute`.
The order of bash's manual, section 3.5: braces, tilde, parameters, substitutions, splitting, globs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

from safeshell.languages.bash import parameters, quoting
from safeshell.languages.bash.braces import expand_braces
from safeshell.languages.bash.desk import Desk
from safeshell.languages.bash.dialects import Dialect
from safeshell.languages.bash.fields import Fields, glob_pieces, merged
from safeshell.languages.bash.state import UNKNOWN, Known, Pieces, State
from safeshell.languages.words import Piece, PieceKind, Word
from safeshell.model.facts import Ask
from safeshell.model.statements import Span
from safeshell.model.values import dataclass

Node = Mapping[str, Any]
Substitute = Callable[[Node, State], "Pieces | None"]
"""Judge what a substitution runs; the text it is known to print, or None."""
_NAME_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_"
_USUAL_SEPARATORS = " \t\n"
_NO_TILDE = frozenset("\\'\"$`*?[{")


@dataclass(frozen=True, slots=True)
class _Position:
    """Where unquoted text stands in its word: tilde prefixes depend on it."""

    first: bool
    last: bool
    assignment: bool


class Escaped(str):
    """A character that a backslash quotes, as an atom of brace expansion."""

    __slots__ = ()


class Expander:
    """Expands words of one source text.

    `hollow` collects words in which an expansion was empty; `vanished` turns True when a whole word
    was nothing but that. `stand_ins` are the texts (`${X}`) that stand for unknown parts of a nested text:
    in quotes that keep the shell from expanding them, they are not known either.
    """

    def __init__(  # noqa: PLR0913 - one text, where it stands, and who answers for its parts
        self, raw: bytes, span: Span | None, desk: Desk, substitute: Substitute, *, asks: bool, dialect: Dialect
    ) -> None:
        self._raw = raw
        self._span = span
        self._desk = desk
        self._substitute = substitute
        self.asks = asks
        self._dialect = dialect
        self.hollow: set[Word] = set()
        self.stand_ins: frozenset[str] = frozenset()
        self.vanished = False

    def source(self, node: Node) -> str:
        """The text of a node as written."""
        return self._raw[node["Pos"]["Offset"] : node["End"]["Offset"]].decode("utf-8", "replace")

    def span(self, node: Node) -> Span:
        """Where a node stands in the whole text; inside a nested text: where that text stands."""
        return self._span or Span(node["Pos"]["Offset"], node["End"]["Offset"])

    def words(self, nodes: Sequence[Node], state: State) -> list[Word]:
        """Words of a command line, of a `for` list or of an array."""
        return [word for node in nodes for word in self._word(node, state)]

    def _word(self, node: Node, state: State) -> Iterator[Word]:
        self._desk.budget.step()
        parts = node.get("Parts", [])
        source = self.source(node)
        if len(parts) == 1 and parts[0]["Type"] == "Lit" and _is_plain(parts[0]["Value"]):
            yield Word((Piece(PieceKind.LITERAL, parts[0]["Value"]),), source, self.span(node))
            return
        for alternative in _brace_alternatives(merged_literals(parts)):
            fields = self._fields(split=True, state=state)
            self._parts(alternative, fields, state, assignment=False)
            yield from self._finish(fields, source, node)

    def one(self, node: Node | None, state: State, *, assignment: bool = False) -> Word:
        """A word that is never split: the value of an assignment, the target of a redirection."""
        if node is None:
            return Word((), "", self._span or Span(0, 0))
        self._desk.budget.step()
        fields = self._fields(split=False, state=state)
        fields.quoted()
        self._parts(merged_literals(node.get("Parts", [])), fields, state, assignment=assignment)
        return self._finish(fields, self.source(node), node)[0]

    def here_document(self, node: Node | None, state: State, *, quoted: bool, tabs: bool) -> Pieces:
        """The text of a here-document. `quoted`: nothing in it is expanded; `tabs`: leading tabs go (`<<-`)."""
        if node is None:
            return ()
        fields = self._fields(split=False, state=state)
        for part in node.get("Parts", []):
            if part["Type"] == "Lit":
                text = part["Value"]
                exact = (Piece(PieceKind.LITERAL, text if quoted else quoting.here_document(text)),)
                fields.quoted(self._verbatim(text) if quoted else exact)
            else:
                self._part(part, fields, state, quoted=True)
        fields.cut()
        pieces = fields.done[0][0] if fields.done else ()
        self._notice(pieces)
        return _without_tabs(pieces) if tabs else pieces

    def _notice(self, pieces: Pieces) -> None:
        for piece in pieces:
            if piece.kind is PieceKind.LITERAL:
                self._desk.notice(piece.text)

    def _fields(self, *, split: bool, state: State) -> Fields:
        known = "IFS" not in state.variables and not state.blind
        return Fields(split=split, known_separators=known, blanks=self._dialect.splits)

    def _finish(self, fields: Fields, source: str, node: Node) -> list[Word]:
        words = fields.words(source, self.span(node))
        for word in words:
            self._notice(word.pieces)
        if fields.hollow:
            self.hollow.update(words)
            self.vanished = self.vanished or not words
        return words

    def _parts(self, parts: Sequence[Node], fields: Fields, state: State, *, assignment: bool) -> None:
        for number, part in enumerate(parts):
            if part["Type"] == "Lit":
                position = _Position(number == 0, number == len(parts) - 1, assignment)
                self._literal(part["Value"], fields, state, position)
            else:
                self._part(part, fields, state, quoted=False)

    def _literal(self, raw: str, fields: Fields, state: State, position: _Position) -> None:
        """Unquoted text: tilde, backslashes, patterns."""
        if "~" in raw:
            raw = self._tildes(raw, fields, state, position)
        if "\\" not in raw:
            fields.bare(glob_pieces(raw) if fields.split else _exactly(raw))
            return
        if "[" in raw and "]" in raw and fields.split:
            fields.bare((Piece(PieceKind.GLOB, raw),))
            return
        at = 0
        while (slash := raw.find("\\", at)) >= 0:
            fields.bare(glob_pieces(raw[at:slash]) if fields.split else _exactly(raw[at:slash]))
            fields.quoted(_exactly(raw[slash + 1 : slash + 2] or "\\"))
            at = slash + 2
        fields.bare(glob_pieces(raw[at:]) if fields.split else _exactly(raw[at:]))

    def _tildes(self, raw: str, fields: Fields, state: State, position: _Position) -> str:
        """Expand tilde prefixes at the start of `raw`, and after `=` and `:` of assignments; the rest is left."""
        head, equals, tail = raw.partition("=")
        assignment = position.assignment
        if position.first and equals and not assignment and head.isidentifier() and tail.startswith("~"):
            fields.bare(_exactly(head + equals))
            raw, assignment = tail, True
        elif not position.first:
            return raw
        chunks = raw.split(":") if assignment else [raw]
        for chunk in chunks[:-1]:
            fields.bare(_exactly(self._tilde(chunk, fields, state, closed=True)))
            fields.bare(_exactly(":"))
        return self._tilde(chunks[-1], fields, state, closed=position.last)

    def _tilde(self, raw: str, fields: Fields, state: State, *, closed: bool) -> str:
        """Expand one tilde prefix; what is left of `raw`. `closed`: nothing follows that could belong to the name."""
        name = raw[: min(end for end in (*map(raw.find, "/:="), len(raw)) if end >= 0)]
        rest = raw[len(name) :]
        if not name.startswith("~") or (not rest and not closed) or not _NO_TILDE.isdisjoint(name):
            return raw
        if rest[:1] in (":", "="):
            # bash expands these or not by rules of its own (`~:x`, `~="x"`); nobody writes them
            fields.quoted((Piece(PieceKind.VARIABLE, name),))
        elif name == "~":
            fields.quoted(self._home(state))
        elif name in ("~+", "~-"):
            found = parameters.lookup("PWD" if name == "~+" else "OLDPWD", state, self._desk, asks=self.asks)
            fields.quoted(found.pieces if isinstance(found, Known) else (Piece(PieceKind.VARIABLE, name),))
        elif name.lstrip("~+-").isdigit():
            fields.quoted((Piece(PieceKind.VARIABLE, name),))
        else:
            fields.quoted((Piece(PieceKind.HOME, name),))
        return rest

    def _home(self, state: State) -> Pieces:
        found = parameters.lookup("HOME", state, self._desk, asks=self.asks)
        if isinstance(found, Piece):
            return (found,)
        return found.pieces if isinstance(found, Known) else (Piece(PieceKind.VARIABLE, "HOME"),)

    def _part(self, part: Node, fields: Fields, state: State, *, quoted: bool) -> None:
        kind = part["Type"]
        if kind == "SglQuoted":
            value = part.get("Value", "")
            fields.quoted(self._verbatim(quoting.ansi_c(value) if part.get("Dollar") else value))
        elif kind == "DblQuoted":
            self._double_quoted(part, fields, state)
        elif kind == "ParamExp":
            self._parameter(part, fields, state, quoted=quoted)
        elif kind == "ExtGlob":
            fields.bare((Piece(PieceKind.GLOB, self.source(part)),))
        else:
            printed = self._substitute(part, state)
            pieces = printed if printed is not None else (Piece(PieceKind.OPAQUE, self.source(part)),)
            self._place(pieces, fields, quoted=quoted)

    def _verbatim(self, text: str) -> Pieces:
        """Text that nothing is expanded in, with what stands for unknown parts taken out."""
        pieces: list[Piece] = [Piece(PieceKind.LITERAL, text)]
        for mark in sorted(self.stand_ins, key=len, reverse=True):
            pieces = [made for piece in pieces for made in _cut(piece, mark)]
        return tuple(piece for piece in pieces if piece.text)

    def _double_quoted(self, part: Node, fields: Fields, state: State) -> None:
        inner = part.get("Parts", [])
        if not _only_lists(inner):
            fields.quoted()
        for piece in inner:
            if piece["Type"] == "Lit":
                fields.quoted(_exactly(quoting.double_quoted(piece["Value"])))
            else:
                self._part(piece, fields, state, quoted=True)

    def _parameter(self, part: Node, fields: Fields, state: State, *, quoted: bool) -> None:
        whole = self._dialect.lists == "all"
        found = parameters.expand(part, self.source(part), state, self._desk, asks=self.asks, whole=whole)
        if found.alternative is None:
            self._substitute(part, state)
        if found.alternative is not None:
            self._alternative(found, fields, state, quoted=quoted)
        elif found.items is not None:
            self._items(found, fields, quoted=quoted)
        else:
            fields.hollow = fields.hollow or not found.pieces
            if not quoted and fields.split and self._separable(found.pieces):
                fields.known_separators = fields.known_separators and self._usual_separators()
            self._place(found.pieces, fields, quoted=quoted)

    def _separable(self, pieces: Pieces) -> bool:
        """Whether these may come out as several words, were IFS another than usual."""
        return self._dialect.splits and any(
            piece.kind is PieceKind.VARIABLE or (piece.kind is PieceKind.LITERAL and not piece.text.isalnum())
            for piece in pieces
        )

    def _usual_separators(self) -> bool:
        """The session's own IFS; where nobody answers (a script, another host), the usual one."""
        if not self.asks:
            return True
        answered, text = self._desk.ask(Ask.VARIABLE, "IFS")
        return not answered or text is None or set(text) == set(_USUAL_SEPARATORS)

    def _alternative(self, found: parameters.Expansion, fields: Fields, state: State, *, quoted: bool) -> None:
        """The word of `${X:-word}`; its own quotes count outside of double quotes."""
        inner = Fields(split=False)
        inner.quoted()
        word = found.alternative or {}
        for part in word.get("Parts", []):
            if part["Type"] == "Lit":
                inner.quoted(_exactly(quoting.double_quoted(part["Value"])))
            else:
                self._part(part, inner, state, quoted=True)
        inner.cut()
        pieces = merged(piece for field, _ in inner.done for piece in field)
        if found.assigns:
            state.variables[found.assigns] = Known(pieces)
        fields.hollow = fields.hollow or not pieces
        self._place(pieces, fields, quoted=quoted)

    def _items(self, found: parameters.Expansion, fields: Fields, *, quoted: bool) -> None:
        items = found.items or ()
        fields.hollow = fields.hollow or not items
        if quoted and (found.joined or not fields.split):
            fields.quoted()
        for number, pieces in enumerate(items):
            if number and (found.joined or not fields.split) and quoted:
                fields.quoted(_exactly(" "))
            elif number and fields.split:
                fields.cut()
            elif number:
                fields.bare(_exactly(" "))
            self._place(pieces, fields, quoted=quoted)

    def _place(self, pieces: Pieces, fields: Fields, *, quoted: bool) -> None:
        if quoted:
            fields.quoted(pieces)
        else:
            fields.expanded(pieces)

    def unknown_assignment(self, name: str, state: State) -> None:
        """From here on nobody knows what this variable holds."""
        state.variables[name] = UNKNOWN


def merged_literals(parts: Sequence[Node]) -> Sequence[Node]:
    """Shfmt cuts unquoted text in two at a `[`; for a word it is one text."""
    kinds = [part["Type"] for part in parts]
    if ("Lit", "Lit") not in pairwise(kinds):
        return parts
    made: list[Node] = []
    for part in parts:
        if made and part["Type"] == made[-1]["Type"] == "Lit":
            made[-1] = {**made[-1], "End": part.get("End"), "Value": made[-1]["Value"] + part["Value"]}
        else:
            made.append(part)
    return made


def _is_plain(text: str) -> bool:
    return text.isascii() and text.replace("/", "").replace("-", "").replace(".", "").replace("_", "").isalnum()


def _cut(piece: Piece, mark: str) -> Iterator[Piece]:
    """A literal piece with each `mark` in it as an opaque piece."""
    if piece.kind is not PieceKind.LITERAL or mark not in piece.text:
        yield piece
        return
    for number, text in enumerate(piece.text.split(mark)):
        if number:
            yield Piece(PieceKind.OPAQUE, mark)
        yield Piece(PieceKind.LITERAL, text)


def _exactly(text: str) -> Pieces:
    return (Piece(PieceKind.LITERAL, text),) if text else ()


def _only_lists(parts: Sequence[Node]) -> bool:
    """`"$@"` and `"${a[@]}"` alone make no field when there is nothing in them."""
    return len(parts) == 1 and parts[0]["Type"] == "ParamExp" and _names_a_list(parts[0])


def _names_a_list(node: Node) -> bool:
    if node.get("Param", {}).get("Value") == "@":
        return True
    index = node.get("Index", {}).get("Parts", [])
    return len(index) == 1 and index[0].get("Value") == "@"


def _brace_alternatives(parts: Sequence[Node]) -> list[list[Node]]:
    if not any(part["Type"] == "Lit" and "{" in part["Value"] for part in parts):
        return [list(parts)]
    atoms: list[str | Node] = []
    for part in parts:
        if part["Type"] == "Lit":
            atoms.extend(_characters(part["Value"]))
        else:
            atoms.append(part)
    return [_regrouped(alternative) for alternative in expand_braces(atoms)]


def _characters(raw: str) -> Iterator[str]:
    at = 0
    while at < len(raw):
        if raw[at] == "\\" and at + 1 < len(raw):
            yield Escaped(raw[at : at + 2])
            at += 2
        else:
            yield raw[at]
            at += 1


def _regrouped(atoms: Sequence[str | Node]) -> list[Node]:
    parts: list[Node] = []
    run = ""
    for atom in atoms:
        if isinstance(atom, str):
            run += atom
            continue
        run = _flush(run, parts)
        parts.append(atom)
    _flush(run, parts)
    return parts


def _flush(run: str, parts: list[Node]) -> str:
    """Close a run of literal text. Braces expand before names are read: `$A{b,c}` is `$Ab $Ac`."""
    if run and parts and parts[-1].get("Short") and parts[-1]["Param"]["Value"].isidentifier():
        rest = run.lstrip(_NAME_LETTERS)
        name = parts[-1]["Param"]["Value"] + run[: len(run) - len(rest)]
        parts[-1] = {**parts[-1], "Param": {**parts[-1]["Param"], "Value": name}}
        run = rest
    if run:
        parts.append({"Type": "Lit", "Value": run})
    return ""


def _without_tabs(pieces: Pieces) -> Pieces:
    """`<<-`: tabs at the start of each line go; those that an expansion brings stay, which is rare enough."""
    made: list[Piece] = []
    fresh = True
    for piece in pieces:
        if piece.kind is not PieceKind.LITERAL:
            made.append(piece)
            fresh = False
            continue
        lines = piece.text.split("\n")
        kept = [line if number == 0 and not fresh else line.lstrip("\t") for number, line in enumerate(lines)]
        made.append(Piece(PieceKind.LITERAL, "\n".join(kept)))
        fresh = lines[-1] == "" or lines[-1].strip("\t") == ""
    return tuple(made)
