"""Builtins that set variables: `export`, `declare`, `read`, `unset`, `set`, `shift`, `printf -v`...

What must not live here: what a variable means to programs (environment.py).
Meanings from the bash manual, sections 4.2 and 4.3.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from safeshell.languages.bash import again, environment
from safeshell.languages.bash.assignments import Assignment, assign, text_of
from safeshell.languages.bash.call import Call, Draft
from safeshell.languages.bash.flow import Outcome
from safeshell.languages.bash.functions import GONE
from safeshell.languages.bash.shared import done, leaves_guard, options
from safeshell.languages.bash.state import UNKNOWN, UNSET, Known, Listed
from safeshell.languages.words import Piece, PieceKind, Word

_READ_VALUES = "adinNptu"


def declare(call: Call, assignments: Sequence[Assignment]) -> Outcome:
    """`declare`, `export`, `local`, `readonly`, `typeset` with their assignments already read."""
    verb = call.words[0].literal or "declare"
    letters, words = options(call.words[1:])
    draft = Draft(verb)
    found = list(assignments)
    for word in words:
        assignment = _assignment(word)
        again.reference(call.walker, word, call.state)
        if assignment is None:
            call.state.lose_variables()
        else:
            found.append(assignment)
    for assignment in found:
        _declare_one(call, draft, verb, letters, assignment)
    return done(call, verb, draft)


def _declare_one(call: Call, draft: Draft, verb: str, letters: str, assignment: Assignment) -> None:
    state, walker = call.state, call.walker
    if "f" in letters or "F" in letters:
        return
    if "i" in letters:
        walker.desk.integers.add(assignment.name)
    if "n" in letters and verb != "export":
        again.named(walker, text_of(assignment.value), state)
        state.lose_variables()
        assignment = Assignment(assignment.name, UNKNOWN)
    elif set(letters) & set("iluA") and assignment.value is not None:
        if "i" in letters:
            again.assigned(walker, assignment.value, state)
        assignment = Assignment(assignment.name, UNKNOWN)
    inside = verb == "local" or (verb in ("declare", "typeset") and "g" not in letters)
    if inside and walker.stack:
        walker.local_names.add(assignment.name)
        if assignment.value is None:
            assignment = Assignment(assignment.name, UNSET)
    assign(state, assignment)
    environment.noted(call, draft, assignment)
    if verb == "export" or "x" in letters:
        state.exported |= {assignment.name}


def _assignment(word: Word) -> Assignment | None:
    """`"$x=b"`, `"A=b"` as a word: None where the name is not known."""
    if not word.pieces or word.pieces[0].kind is not PieceKind.LITERAL:
        return None
    name, equals, rest = word.pieces[0].text.partition("=")
    append = name.endswith("+") and bool(equals)
    name = name.removesuffix("+") if append else name
    if not name.isidentifier():
        return None
    if not equals:
        return Assignment(name, None) if len(word.pieces) == 1 else None
    first = (Piece(PieceKind.LITERAL, rest),) if rest else ()
    return Assignment(name, Known((*first, *word.pieces[1:])), append)


def declare_words(call: Call) -> Outcome:
    """The same, reached as an ordinary command (`command export A=b`)."""
    return declare(call, ())


def unset(call: Call) -> Outcome:
    """`unset A`: expands to nothing; `unset -f f`: no function any more."""
    letters, words = options(call.words[1:])
    draft = Draft("unset")
    for word in words:
        name = word.literal
        again.reference(call.walker, word, call.state)
        if name is None:
            call.state.lose_variables()
        elif "f" in letters:
            call.state.functions[name] = GONE
        else:
            call.state.variables[name.partition("[")[0]] = UNKNOWN if "[" in name else UNSET
            environment.guarded(call, draft, name)
    return done(call, "unset", draft)


def read(call: Call) -> Outcome:
    """`read A B`: from here on they hold what somebody typed, or what came through a pipe."""
    _, words = options(call.words[1:], with_value=_READ_VALUES)
    names = [word.literal for word in words] or ["REPLY"]
    names += [call.words[at + 1].literal for at, word in enumerate(call.words[:-1]) if word.literal == "-a"]
    return _set_unknown(call, "read", names)


def mapfile(call: Call, draft: Draft) -> Outcome:
    """`mapfile A`: lines of the input."""
    _, words = options(call.words[1:], with_value="dnOsuCc")
    return _set_unknown(call, "mapfile", [word.literal for word in words] or ["MAPFILE"], draft)


def getopts(call: Call) -> Outcome:
    """`getopts ab: NAME`: what the parameters hold."""
    return _set_unknown(call, "getopts", [*(word.literal for word in call.words[2:3]), "OPTARG", "OPTIND"])


def let(call: Call) -> Outcome:
    """`let`, reached as an ordinary command: any variable may be another now."""
    for word in call.words[1:]:
        again.word(call.walker, word, call.state)
    call.state.lose_variables()
    return done(call, "let")


def test(call: Call) -> Outcome:
    """`test`, `[`: a program as any other, but for `-v`, whose operand is a name."""
    for name in again.names_tested(call.words):
        again.reference(call.walker, name, call.state)
    return call.walker.program(call)


def wait(call: Call) -> Outcome:
    """`wait -p NAME` sets a variable."""
    names = [after.known for before, after in pairwise(call.words) if before.literal == "-p"]
    return _set_unknown(call, "wait", names)


def _set_unknown(call: Call, verb: str, names: Sequence[str | None], draft: Draft | None = None) -> Outcome:
    draft = draft or Draft(verb)
    for name in names:
        again.named(call.walker, name, call.state)
        if name is None:
            call.state.lose_variables()
            if call.walker.desk.hidden:
                draft.opaque("which variable it sets, and what its subscript runs, only running tells")
        else:
            plain = name.partition("[")[0]
            call.state.variables[plain] = UNKNOWN
            environment.noted(call, draft, Assignment(plain, UNKNOWN))
    return done(call, verb, draft)


def printf(call: Call) -> Outcome:
    """`printf -v NAME` sets a variable instead of printing."""
    words = call.words
    if len(words) < 3 or words[1].literal != "-v":  # noqa: PLR2004 - printf -v NAME
        return call.walker.program(call)
    return _set_unknown(call, "printf", [words[2].literal])


def set_(call: Call) -> Outcome:
    """`set -- a b` replaces the positional parameters."""
    words = call.words[1:]
    literals = [word.literal for word in words]
    letters, rest = options(words, with_value="o")
    given: list[Word] | None = words[literals.index("--") + 1 :] if "--" in literals else rest or None
    if given is not None:
        splits = any(word.splits for word in given)
        call.state.positional = None if splits else Listed(tuple(word.pieces for word in given))
    draft = Draft("set")
    if ("+o", "history") in pairwise(literals):
        leaves_guard(call, draft, "hides what follows from the shell's history")
    if "r" in letters:
        leaves_guard(call, draft, "makes a restricted shell, in which the guard cannot answer")
    return done(call, "set", draft)


def shift(call: Call) -> Outcome:
    """`shift N` drops parameters."""
    count = call.words[1].literal if len(call.words) > 1 else "1"
    old = call.state.positional
    known = old is not None and count is not None and count.isdigit() and len(count) < 6  # noqa: PLR2004 - sane counts
    call.state.positional = Listed(old.items[int(count) :]) if known and old and count else None
    return done(call, "shift")
