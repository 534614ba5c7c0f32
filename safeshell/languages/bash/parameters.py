"""Parameter expansion: what `$X`, `${X:-y}`, `$@`, `${a[1]}` stand for, as far as it is known.

What must not live here: splitting, substitutions (the caller visits those inside).
Rules from the bash manual, section 3.5.3.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from safeshell.languages.bash.desk import Desk
from safeshell.languages.bash.fields import NUMBER
from safeshell.languages.bash.state import (
    UNKNOWN,
    UNSET,
    Known,
    Listed,
    Pieces,
    State,
    Unknown,
    Unset,
    Value,
    known_text,
)
from safeshell.languages.words import Piece, PieceKind
from safeshell.model.facts import Ask
from safeshell.model.values import dataclass

_SPECIAL = frozenset("-_0")
_NUMBERS = frozenset(
    [
        "?",
        "$",
        "!",
        "#",
        "BASHPID",
        "RANDOM",
        "SRANDOM",
        "SECONDS",
        "LINENO",
        "UID",
        "EUID",
        "PPID",
        "EPOCHSECONDS",
        "SHLVL",
        "COLUMNS",
        "LINES",
    ]
)
"""Parameters that always hold a number (bash manual, section 5.2)."""
HOME = Piece(PieceKind.HOME, "~")
_OPERATING = frozenset({"Exp", "Index", "Length"})
_PLAIN_KEYS = frozenset(
    {"Type", "Pos", "End", "Dollar", "Rbrace", "Short", "Param", "Index", "Exp", "Length", "Product"}
)
_NEVER_ASKED = frozenset({"PATH", "RANDOM", "SECONDS", "LINENO", "SRANDOM", "EPOCHSECONDS", "EPOCHREALTIME", "REPLY",
                          "BASHPID", "BASH_COMMAND", "FUNCNAME", "PIPESTATUS", "OPTARG", "OPTIND"})  # fmt: skip
"""Variables whose value now says nothing about their value then; and PATH, where only its changes matter."""
LOOKED_UP: frozenset[str] = frozenset({"@", "*"})


@dataclass(frozen=True, slots=True)
class Expansion:
    """What a parameter stands for: pieces, or several fields (`"$@"`).

    `alternative` is the word of `${X:-word}` that has to be expanded instead. `assigns` names the
    variable that `:=` sets to it.
    """

    pieces: Pieces = ()
    items: tuple[Pieces, ...] | None = None
    joined: bool = False
    alternative: Mapping[str, Any] | None = None
    assigns: str = ""


def opaque(source: str) -> Expansion:
    """Only running tells."""
    return Expansion((Piece(PieceKind.OPAQUE, source),))


def lookup(name: str, state: State, desk: Desk, *, asks: bool) -> Value | Piece:
    """The value of a variable; a Piece where it is a known thing without a known text (`~`)."""
    if name in state.variables:
        return state.variables[name]
    if name == "HOME":
        return HOME
    if state.blind:
        return UNKNOWN
    if name in ("PWD", "OLDPWD") and state.directory != ("",):
        place = state.directory[0] if len(state.directory) == 1 else None
        return known_text(place) if name == "PWD" and place is not None and place.startswith("/") else UNKNOWN
    if not asks or name in _NEVER_ASKED:
        return UNKNOWN
    answered, text = desk.ask(Ask.VARIABLE, name)
    if not answered:
        return UNKNOWN
    return UNSET if text is None else known_text(text)


def expand(  # noqa: PLR0913 - a parameter, and everything that its value depends on
    node: Mapping[str, Any], source: str, state: State, desk: Desk, *, asks: bool, whole: bool = False
) -> Expansion:
    """What the ParamExp `node` stands for; `source` is its text. `whole`: a list without an index is all of it."""
    name = node.get("Param", {}).get("Value", "")
    if not name or not _PLAIN_KEYS.issuperset(node) or name in _SPECIAL:
        return opaque(source)
    if name == "#" and state.positional:
        return Expansion(known_text(str(len(state.positional.items))).pieces)
    if name in _NUMBERS and name not in state.variables and not _OPERATING.intersection(node):
        return Expansion((NUMBER,))
    if whole and not _OPERATING.intersection(node) and name not in LOOKED_UP and not name.isdigit():
        value = lookup(name, state, desk, asks=asks)
        # fish: beside other text a list makes as many words as it has items
        return opaque(source) if "Product" in node and isinstance(value, Listed) else _plain(name, value, star=True)
    if whole and "Index" in node:
        return _picked(name, node["Index"], lookup(name, state, desk, asks=asks), source)
    value = _value(name, node, state, desk, asks=asks)
    if node.get("Length"):
        return _length(value)
    star = name == "*" or ("Index" in node and _index(node["Index"]) == "*")
    if "Exp" in node:
        return _operated(name, value, node["Exp"], source, star=star)
    return _plain(name, value, star=star)


def _value(name: str, node: Mapping[str, Any], state: State, desk: Desk, *, asks: bool) -> Value | Piece:
    if name in LOOKED_UP:
        return state.positional if state.positional is not None else UNKNOWN
    if name.isdigit():
        return _positional(int(name), state)
    value = lookup(name, state, desk, asks=asks)
    return _item(value, node["Index"]) if "Index" in node else _first(value)


def _picked(name: str, index: Mapping[str, Any], value: Value | Piece, source: str) -> Expansion:
    """`$a[1]` where lists are counted from 1; of a text it is a letter, which is simply not known."""
    text = _index(index)
    if isinstance(value, Listed) and text in LOOKED_UP:
        return Expansion(items=value.items, joined=text == "*")
    if isinstance(value, Listed) and text.isdigit() and text != "0" and len(text) < 6:  # noqa: PLR2004 - sane counts
        return _plain(name, _item(value, {"Parts": [{"Type": "Lit", "Value": str(int(text) - 1)}]}), star=False)
    return Expansion() if isinstance(value, Unset) else opaque(source)


def _positional(number: int, state: State) -> Value:
    if state.positional is None:
        return UNKNOWN
    items = state.positional.items
    return Known(items[number - 1]) if 0 < number <= len(items) else UNSET


def _item(value: Value | Piece, index: Mapping[str, Any]) -> Value | Piece:
    text = _index(index)
    if text in LOOKED_UP:
        return Listed((value.pieces,)) if isinstance(value, Known) else value
    if text.isdigit() and isinstance(value, Listed):
        return Known(value.items[int(text)]) if int(text) < len(value.items) else UNSET
    if text == "0" and isinstance(value, Known):
        return value
    return value if isinstance(value, Unset) else UNKNOWN


def _index(node: Mapping[str, Any]) -> str:
    parts = node.get("Parts", [])
    return str(parts[0].get("Value", "")) if len(parts) == 1 and parts[0].get("Type") == "Lit" else ""


def _first(value: Value | Piece) -> Value | Piece:
    """`$a` of an array is its first item."""
    if isinstance(value, Listed):
        return Known(value.items[0]) if value.items else UNSET
    return value


def _plain(name: str, value: Value | Piece, *, star: bool) -> Expansion:
    if isinstance(value, Piece):
        return Expansion((value,))
    if isinstance(value, Known):
        return Expansion(value.pieces)
    if isinstance(value, Listed):
        return Expansion(items=value.items, joined=star)
    return Expansion(() if isinstance(value, Unset) else (Piece(PieceKind.VARIABLE, name),))


def _length(value: Value | Piece) -> Expansion:
    if isinstance(value, Unset):
        return Expansion(known_text("0").pieces)
    if isinstance(value, Known) and all(piece.kind is PieceKind.LITERAL for piece in value.pieces):
        return Expansion(known_text(str(sum(len(piece.text) for piece in value.pieces))).pieces)
    return Expansion((NUMBER,))


def _operated(name: str, value: Value | Piece, operation: Mapping[str, Any], source: str, *, star: bool) -> Expansion:
    """`${X op word}` for the operators that choose between the value and the word; others are opaque."""
    operator = operation.get("Op", "")
    bare = operator.removeprefix(":")
    if bare not in ("-", "=", "?", "+"):
        return opaque(source)
    if isinstance(value, Unknown):
        return opaque(source) if bare in ("?", "+") else _plain(name, value, star=star)
    empty = isinstance(value, Unset) or (operator != bare and value == Known(()))
    word = operation.get("Word") or {"Parts": []}
    if bare == "+":
        return Expansion() if empty else Expansion(alternative=word)
    if not empty:
        return _plain(name, value, star=star)
    if bare == "?":
        return Expansion()
    return Expansion(alternative=word, assigns=name if bare == "=" else "")
