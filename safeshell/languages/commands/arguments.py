"""Words of a command line -> Arguments, by the style of its grammar.

One scanner a style. A scanner never fails: a word that fits nothing is an operand or an option that
no rule speaks of, and a word that is not known before running is marked, not guessed.
What must not live here: what options mean, the name of any tool.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from safeshell.languages.commands.grammar import Arguments
from safeshell.languages.words import Piece, PieceKind, Word
from safeshell.model.values import dataclass, replace

if TYPE_CHECKING:
    from safeshell.languages.commands.grammar import Grammar, Option, Slot

_TRUE_WORDS = frozenset({"true", "True", "1", "yes", "on", "always"})
_OPERATORS = frozenset({"(", ")", "!", ","})
_LONG_DASHES = 2


@dataclass(slots=True)
class Cursor:
    """Where the scan stands. `stop` ends it before the first operand (a subcommand comes there)."""

    words: Sequence[Word]
    at: int
    into: Arguments
    stop: bool = False


Scanner = Callable[["Grammar", Cursor], None]


def scan(grammar: Grammar, cursor: Cursor) -> None:
    """Read words into `cursor.into` until the end, or to the first operand when `cursor.stop`."""
    _SCANNERS[grammar.style](grammar, cursor)


def leading_text(word: Word) -> str:
    """The literal text that the word begins with, up to the first part that is not literal."""
    pieces = word.pieces
    if len(pieces) == 1:
        return pieces[0].text if pieces[0].kind is PieceKind.LITERAL else ""
    text = ""
    for piece in pieces:
        if piece.kind is not PieceKind.LITERAL:
            break
        text += piece.text
    return text


def tail(word: Word, count: int) -> Word:
    """The word without its first `count` characters, which must be literal."""
    pieces = []
    left = count
    for piece in word.pieces:
        if left >= len(piece.text) and left:
            left -= len(piece.text)
            continue
        pieces.append(Piece(piece.kind, piece.text[left:]) if left else piece)
        left = 0
    source = word.source[count:] if word.source.startswith(leading_text(word)[:count]) else ""
    return replace(word, pieces=tuple(pieces), source=source or "".join(piece.text for piece in pieces))


def _is_plain(word: Word, text: str) -> bool:
    """True when the word is this literal text and nothing more."""
    return len(text) == sum(len(piece.text) for piece in word.pieces)


def _note(cursor: Cursor, option: Option, value: tuple[Word, ...] = ()) -> None:
    cursor.into.options.setdefault(option, []).append(value)


def _operand(cursor: Cursor, word: Word) -> None:
    """Take an operand. An unquoted variable before the first one may hold options instead."""
    if word.splits and not cursor.into.operands and word.pieces and word.pieces[0].kind is PieceKind.VARIABLE:
        cursor.into.hidden = True
    cursor.into.operands.append(word)


def _next_value(cursor: Cursor, option: Option) -> tuple[Word, ...]:
    """The value of an option from the words after it; the cursor stands on the option."""
    if not option.until:
        cursor.at += 1
        return (cursor.words[cursor.at],) if cursor.at < len(cursor.words) else ()
    taken: list[Word] = []
    while cursor.at + 1 < len(cursor.words):
        cursor.at += 1
        word = cursor.words[cursor.at]
        text = word.literal
        if text in option.until and (text != "+" or (taken and "{}" in taken[-1].source)):
            break
        taken.append(word)
    return tuple(taken)


def _scan_gnu(grammar: Grammar, cursor: Cursor) -> None:
    _scan_dashed(grammar, cursor, ordered=False)


def _scan_posix(grammar: Grammar, cursor: Cursor) -> None:
    _scan_dashed(grammar, cursor, ordered=True)


def _scan_resuming(grammar: Grammar, cursor: Cursor) -> None:
    """Options before and after the first operand, as ssh reads them: `ssh HOST -p 22 -- COMMAND -x` (ssh.c, `again`)."""
    stop, cursor.stop = cursor.stop, True
    _scan_dashed(grammar, cursor, ordered=True)
    if not stop and cursor.at < len(cursor.words):
        _operand(cursor, cursor.words[cursor.at])
        cursor.at += 1
        _scan_dashed(grammar, cursor, ordered=True)
        cursor.into.operands.extend(cursor.words[cursor.at :])
        cursor.at = len(cursor.words)
    cursor.stop = stop


def _scan_dashed(grammar: Grammar, cursor: Cursor, *, ordered: bool) -> None:
    """Options that begin with a dash; `ordered` means that the first operand ends them."""
    words = cursor.words
    while cursor.at < len(words):
        word = words[cursor.at]
        head = leading_text(word)
        if head == "--" and _is_plain(word, head):
            if cursor.stop:
                cursor.at += 1
                return
            _end_of_options(grammar, cursor)
            return
        if head[:1] in ("-", "+") and _dashed_word(grammar, cursor, word, head):
            cursor.at += 1
            continue
        if cursor.stop:
            return
        _operand(cursor, word)
        cursor.at += 1
        if ordered:
            cursor.into.operands.extend(words[cursor.at :])
            cursor.at = len(words)


def _end_of_options(grammar: Grammar, cursor: Cursor) -> None:
    """All words after `--` are operands. A pack may declare `--` itself as a flag that conditions ask for."""
    marker = grammar.options.get("--")
    if marker is not None:
        _note(cursor, marker)
    cursor.into.operands.extend(cursor.words[cursor.at + 1 :])
    cursor.at = len(cursor.words)


def _dashed_word(grammar: Grammar, cursor: Cursor, word: Word, head: str) -> bool:
    """Read one word that begins with a dash or plus; False when it is an operand after all."""
    exact = grammar.options.get(head) if _is_plain(word, head) else None
    if exact is not None:
        _note(cursor, exact, _next_value(cursor, exact) if exact.takes == "value" else ())
        return True
    if head[0] == "+":
        plus = grammar.options.get("+*")
        if plus is not None:
            _note(cursor, plus, (tail(word, 1),))
        return plus is not None
    if word.literal == "-":
        return False
    if head in ("-", "--"):
        cursor.into.hidden = True
    elif head.startswith("--"):
        _long(grammar, cursor, word, head)
    else:
        _cluster(grammar, cursor, word, head)
    return True


def _long(grammar: Grammar, cursor: Cursor, word: Word, head: str) -> None:
    """`--name`, `--name=value`, or an abbreviation of it."""
    name, equals, _ = head.partition("=")
    if not equals and not _is_plain(word, head):
        cursor.into.hidden = True
        return
    found = _resolve_long(grammar, name)
    if len(found) != 1:
        cursor.into.doubtful.update(found or _negated(grammar, name))
        return
    option = found[0]
    if option.soft and name not in grammar.options:
        cursor.into.doubtful.add(option)
    _give_long(cursor, option, tail(word, len(name) + 1) if equals else None)


def _give_long(cursor: Cursor, option: Option, value: Word | None) -> None:
    if value is None:
        _note(cursor, option, _next_value(cursor, option) if option.takes == "value" else ())
        return
    if option.takes == "flag" and value.literal not in _TRUE_WORDS:
        cursor.into.doubtful.add(option)
    _note(cursor, option, (value,))


def _resolve_long(grammar: Grammar, name: str) -> list[Option]:
    """The option of that name, or all that it may abbreviate."""
    exact = grammar.options.get(name)
    if exact is not None:
        return [exact]
    return list(dict.fromkeys(grammar.options[full] for full in grammar.longs if full.startswith(name)))


def _negated(grammar: Grammar, name: str) -> list[Option]:
    """`--no-x` where only `--x` is known: whether x counts is then in doubt."""
    option = grammar.options.get("--" + name.removeprefix("--no-")) if name.startswith("--no-") else None
    return [option] if option else []


def _cluster(grammar: Grammar, cursor: Cursor, word: Word, head: str) -> None:
    """`-abc`, `-n5`, `-n 5`; a letter that is not known counts as a flag."""
    for index in range(1, len(head)):
        option = grammar.options.get("-" + head[index])
        if option is None:
            continue
        rest = tail(word, index + 1) if index + 1 < len(head) or not _is_plain(word, head) else None
        if option.takes == "flag":
            _note(cursor, option)
        elif rest is not None:
            _note(cursor, option, (rest,))
            return
        else:
            _note(cursor, option, _next_value(cursor, option) if option.takes == "value" else ())
            return
    if not _is_plain(word, head):
        cursor.into.hidden = True


def _scan_long(grammar: Grammar, cursor: Cursor) -> None:
    """One dash and a long name; a second dash and `=value` are taken too."""
    while cursor.at < len(cursor.words):
        word = cursor.words[cursor.at]
        head = leading_text(word)
        if head == "--" and _is_plain(word, head) and not cursor.stop:
            cursor.into.operands.extend(cursor.words[cursor.at + 1 :])
            cursor.at = len(cursor.words)
            return
        if head[:1] == "-" and word.literal != "-":
            _long_word(grammar, cursor, word, head)
        elif cursor.stop:
            return
        else:
            _operand(cursor, word)
        cursor.at += 1


def _long_word(grammar: Grammar, cursor: Cursor, word: Word, head: str) -> None:
    written, equals, _ = head.partition("=")
    bare = written.lstrip("-")
    option = grammar.options.get("-" + bare) or grammar.options.get("--" + bare)
    if not bare or (not equals and not _is_plain(word, head)):
        cursor.into.hidden = True
    elif option is not None:
        _give_long(cursor, option, tail(word, len(written) + 1) if equals else None)


def _scan_keywords(grammar: Grammar, cursor: Cursor) -> None:
    """`name=value` for the names in the table; dashed words as usual; all else is an operand."""
    while cursor.at < len(cursor.words):
        word = cursor.words[cursor.at]
        head = leading_text(word)
        name, equals, _ = head.partition("=")
        option = grammar.options.get(name) if equals else None
        if option is not None and not name.startswith("-"):
            _note(cursor, option, (tail(word, len(name) + 1),))
        elif head[:1] != "-" or not _dashed_word(grammar, cursor, word, head):
            if cursor.stop:
                return
            _operand(cursor, word)
        cursor.at += 1


def _scan_bundle(grammar: Grammar, cursor: Cursor) -> None:
    """gnu, but the first word may be a cluster without a dash whose values follow in order."""
    if cursor.at < len(cursor.words):
        head = leading_text(cursor.words[cursor.at])
        if head and head[0] not in "-+" and _is_plain(cursor.words[cursor.at], head):
            for letter in head:
                option = grammar.options.get("-" + letter)
                if option is not None:
                    _note(cursor, option, _next_value(cursor, option) if option.takes == "value" else ())
            cursor.at += 1
    _scan_dashed(grammar, cursor, ordered=False)


def _scan_words(grammar: Grammar, cursor: Cursor) -> None:
    """No options: every word is an operand."""
    del grammar
    if not cursor.stop:
        cursor.into.operands.extend(cursor.words[cursor.at :])
        cursor.at = len(cursor.words)


def _scan_expression(grammar: Grammar, cursor: Cursor) -> None:
    """Operands, and an expression of `-names` with their values and operators."""
    begun = False
    while cursor.at < len(cursor.words):
        word = cursor.words[cursor.at]
        head = leading_text(word)
        if len(head) >= _LONG_DASHES and head[0] == "-":
            begun = True
            option = grammar.options.get(head) if _is_plain(word, head) else None
            if option is not None:
                _note(cursor, option, _next_value(cursor, option) if option.takes == "value" else ())
        elif head in _OPERATORS and _is_plain(word, head):
            begun = True
        else:
            cursor.into.hidden = cursor.into.hidden or (begun and word.splits)
            cursor.into.operands.append(word)
        cursor.at += 1


_SCANNERS: dict[str, Scanner] = {
    "gnu": _scan_gnu,
    "posix": _scan_posix,
    "resuming": _scan_resuming,
    "long": _scan_long,
    "keywords": _scan_keywords,
    "bundle": _scan_bundle,
    "words": _scan_words,
    "expression": _scan_expression,
}
STYLES = frozenset(_SCANNERS)


def fill_slots(grammar: Grammar, arguments: Arguments) -> None:
    """Give each operand to a slot: required ones first, spare words to optional ones, then to the many."""
    slots = grammar.slots
    for options, alternative in grammar.alternatives:
        if any(option in arguments.options for option in options):
            slots = alternative
            break
    operands = arguments.operands
    shares = _shares(slots, len(operands))
    at = 0
    for slot, share in zip(slots, shares, strict=True):
        arguments.starts[slot.name] = at
        arguments.slots[slot.name] = operands[at : at + share]
        at += share
    if at < len(operands):
        arguments.starts.setdefault("rest", at)
        arguments.slots["rest"] = arguments.slots.get("rest", []) + operands[at:]


def _shares(slots: tuple[Slot, ...], count: int) -> list[int]:
    """How many words each slot gets."""
    shares = []
    left = count
    for slot in slots:
        share = 1 if left and not slot.optional else 0
        shares.append(share)
        left -= share
    for index, slot in enumerate(slots):
        if left and slot.optional and not slot.many:
            shares[index] = 1
            left -= 1
    for index, slot in enumerate(slots):
        if slot.many:
            shares[index] += left
            left = 0
    return shares
