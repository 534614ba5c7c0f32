"""Texts that the shell reads once more after expanding them: arithmetic, subscripts, names, prompts.

`x='a[$(reboot)]'; echo $((x))` runs what the quotes kept from running: an expression's names stand for
expressions in turn, and a subscript is expanded when it is evaluated. So the text that such a word comes
to is looked through here for what it would run. What must not live here: syntax trees of the first
reading. Which words are read again was tried out with bash 5.2 (`-v`, `-eq` in `[[ ]]`, `let`, `${!x}`,
`${x@P}`, `declare -i`, `unset`, `read`, `printf -v`, `wait -p`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from safeshell.languages.bash import parameters
from safeshell.languages.bash.assignments import text_of
from safeshell.languages.bash.limits import MAX_TEXT
from safeshell.languages.bash.state import UNKNOWN, UNSET, Known, Listed, Pieces, State, Value
from safeshell.languages.reading import ParseFailure
from safeshell.languages.words import Piece, PieceKind, Word
from safeshell.model.effects import Effect
from safeshell.model.statements import Claim, Language, Span, Statement

if TYPE_CHECKING:
    from safeshell.languages.bash.walker import Walker

Node = Mapping[str, Any]
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_ESCAPE = re.compile(r"\\([0-7]{1,3}|.)", re.DOTALL)
_RUNS = ("$", "`")
_MARK = "SAFESHELL_END"
_COMPARING = frozenset({"-eq", "-ne", "-lt", "-le", "-gt", "-ge"})
"""Operators of `[[ ]]` whose sides are expressions; those of `[` are numbers and nothing else."""
_NAMING = frozenset({"-v", "-R"})
"""Operators of `[[ ]]` and `test` whose operand is a name, with a subscript perhaps."""


def operand(walker: Walker, node: Node, state: State) -> None:
    """A word of an expression: it is expanded, and then evaluated."""
    word(walker, walker.expander.one(node, state), state)


def word(walker: Walker, found: Word, state: State) -> None:
    """What is known of an expanded word, evaluated. What is not known is taken for a number."""
    text = "".join(piece.text if piece.kind is PieceKind.LITERAL else " " for piece in found.pieces)
    _doubt(walker, found.pieces, state)
    expression(walker, text, state)


def expression(walker: Walker, text: str, state: State, seen: frozenset[str] = frozenset()) -> None:
    """A text evaluated as arithmetic: substitutions in it run, and its names stand for expressions in turn."""
    walker.desk.budget.step()
    if text.isdigit():
        return
    _expanded(walker, text, state)
    for name in sorted(set(_NAME.findall(text)) - seen):
        _evaluated(walker, name, state, seen | {name})


def _evaluated(walker: Walker, name: str, state: State, seen: frozenset[str]) -> None:
    """The expression that a variable stands for: what is known of it, and else whatever quotes hid before."""
    value = parameters.lookup(name, state, walker.desk, asks=walker.expander.asks)
    inner = [Known(item) for item in value.items] if isinstance(value, Listed) else [value]
    for one in inner:
        if isinstance(one, Known):
            _doubt(walker, one.pieces, state)
            expression(walker, text_of(one) or "", state, seen)
    _doubt(walker, (Piece(PieceKind.VARIABLE, name),), state)


def _doubt(walker: Walker, pieces: Pieces, state: State) -> None:
    """A variable that this text set to who knows what, after quotes hid a substitution: it may hold just that."""
    lost = (piece.text for piece in pieces if piece.kind is PieceKind.VARIABLE) if walker.desk.hidden else ()
    for name in lost:
        if state.variables.get(name) == UNKNOWN or (state.blind and name not in state.variables):
            _opaque(walker, f"{name} may hold a command that runs when it is evaluated", _here(walker))
            return


def assigned(walker: Walker, value: Value | None, state: State) -> None:
    """What a variable with the integer attribute is given."""
    if isinstance(value, Known):
        _doubt(walker, value.pieces, state)
        expression(walker, text_of(value) or "", state)


def reference(walker: Walker, found: Word, state: State) -> None:
    """A word that names a variable: its subscript is an expression."""
    _doubt(walker, found.pieces, state)
    named(walker, found.known, state)


def named(walker: Walker, name: str | None, state: State) -> None:
    """The same for the text of a name; None for one that is not known."""
    subscript = (name or "").partition("[")[2]
    if subscript:
        expression(walker, subscript, state)


def parameter(walker: Walker, node: Node, state: State) -> None:
    """`${x@P}` expands the value as a prompt, `${!x}` takes it for a name."""
    name = node.get("Param", {}).get("Value", "")
    as_prompt = _transforms(node) == "P"
    if not name or not (as_prompt or node.get("Excl")):
        return
    value = parameters.lookup(name, state, walker.desk, asks=walker.expander.asks)
    for one in [Known(item) for item in value.items] if isinstance(value, Listed) else [value]:
        if as_prompt:
            _prompt(walker, node, text_of(one) if isinstance(one, Known) else "" if one == UNSET else None, state)
        else:
            _doubt(walker, one.pieces if isinstance(one, Known) else (Piece(PieceKind.VARIABLE, name),), state)
            named(walker, text_of(one) if isinstance(one, Known) else None, state)


def _prompt(walker: Walker, node: Node, text: str | None, state: State) -> None:
    if text is not None:
        _expanded(walker, _ESCAPE.sub(_unescaped, text), state)
        return
    span = walker.expander.span(node)
    _opaque(walker, f"{walker.expander.source(node)} runs whatever commands its value holds", span)


def compared(walker: Walker, operator: str, sides: Sequence[Word], state: State) -> None:
    """One test of `[[ ]]`: its operands are expanded already."""
    for side in sides:
        if operator in _NAMING:
            reference(walker, side, state)
        elif operator in _COMPARING:
            word(walker, side, state)


def names_tested(words: list[Word]) -> list[Word]:
    """The names behind `-v` and `-R` in the words of `test` and `[`."""
    return [after for before, after in pairwise(words) if before.literal in _NAMING]


def _transforms(node: Node) -> str:
    operation = node.get("Exp", {})
    parts: Sequence[Node] = operation.get("Word", {}).get("Parts", ()) if operation.get("Op") == "@" else ()
    return str(parts[0].get("Value", "")) if len(parts) == 1 else ""


def _unescaped(match: re.Match[str]) -> str:
    """An escape of a prompt: octal makes any character, the others none that runs anything."""
    return chr(int(match[1], 8) & 0xFF) if match[1].isdigit() and match[1] < "8" else " "


def _expanded(walker: Walker, text: str, state: State) -> None:
    """Substitutions that this text runs when the shell expands it: as in a here-document, quotes count for nothing."""
    if not any(mark in text for mark in _RUNS):
        return
    span = _here(walker)
    source = f": <<{_MARK}\n{text}\n{_MARK}\n"
    tree = None if len(text) > MAX_TEXT or _MARK in text else walker.desk.tree(source, Language.BASH)
    if tree is None or isinstance(tree, ParseFailure):
        _opaque(walker, "a text that the shell expands once more cannot be read", span)
        return
    inner = walker.child(source.encode("utf-8", "surrogateescape"), span, language=Language.BASH)
    inner.run_all(tree.get("Stmts", ()), state.copy())
    for statement in inner.out[:-1]:
        walker.emit(statement)


def _here(walker: Walker) -> Span:
    return walker.span or Span(0, len(walker.raw))


def _opaque(walker: Walker, why: str, span: Span) -> None:
    claim = Claim(Effect.RUNS_OPAQUE_CODE, "bash.opaque", why)
    walker.emit(
        Statement(walker.language, walker.raw.decode("utf-8", "replace"), span, "", claims=(claim,), dynamic=True)
    )
