"""Texts within texts: what `eval`, `bash -c`, `ssh`, `psql -c`, a pipe or a file hands to an interpreter.

What must not live here: which command takes such a text (packs and builtins say that).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from safeshell.languages import registry
from safeshell.languages.bash.dialects import SHELLS
from safeshell.languages.bash.fields import NAME, NUMBER
from safeshell.languages.bash.flow import INHERITED, Outcome, Reach, Stdin, unchanged
from safeshell.languages.bash.limits import MAX_TEXT
from safeshell.languages.bash.state import UNKNOWN, Listed, Pieces, State, locate
from safeshell.languages.reading import UNKNOWN_PART, ParseFailure
from safeshell.languages.words import Piece, PieceKind, Word
from safeshell.model.facts import Ask
from safeshell.model.statements import Language, Span, Statement
from safeshell.model.values import dataclass, replace

if TYPE_CHECKING:
    from safeshell.languages.bash.call import Call, Draft
    from safeshell.languages.bash.walker import Walker


_PARTLY = "part of the text it runs is only known while it runs"


@dataclass(frozen=True, slots=True)
class Nested:
    """Statements of an inner text, and the shell after it."""

    statements: tuple[Statement, ...]
    outcome: Outcome


def render(pieces: Pieces, language: Language) -> tuple[str, bool]:
    """The text of the pieces, and whether all of it is known.

    What is not known becomes a name, so that the rest can still be read: an unknown variable in shell
    text, an identifier elsewhere. Numbers and plain names cannot change what the text around them means:
    they do not count as unknown, and in shell text they stand as the patterns that they are.
    """
    shell = language in SHELLS or language is Language.CRONTAB
    lost = (PieceKind.VARIABLE, PieceKind.OPAQUE)
    replaced = [piece.kind in lost or (piece in (NUMBER, NAME) and not shell) for piece in pieces]
    text = "".join(
        _stand_in(piece, in_shell=shell) if gone else piece.text for piece, gone in zip(pieces, replaced, strict=True)
    )
    return text, not any(piece.kind in lost for piece in pieces)


def _stand_in(piece: Piece, *, in_shell: bool) -> str:
    if not in_shell:
        return UNKNOWN_PART
    named = piece.kind is PieceKind.VARIABLE and piece.text.isidentifier() and piece.text.isascii()
    return f"${{{piece.text if named else UNKNOWN_PART}}}"


def joined(words: tuple[Word, ...] | list[Word]) -> Pieces:
    """Words put together with spaces, as `eval` and `ssh` do."""
    pieces: list[Piece] = []
    for number, word in enumerate(words):
        if number:
            pieces.append(Piece(PieceKind.LITERAL, " "))
        pieces.extend(word.pieces)
    return tuple(pieces)


def abroad(state: State, reach: Reach) -> State:
    """The shell of another process: exported variables and the directory, nothing else."""
    if reach is Reach.MACHINE:
        return State()
    kept = {name: value if name in state.exported else UNKNOWN for name, value in state.variables.items()}
    return State(variables=kept, directory=state.directory, lookup_changed=state.lookup_changed)


def bash_text(  # noqa: PLR0913 - a text and all that surrounds it
    call: Call,
    text: str,
    state: State,
    *,
    reach: Reach = Reach.SESSION,
    stdin: Stdin = INHERITED,
    stand_ins: frozenset[str] = frozenset(),
    language: Language | None = None,
) -> Nested:
    """Read shell text in the given state, of this very shell's language where none is named.

    What cannot be parsed is one statement, not understood.
    """
    walker = call.walker
    language = language or (walker.language if reach is Reach.SESSION else Language.BASH)
    tree = walker.desk.tree(text, language)
    if isinstance(tree, ParseFailure) and tree.spelled not in ("", text):
        text = tree.spelled  # the same text in its shell's long form
        tree = walker.desk.tree(text, language)
    if isinstance(tree, ParseFailure):
        lost = _lost(language, text, call.span, tree.message)
        return Nested((lost,), Outcome(state, state, None))
    child = walker.child(text.encode("utf-8", "surrogateescape"), call.span, reach=reach, language=language)
    child.expander.stand_ins |= stand_ins
    outcome = child.run_all(tree.get("Stmts", ()), state, stdin)
    walker.local_names |= child.local_names if reach is Reach.SESSION else set()
    return Nested(tuple(child.out), outcome)


def shell_text(call: Call, draft: Draft, pieces: Pieces, state: State) -> Outcome:
    """Text that this very shell runs (`eval`, `trap`): nested statements go to the draft."""
    text, exact = render(pieces, call.walker.language)
    if not exact:
        draft.opaque(_PARTLY)
        state = state.copy()
        state.lose_variables()
    if not exact and not _has_text(pieces):
        return Outcome(state, state, None)
    inner = bash_text(call, text, state, stdin=call.stdin)
    draft.nested += inner.statements
    return inner.outcome


def inner_text(call: Call, draft: Draft, language: Language, pieces: Pieces, reach: Reach) -> None:
    """Text that another program runs, in whatever language. Unknown parts count as data, never as code."""
    text, exact = render(pieces, language)
    if not exact and (language is Language.CRONTAB or not _has_text(pieces)):
        draft.opaque(_PARTLY)
        if not _has_text(pieces):
            return
    if len(text) > MAX_TEXT:
        draft.lost("the text it runs is longer than safeshell reads")
    elif language in SHELLS:
        # what comes through standard input is read by what the text runs, unless it is the text itself
        stdin = INHERITED if call.stdin.pieces is pieces else call.stdin
        state = abroad(call.state, reach)
        draft.dynamic = draft.dynamic or not exact
        marks = _stand_ins(pieces)
        inner = bash_text(call, text, state, reach=reach, stdin=stdin, stand_ins=marks, language=language)
        draft.nested += inner.statements
    else:
        statements = _other(call, language, text, reach)
        if not exact and any(inner.dynamic or not inner.understood for outer in statements for inner in outer.walk()):
            draft.opaque(_PARTLY)
        draft.nested += statements


def _stand_ins(pieces: Pieces) -> frozenset[str]:
    """What `render` puts into shell text for its unknown parts."""
    lost = (PieceKind.VARIABLE, PieceKind.OPAQUE)
    return frozenset(_stand_in(piece, in_shell=True) for piece in pieces if piece.kind in lost)


def _has_text(pieces: Pieces) -> bool:
    return any(piece.kind is PieceKind.LITERAL and piece.text.strip() for piece in pieces)


def _other(call: Call, language: Language, text: str, reach: Reach) -> list[Statement]:
    """A text of another language; the shell texts inside of it come back here."""
    walker = call.walker
    walker.descend()

    def shell(inner: str) -> tuple[Statement, ...]:
        return bash_text(call, inner, abroad(call.state, reach), reach=reach).statements

    try:
        reading = registry.read_text(language, text, walker.desk.knowledge, shell)
    finally:
        walker.depth -= 1
    return [placed(statement, call.span) for statement in reading.statements]


def placed(statement: Statement, span: Span) -> Statement:
    """The same statement, standing where the text around it stands."""
    return replace(statement, span=span, nested=tuple(placed(inner, span) for inner in statement.nested))


def _lost(language: Language, text: str, span: Span, why: str) -> Statement:
    return Statement(language, text, span, "", understood=False, dynamic=True, detail={"why": why})


def file_text(walker: Walker, state: State, word: Word) -> str | None:
    """What a file holds that is about to be run; None when that cannot be told."""
    path = word.known
    if path is None or walker.reach is Reach.MACHINE or word.glob or len(state.directory) != 1:
        return None
    where = locate(state.directory[0], path)
    written = walker.desk.written
    if where is None or None in written or where in written or path in written:
        return None
    return walker.desk.ask(Ask.FILE_TEXT, where)[1]


def with_positional(state: State, words: list[Word]) -> State:
    """The state in which `$1`, `$2`... are these words; unknown where one of them may be several."""
    state = state.copy()
    state.positional = None if any(word.splits for word in words) else Listed(tuple(word.pieces for word in words))
    return state


def nothing(call: Call) -> Outcome:
    """A command that leaves the shell as it was and prints who knows what."""
    return unchanged(call.state, None)
