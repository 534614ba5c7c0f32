"""What a program runs in turn, as its pack says: words, a text, its standard input, a file.

What must not live here: reading packs, and texts that the shell itself runs (builtins.py).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from safeshell.languages.bash import nested
from safeshell.languages.bash.flow import Reach, Stdin
from safeshell.languages.bash.state import Known, Pieces, State
from safeshell.languages.commands import WrapKind, Wrapped
from safeshell.languages.words import Piece, PieceKind, Word
from safeshell.model.effects import Effect
from safeshell.model.statements import Claim, Language, Statement
from safeshell.model.values import replace

if TYPE_CHECKING:
    from safeshell.languages.bash.call import Call, Draft

_SHELLS = frozenset({"sh", "bash", "dash", "ksh", "zsh", "ash", "mksh"})
_HERE_TOO = "database"
"""The one kind of place whose client still runs its shell texts and reads its files on this machine."""
_STDIN_NAMES = ("-", "/dev/stdin", "/dev/fd/0", "/proc/self/fd/0")
_FIRST_LINE = 200


def unwrap(call: Call, draft: Draft, wrapped: Wrapped) -> None:
    """Put what is wrapped into the draft: nested statements, or a claim where only running tells."""
    away = draft.place is not None and draft.place.kind != _HERE_TOO
    reach = Reach.MACHINE if away else max(Reach.PROCESS, call.walker.reach)
    if wrapped.kind is WrapKind.ARGV:
        _words(call, draft, wrapped, Reach.MACHINE if away else call.walker.reach)
        return
    if wrapped.kind is WrapKind.WORDS:
        pieces: Pieces | None = _statement_text(wrapped.words)
    elif wrapped.kind is WrapKind.TEXT:
        pieces = nested.joined(wrapped.words)
    elif wrapped.kind is WrapKind.STDIN or wrapped.words[0].known in _STDIN_NAMES:
        pieces = _from_stdin(call, draft)
    else:
        word = wrapped.words[0]
        pieces = _from_file(
            call, draft, word, None if away else partial(nested.file_text, call.walker, call.state, word)
        )
    if pieces is not None:
        nested.inner_text(call, draft, wrapped.language, pieces, reach)


def _words(call: Call, draft: Draft, wrapped: Wrapped, reach: Reach) -> None:
    """A command given as words: sudo, env, xargs, find -exec, docker exec."""
    state = State() if reach is Reach.MACHINE else call.state.copy()
    words = list(wrapped.words)
    while wrapped.assignments and words and (found := _assignment(words[0])) is not None:
        state.variables[found[0]] = found[1]
        state.exported |= {found[0]}
        words = words[1:]
    if not words:
        return
    walker = call.walker.child(call.walker.raw, call.span, reach=reach)
    walker.expander.hollow = call.walker.expander.hollow
    walker.produced = call.walker.produced
    inner = replace(
        call,
        walker=walker,
        words=words,
        state=state,
        source=" ".join(word.source for word in words),
        redirected=(),
        functions=False,
        builtins=False,
        appended=wrapped.appended,
        stdin=Stdin() if wrapped.appended else call.stdin,
    )
    walker.dispatch(inner)
    before = " ".join(word.source for word in call.words[: len(call.words) - len(words)])
    draft.nested += [_guarded_below(statement, before) for statement in walker.out]


def _guarded_below(statement: Statement, before: str) -> Statement:
    """The guarded spelling of a console, below what started it: `sudo -u postgres safe-psql`."""
    claims = tuple(
        replace(claim, instead=f"{before} {claim.instead}")
        if claim.effect is Effect.LEAVES_GUARD and claim.instead
        else claim
        for claim in statement.claims
    )
    return statement if claims == statement.claims else replace(statement, claims=claims)


def _assignment(word: Word) -> tuple[str, Known] | None:
    """`NAME=value` as a word of a wrapper."""
    if not word.pieces or word.pieces[0].kind is not PieceKind.LITERAL:
        return None
    name, equals, rest = word.pieces[0].text.partition("=")
    if not equals or not name.isidentifier() or not name.isascii():
        return None
    return name, Known((Piece(PieceKind.LITERAL, rest), *word.pieces[1:]) if rest else word.pieces[1:])


def _statement_text(words: tuple[Word, ...]) -> tuple[Piece, ...]:
    """One statement of another language out of separate words, each quoted as one."""
    pieces: list[Piece] = []
    for word in words:
        if pieces:
            pieces.append(Piece(PieceKind.LITERAL, " "))
        text = word.known
        if text is None:
            pieces.append(Piece(PieceKind.OPAQUE, word.source))
        else:
            pieces.append(Piece(PieceKind.LITERAL, text if _plain(text) else _quoted(text)))
    return tuple(pieces)


def _plain(text: str) -> bool:
    return bool(text) and not any(letter.isspace() or letter in "\"'\\" for letter in text)


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'


def _from_stdin(call: Call, draft: Draft) -> Pieces | None:
    """The program that an interpreter reads from standard input; a claim where there is none to be seen."""
    stdin = call.stdin
    if not stdin.piped:
        if not any(claim.effect is Effect.LEAVES_GUARD for claim in draft.claims):
            reason = "reads commands from the terminal, where the guard does not reach"
            draft.claims.append(Claim(Effect.LEAVES_GUARD, "bash.interactive", reason))
        return None
    if stdin.file is not None:
        # `ssh host bash -s < x`: the file is read here, only its text runs there
        return _from_file(call, draft, stdin.file, stdin.read)
    if stdin.pieces is None:
        draft.opaque("runs what comes through the pipe, which is only known while it runs")
    return stdin.pieces


def _from_file(call: Call, draft: Draft, word: Word, read: Callable[[], str | None] | None) -> Pieces | None:
    """The program in a file, or in what a process substitution prints."""
    if len(word.pieces) == 1 and word.pieces[0].text in call.walker.produced:
        return call.walker.produced[word.pieces[0].text]
    text = read() if read is not None else None
    if text is None:
        draft.opaque(f"runs {word.source}, whose text cannot be read beforehand")
        return None
    return (Piece(PieceKind.LITERAL, text),)


def read_script(call: Call, draft: Draft) -> None:
    """A program that no pack knows, named by a path: a shell script is judged by its text."""
    text = nested.file_text(call.walker, call.state, call.words[0])
    if text is None or not _is_shell_script(text):
        return
    draft.claims = [claim for claim in draft.claims if claim.effect is not Effect.UNKNOWN_PROGRAM]
    nested.inner_text(
        call, draft, Language.BASH, (Piece(PieceKind.LITERAL, text),), max(Reach.PROCESS, call.walker.reach)
    )


def _is_shell_script(text: str) -> bool:
    first = text[:_FIRST_LINE].partition("\n")[0]
    if not first.startswith("#!"):
        return False
    words = first[2:].split()
    program = words[0].rpartition("/")[2] if words else ""
    if program == "env":
        program = next((word for word in words[1:] if not word.startswith("-") and "=" not in word), "")
    return program.rpartition("/")[2] in _SHELLS
