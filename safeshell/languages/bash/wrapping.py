"""What a program runs in turn, as its pack says: words, a text, its standard input, a file.

What must not live here: reading packs, and texts that the shell itself runs (builtins.py).
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from safeshell.languages.bash import nested
from safeshell.languages.bash.flow import Stdin
from safeshell.languages.bash.state import Known, State
from safeshell.languages.commands import WrapKind, Wrapped
from safeshell.languages.words import Piece, PieceKind, Word
from safeshell.model.effects import Effect
from safeshell.model.statements import Claim, Language

if TYPE_CHECKING:
    from safeshell.languages.bash.call import Call, Draft

_SHELLS = frozenset({"sh", "bash", "dash", "ksh", "zsh", "ash", "mksh"})
_HERE_TOO = "database"
"""The one kind of place whose client still runs its shell texts and reads its files on this machine."""
_FIRST_LINE = 200


def unwrap(call: Call, draft: Draft, wrapped: Wrapped) -> None:
    """Put what is wrapped into the draft: nested statements, or a claim where only running tells."""
    remote = call.walker.remote or (draft.place is not None and draft.place.kind != _HERE_TOO)
    if wrapped.kind is WrapKind.ARGV:
        _words(call, draft, wrapped, remote=remote)
    elif wrapped.kind is WrapKind.WORDS:
        nested.inner_text(call, draft, wrapped.language, _statement_text(wrapped.words), remote=remote)
    elif wrapped.kind is WrapKind.TEXT:
        nested.inner_text(call, draft, wrapped.language, nested.joined(wrapped.words), remote=remote)
    elif wrapped.kind is WrapKind.STDIN:
        _stdin(call, draft, wrapped.language, remote=remote)
    else:
        _file(call, draft, wrapped.language, wrapped.words[0], remote=remote)


def _words(call: Call, draft: Draft, wrapped: Wrapped, *, remote: bool) -> None:
    """A command given as words: sudo, env, xargs, find -exec, docker exec."""
    state = State() if remote else call.state.copy()
    words = list(wrapped.words)
    while wrapped.assignments and words and (found := _assignment(words[0])) is not None:
        state.variables[found[0]] = found[1]
        state.exported |= {found[0]}
        words = words[1:]
    if not words:
        return
    walker = call.walker.child(remote=remote, foreign=remote)
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
    walker.expander.hollow = call.walker.expander.hollow
    walker.dispatch(inner)
    draft.nested += walker.out


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


def _stdin(call: Call, draft: Draft, language: Language, *, remote: bool) -> None:
    """An interpreter that reads its program from standard input."""
    stdin = call.stdin
    if not stdin.piped:
        if not any(claim.effect is Effect.LEAVES_GUARD for claim in draft.claims):
            reason = "reads commands from the terminal, where the guard does not reach"
            draft.claims.append(Claim(Effect.LEAVES_GUARD, "bash.interactive", reason))
        return
    if stdin.file is not None:
        # `ssh host bash < x`: the file is read here, only its text runs there
        _file(call, draft, language, stdin.file, remote=call.walker.remote, inner_remote=remote)
    elif stdin.pieces is not None:
        nested.inner_text(call, draft, language, stdin.pieces, remote=remote)
    else:
        draft.opaque("runs what comes through the pipe, which is only known while it runs")


def _file(
    call: Call, draft: Draft, language: Language, word: Word, *, remote: bool, inner_remote: bool | None = None
) -> None:
    """A program in a file, or in what a process substitution prints."""
    inner_remote = remote if inner_remote is None else inner_remote
    if len(word.pieces) == 1 and word.pieces[0].text in call.walker.produced:
        nested.inner_text(call, draft, language, call.walker.produced[word.pieces[0].text], remote=inner_remote)
        return
    if word.known in ("-", "/dev/stdin", "/dev/fd/0", "/proc/self/fd/0"):
        _stdin(call, draft, language, remote=remote)
        return
    text = nested.file_text(call.walker, call.state, word, remote=remote)
    if text is None:
        draft.opaque(f"runs {word.source}, whose text cannot be read beforehand")
        return
    nested.inner_text(call, draft, language, (Piece(PieceKind.LITERAL, text),), remote=inner_remote)


def read_script(call: Call, draft: Draft) -> None:
    """A program that no pack knows, named by a path: a shell script is judged by its text."""
    text = nested.file_text(call.walker, call.state, call.words[0], remote=False)
    if text is None or not _is_shell_script(text):
        return
    draft.claims = [claim for claim in draft.claims if claim.effect is not Effect.UNKNOWN_PROGRAM]
    nested.inner_text(call, draft, Language.BASH, (Piece(PieceKind.LITERAL, text),), remote=False)


def _is_shell_script(text: str) -> bool:
    first = text[:_FIRST_LINE].partition("\n")[0]
    if not first.startswith("#!"):
        return False
    words = first[2:].split()
    program = words[0].rpartition("/")[2] if words else ""
    if program == "env":
        program = next((word for word in words[1:] if not word.startswith("-") and "=" not in word), "")
    return program.rpartition("/")[2] in _SHELLS
