"""What a command runs in turn, and where: the `wraps` and `place` of packs.

What must not live here: running or reading the inner program; the bash reader recurses.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from safeshell.languages.commands.certainty import NO
from safeshell.languages.commands.conditions import always, compile_condition, refer
from safeshell.languages.commands.grammar import Arguments, Option
from safeshell.languages.commands.interpretation import WrapKind, Wrapped
from safeshell.languages.words import Piece, PieceKind, Word
from safeshell.model.effects import Effect
from safeshell.model.places import Place
from safeshell.model.statements import Language
from safeshell.model.values import dataclass, replace

if TYPE_CHECKING:
    from collections.abc import Mapping

    from safeshell.languages.commands.conditions import Condition
    from safeshell.languages.commands.grammar import Grammar

_KINDS = {
    "argv": WrapKind.ARGV,
    "words": WrapKind.WORDS,
    "text": WrapKind.TEXT,
    "stdin": WrapKind.STDIN,
    "file": WrapKind.FILE,
}
_CLAIMS = {
    "interactive": (Effect.LEAVES_GUARD, "opens a shell or console where the guard does not reach"),
    "opaque": (Effect.RUNS_OPAQUE_CODE, "runs code in a language that is not read here"),
}


@dataclass(frozen=True, slots=True, eq=False)
class Wrap:
    """One compiled `wraps` item. `effect` is set for those that are claims instead of programs.

    `guarded` is the guarded program that takes the same words, "" for none.
    """

    form: str
    when: Condition
    reference: Option | str
    language: Language
    appended: bool
    placeholder: Option | str
    below: str
    assignments: bool
    effect: Effect | None
    reason: str
    guarded: str


def compile_wrap(raw: Mapping[str, Any], grammar: Grammar) -> Wrap:
    """One validated item of `wraps`."""
    form = next(key for key in (*_KINDS, *_CLAIMS) if key in raw)
    effect, reason = _CLAIMS.get(form, (None, ""))
    subject = raw[form]
    language = subject if form == "stdin" else raw.get("language", "bash")
    placeholder = raw.get("placeholder", "")
    return Wrap(
        form=form,
        when=compile_condition(raw["when"], grammar) if "when" in raw else always,
        reference="" if form in ("stdin", "interactive") or subject in (True, "true") else refer(grammar, subject),
        language=Language(language),
        appended=bool(raw.get("appended")),
        placeholder=(grammar.option(placeholder) or placeholder) if placeholder else "",
        below=raw.get("below", ""),
        assignments=bool(grammar.raw.get("assignments")),
        effect=effect,
        reason=raw.get("reason", reason),
        guarded=raw.get("guarded", ""),
    )


def fires(wrap: Wrap, arguments: Arguments) -> int:
    """Whether the item applies: its condition holds, and there is something in its slot or option."""
    certainty = wrap.when(arguments)
    if certainty == NO or wrap.reference == "":
        return certainty
    if isinstance(wrap.reference, Option):
        # a flag (perl -e as a switch, sh -s) has no words and counts by being given
        return certainty if wrap.reference in arguments.options else NO
    return certainty if arguments.slots.get(wrap.reference) else NO


def make_wrapped(wrap: Wrap, arguments: Arguments) -> list[Wrapped]:
    """The inner programs of an item that fired; empty for claims."""
    if wrap.effect is not None:
        return []
    if wrap.form == "stdin":
        return [Wrapped(WrapKind.STDIN, language=wrap.language)]
    return [_wrapped(wrap, words, arguments) for words in _programs(wrap, arguments) if words]


def _programs(wrap: Wrap, arguments: Arguments) -> list[tuple[Word, ...]]:
    """The words of each inner program."""
    reference = wrap.reference
    if isinstance(reference, Option):
        return list(arguments.options.get(reference, ()))
    if wrap.form in ("argv", "words"):
        return [tuple(arguments.operands[arguments.starts.get(reference, 0) :])]
    words = arguments.slots.get(reference, [])
    return [(word,) for word in words] if wrap.form == "file" else [tuple(words)]


def _wrapped(wrap: Wrap, words: tuple[Word, ...], arguments: Arguments) -> Wrapped:
    mark = _placeholder(wrap, arguments)
    if mark:
        outside = _outside(wrap, mark, arguments)
        words = tuple(_blanked(word, mark, outside) for word in words)
    return Wrapped(
        kind=_KINDS[wrap.form],
        words=words,
        language=wrap.language,
        appended=wrap.appended and not mark,
        assignments=wrap.assignments,
    )


def _placeholder(wrap: Wrap, arguments: Arguments) -> str:
    """The text that outside words replace, "" when they are appended instead."""
    if not isinstance(wrap.placeholder, Option):
        return wrap.placeholder
    if wrap.placeholder not in arguments.options:
        return ""
    words = arguments.words_of(wrap.placeholder)
    return (words[-1].literal or "{}") if words else "{}"


def _outside(wrap: Wrap, mark: str, arguments: Arguments) -> tuple[Piece, ...]:
    """What comes in the place of the mark: nobody knows, or what begins with the one path that it lies below."""
    roots = arguments.slots.get(wrap.below, ())
    root = roots[0].literal if len(roots) == 1 else None
    if root is None or not root.startswith("/") or not root.rstrip("/"):
        return (Piece(PieceKind.OPAQUE, mark),)
    return Piece(PieceKind.LITERAL, root.rstrip("/")), Piece(PieceKind.GLOB, "*")


def _blanked(word: Word, mark: str, outside: tuple[Piece, ...]) -> Word:
    """The word with each `mark` in it replaced by what comes from outside."""
    pieces: list[Piece] = []
    for piece in word.pieces:
        if piece.kind not in (PieceKind.LITERAL, PieceKind.GLOB) or mark not in piece.text:
            pieces.append(piece)
            continue
        for index, text in enumerate(piece.text.split(mark)):
            pieces += outside * (index > 0)
            pieces += [replace(piece, text=text)] * bool(text)
    return replace(word, pieces=tuple(pieces))


PlaceMaker = Callable[[Arguments], "Place | None"]


def compile_place(raw: Mapping[str, Any], grammar: Grammar) -> PlaceMaker:
    """The `place` of a command as a function of its arguments; None means here."""
    kind = raw["kind"]
    names = _references(raw.get("name", ()), grammar)
    details = {key: _references(value, grammar) for key, value in raw.get("detail", {}).items()}
    when = compile_condition(raw["when"], grammar) if "when" in raw else always

    def make(arguments: Arguments) -> Place | None:
        name, known = _last_word(names, arguments)
        if when(arguments) == NO or (name is None and known and kind == "host"):
            return None
        detail = {}
        for key, references in details.items():
            text, sure = _last_word(references, arguments)
            known = known and sure
            if text is not None:
                detail[key] = text
        return Place(kind=kind, name=name or "", known=known, detail=detail)

    return make


def _references(data: Any, grammar: Grammar) -> list[Option | str]:
    return [refer(grammar, name) for name in ([data] if isinstance(data, str) else data)]


def _last_word(references: list[Option | str], arguments: Arguments) -> tuple[str | None, bool]:
    """The last word that names it (later options win), and whether its text is known."""
    for reference in references:
        words = arguments.words_of(reference)
        if words:
            text = words[-1].known
            return text, text is not None
    return None, True
