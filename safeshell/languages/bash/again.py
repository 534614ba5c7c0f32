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
from safeshell.languages.bash.state import UNSET, Known, State
from safeshell.languages.reading import ParseFailure
from safeshell.languages.words import PieceKind, Word
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
    names = {piece.text for piece in found.pieces if piece.kind is PieceKind.VARIABLE}
    expression(walker, text, state, frozenset(names))


def expression(walker: Walker, text: str, state: State, seen: frozenset[str] = frozenset()) -> None:
    """A text evaluated as arithmetic: substitutions in it run, and its names stand for expressions in turn."""
    walker.desk.budget.step()
    if text.isdigit():
        return
    if any(mark in text for mark in _RUNS):
        _expanded(walker, text, state)
    for name in sorted(set(_NAME.findall(text)) - seen):
        value = parameters.lookup(name, state, walker.desk, asks=walker.expander.asks)
        inner = text_of(value) if isinstance(value, Known) else None
        if inner:
            expression(walker, inner, state, seen | {name})


def reference(walker: Walker, name: str | None, state: State) -> None:
    """The name of a variable as a text: its subscript is an expression."""
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
    text = text_of(value) if isinstance(value, Known) else ""
    if not as_prompt:
        reference(walker, text, state)
    elif isinstance(value, Known) and text is not None:
        _expanded(walker, _ESCAPE.sub(_unescaped, text), state)
    elif value != UNSET:
        _opaque(
            walker, f"{walker.expander.source(node)} runs whatever commands its value holds", walker.expander.span(node)
        )


def compared(walker: Walker, operator: str, sides: Sequence[Word], state: State) -> None:
    """One test of `[[ ]]`: its operands are expanded already."""
    for side in sides:
        if operator in _NAMING:
            reference(walker, side.known, state)
        elif operator in _COMPARING:
            word(walker, side, state)


def names_tested(words: list[Word]) -> list[str | None]:
    """The names behind `-v` and `-R` in the words of `test` and `[`."""
    return [after.known for before, after in pairwise(words) if before.literal in _NAMING]


def _transforms(node: Node) -> str:
    operation = node.get("Exp", {})
    parts: Sequence[Node] = operation.get("Word", {}).get("Parts", ()) if operation.get("Op") == "@" else ()
    return str(parts[0].get("Value", "")) if len(parts) == 1 else ""


def _unescaped(match: re.Match[str]) -> str:
    """An escape of a prompt: octal makes any character, the others none that runs anything."""
    return chr(int(match[1], 8) & 0xFF) if match[1].isdigit() and match[1] < "8" else " "


def _expanded(walker: Walker, text: str, state: State) -> None:
    """Substitutions that this text runs when the shell expands it: as in a here-document, quotes count for nothing."""
    span = walker.span or Span(0, len(walker.raw))
    source = f": <<{_MARK}\n{text}\n{_MARK}\n"
    tree = None if len(text) > MAX_TEXT or _MARK in text else walker.desk.tree(source, Language.BASH)
    if tree is None or isinstance(tree, ParseFailure):
        _opaque(walker, "a text that the shell expands once more cannot be read", span)
        return
    inner = walker.child(source.encode("utf-8", "surrogateescape"), span, language=Language.BASH)
    inner.run_all(tree.get("Stmts", ()), state.copy())
    for statement in inner.out[:-1]:
        walker.emit(statement)


def _opaque(walker: Walker, why: str, span: Span) -> None:
    claim = Claim(Effect.RUNS_OPAQUE_CODE, "bash.opaque", why)
    walker.emit(
        Statement(walker.language, walker.raw.decode("utf-8", "replace"), span, "", claims=(claim,), dynamic=True)
    )
