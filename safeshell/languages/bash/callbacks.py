"""Builtins that take a text to run later, or run one from the history.

What must not live here: builtins that run their words now (builtins.py).
Meanings from the bash manual, sections 4.2, 8.7 and 9.2.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from safeshell.languages.bash import nested, variables
from safeshell.languages.bash.call import Call, Draft
from safeshell.languages.bash.flow import Outcome
from safeshell.languages.bash.shared import done, leaves_guard, options
from safeshell.languages.bash.state import Pieces
from safeshell.languages.words import Piece, PieceKind, Word, literal_word

_CALLBACKS = {"bind": "x", "compgen": "C", "complete": "C"}
"""The option that takes a text to run."""
_ENTER_KEYS = (
    "\\c-m",
    "\\c-j",
    "\\c-o",
    "control-m",
    "control-j",
    "return",
    "newline",
    "accept-line",
    "operate-and-get-next",
)


def callback(call: Call) -> Outcome:
    """`complete -C`, `compgen -C`, `bind -x`: texts that run later; keys that submit lines are the guard's."""
    draft = Draft(call.words[0].literal or "")
    letter = _CALLBACKS[draft.verb]
    for word in _values(call.words[1:], letter):
        pieces = word.pieces if letter == "C" else _behind_colon(word.pieces)
        nested.shell_text(call, draft, pieces, call.state.copy())
    if draft.verb == "bind" and any(_binds_enter(word) for word in _binding(call.words[1:])):
        leaves_guard(call, draft, "rebinds a key by which lines reach the guard")
    return done(call, draft.verb, draft)


def _binding(words: Sequence[Word]) -> list[Word]:
    """The words of `bind` without those behind `-q`, which only ask for the keys of a function."""
    return [word for before, word in pairwise([None, *words]) if word and (before is None or before.literal != "-q")]


def _values(words: Sequence[Word], letter: str) -> list[Word]:
    """The words behind `-C`, or attached to it."""
    found = [
        after
        for word, after in pairwise(words)
        if (word.literal or "")[:1] == "-" and (word.literal or "")[-1:] == letter
    ]
    attached = [word for word in words if (word.literal or "").startswith("-" + letter) and len(word.literal or "") > 2]  # noqa: PLR2004 - a dash and the letter
    return found + [literal_word((word.literal or "")[2:], word.span) for word in attached]


def _behind_colon(pieces: Pieces) -> Pieces:
    """The command of `"keys": command`."""
    if not pieces or pieces[0].kind is not PieceKind.LITERAL or ":" not in pieces[0].text:
        return pieces
    rest = pieces[0].text.rpartition('":')[2] if '":' in pieces[0].text else pieces[0].text.partition(":")[2]
    return (Piece(PieceKind.LITERAL, rest), *pieces[1:])


def _binds_enter(word: Word) -> bool:
    text = word.known
    return text is None or any(key in text.casefold() for key in _ENTER_KEYS)


def history(call: Call) -> Outcome:
    """`fc` runs a line of the history again; `fc -l` and `history` only list."""
    letters, _ = options(call.words[1:], with_value="e")
    draft = Draft("fc")
    if "l" not in letters:
        draft.opaque("runs a line of the history again, which one only running tells")
    return done(call, "fc", draft)


def mapfile(call: Call) -> Outcome:
    """`mapfile -C TEXT` runs the text for the lines it reads."""
    draft = Draft("mapfile")
    for word in _values(call.words[1:], "C"):
        nested.shell_text(call, draft, word.pieces, call.state.copy())
    return variables.mapfile(call, draft)
