"""Assignments: `A=b`, `A+=b`, `A=(b c)`, `A[1]=b`, and what the variable holds after them.

What must not live here: which variables mean something to the shell (environment.py).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from safeshell.languages.bash.fields import merged
from safeshell.languages.bash.limits import MAX_VALUE
from safeshell.languages.bash.state import UNKNOWN, UNSET, Known, Listed, Pieces, State, Unset, Value
from safeshell.languages.words import PieceKind
from safeshell.model.values import dataclass

if TYPE_CHECKING:
    from safeshell.languages.bash.walker import Walker

Node = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Assignment:
    """A name and the value that it is given; None for a bare name (`export A`)."""

    name: str
    value: Value | None
    append: bool = False


def read_assignments(walker: Walker, nodes: Sequence[Node], state: State) -> list[Assignment]:
    """The assignments in front of a command or behind `declare`; later ones see earlier ones."""
    seen = state
    made: list[Assignment] = []
    for node in nodes:
        assignment = Assignment(node["Name"]["Value"], _value(walker, node, seen), bool(node.get("Append")))
        made.append(assignment)
        if len(nodes) > 1:
            seen = seen.copy() if seen is state else seen
            assign(seen, assignment)
    return made


def _value(walker: Walker, node: Node, state: State) -> Value | None:
    if "Index" in node:
        walker.visit(node["Index"], state)
        if "Value" in node:
            walker.expander.one(node["Value"], state, assignment=True)
        return UNKNOWN
    if "Array" in node:
        return _array(walker, node["Array"].get("Elems", ()), state)
    if node.get("Naked"):
        return None
    if "Value" not in node:
        return Known(())
    pieces = walker.expander.one(node["Value"], state, assignment=True).pieces
    return Known(pieces) if sum(len(piece.text) for piece in pieces) <= MAX_VALUE else UNKNOWN


def _array(walker: Walker, elements: Sequence[Node], state: State) -> Value:
    values = [element["Value"] for element in elements if "Value" in element]
    words = walker.expander.words(values, state)
    walker.visit([element["Index"] for element in elements if "Index" in element], state)
    if any("Index" in element for element in elements) or any(word.splits for word in words):
        return UNKNOWN
    return Listed(tuple(word.pieces for word in words))


def assign(state: State, assignment: Assignment) -> None:
    """Give the variable its value; where the old one counts too (`+=`) both must be known."""
    if assignment.value is None:
        return
    value = assignment.value
    if assignment.append:
        value = _appended(state.variables.get(assignment.name), value)
    state.variables[assignment.name] = value


def _appended(old: Value | None, new: Value) -> Value:
    if isinstance(old, Unset):
        return new
    if isinstance(old, Known) and isinstance(new, Known):
        return _bounded(merged(old.pieces + new.pieces))
    if isinstance(old, Listed) and isinstance(new, Listed):
        return Listed(old.items + new.items)
    return UNKNOWN


def _bounded(pieces: Pieces) -> Value:
    return Known(pieces) if sum(len(piece.text) for piece in pieces) <= MAX_VALUE else UNKNOWN


def text_of(value: Value | None) -> str | None:
    """The exact text of a value, None where it is not known."""
    if isinstance(value, Known) and all(piece.kind is PieceKind.LITERAL for piece in value.pieces):
        return "".join(piece.text for piece in value.pieces)
    return "" if value == UNSET else None
