"""Builtins that change what the rest of the text means: `cd`, `eval`, `export`, `read`, `source`...

Each handler takes a Call, emits its Statement and gives back the shell after it. Builtins that only
do something (kill, printf, test) are described in packs. What must not live here: control flow.
Meanings from the bash manual, chapter 4.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from safeshell.languages.bash import environment, nested
from safeshell.languages.bash.assignments import Assignment, assign
from safeshell.languages.bash.call import SHELL_ONLY, Call, Draft, finish
from safeshell.languages.bash.flow import NOTHING, Outcome, unchanged
from safeshell.languages.bash.functions import GONE
from safeshell.languages.bash.state import STAY, UNKNOWN, UNSET, Known, Listed, State, enter, known_text
from safeshell.languages.words import Piece, PieceKind, Word
from safeshell.model.effects import Effect
from safeshell.model.facts import Ask, PathFact, Question
from safeshell.model.statements import Claim

HARMLESS = frozenset(
    [
        ":",
        "[",
        "bg",
        "bind",
        "break",
        "builtin",
        "caller",
        "compgen",
        "complete",
        "compopt",
        "continue",
        "dirs",
        "disown",
        "echo",
        "false",
        "fc",
        "fg",
        "getopts",
        "help",
        "history",
        "jobs",
        "logout",
        "printf",
        "pwd",
        "return",
        "suspend",
        "test",
        "times",
        "true",
        "type",
        "ulimit",
        "umask",
        "wait",
    ]
)
"""Builtins that touch nothing outside of the shell; a pack that describes one of them goes first."""

_ALWAYS_THERE = frozenset({"/", "~", "/tmp", "/var", "/var/tmp", "/etc", "/usr", "/home", "/dev", "/root", ".", ".."})  # noqa: S108
_READ_VALUES = "adinNptu"


def _done(call: Call, verb: str, draft: Draft | None = None) -> Outcome:
    """The usual end: a builtin that changed the call's state and prints nothing."""
    draft = draft or Draft(verb)
    if not draft.claims and draft.understood and not draft.nested:
        draft.claims.append(SHELL_ONLY)
    finish(call, draft)
    return unchanged(call.state, NOTHING)


def _options(words: Sequence[Word], with_value: str = "") -> tuple[str, list[Word]]:
    """The letters of leading options and the words behind them; `with_value` letters take an argument."""
    letters = ""
    at = 0
    while at < len(words):
        text = words[at].literal
        if text is None or len(text) < 2 or text[0] not in "-+":  # noqa: PLR2004 - a dash and a letter
            break
        at += 1
        if text == "--":
            break
        letters += text[1:]
        value = next((letter for letter in text[1:] if letter in with_value), "")
        if value and text.endswith(value):
            at += 1
    return letters, list(words[at:])


# Where the shell is -------------------------------------------------------------------------------


def _cd(call: Call) -> Outcome:
    """`cd`: the directory after it; where it may fail, both directories remain possible."""
    _, words = _options(call.words[1:])
    target = words[0].known if words else "~"
    if target == "-" or (words and (words[0].glob or words[0].splits)):
        target = None
    finish(call, Draft("cd", claims=[SHELL_ONLY]))
    moved = call.state.copy()
    moved.directory = call.state.directory if target == "" else enter(call.state.directory, target)
    moved.variables.pop("PWD", None)
    moved.variables.pop("OLDPWD", None)
    if _surely_there(call, target):
        return Outcome(moved, moved, NOTHING)
    return Outcome(moved, call.state, NOTHING)


def _surely_there(call: Call, target: str | None) -> bool:
    if target is None:
        return False
    if target.rstrip("/") in _ALWAYS_THERE or target == "/":
        return True
    if call.walker.remote or call.state.directory != STAY:
        return False
    question = Question(Ask.PATH, target)
    fact = call.walker.desk.facts.get(question)
    if fact is None:
        call.walker.desk.questions[question] = None
    return isinstance(fact, PathFact) and fact.looked and fact.kind == "directory"


def _lost_directory(call: Call) -> Outcome:
    """`pushd`, `popd`: the stack is the shell's own affair."""
    _, words = _options(call.words[1:])
    target = words[0].known if words and call.words[0].literal == "pushd" else None
    finish(call, Draft(call.words[0].literal or "", claims=[SHELL_ONLY]))
    moved = call.state.copy()
    moved.directory = enter(call.state.directory, target if target and target[0] not in "+-" else None)
    return Outcome(moved, call.state, NOTHING)


# Texts that this shell runs -----------------------------------------------------------------------


def _eval(call: Call) -> Outcome:
    words = call.words[1:]
    if words and words[0].literal == "--":
        words = words[1:]
    draft = Draft("eval")
    outcome = nested.shell_text(call, draft, nested.joined(words), call.state)
    if call.appended:
        draft.opaque("more words that it runs come from outside")
    if not words:
        draft.claims.append(SHELL_ONLY)
    finish(call, draft)
    return outcome


def _source(call: Call) -> Outcome:
    """`source FILE`: judged by the file's text, in this very shell."""
    words = call.words[1:]
    if words and words[0].literal == "--":
        words = words[1:]
    draft = Draft("source")
    if not words:
        return _done(call, "source", draft)
    state = nested.with_positional(call.state, words[1:]) if len(words) > 1 else call.state
    pieces = _file_pieces(call, words[0])
    if pieces is None:
        draft.opaque(f"runs {words[0].source}, whose text cannot be read beforehand")
        after = call.state.copy()
        after.blind = True
        finish(call, draft)
        return Outcome(after, after, None)
    outcome = nested.shell_text(call, draft, pieces, state)
    if not draft.nested and not draft.claims:
        draft.claims.append(SHELL_ONLY)
    finish(call, draft)
    ok, bad = outcome.ok.copy(), outcome.bad.copy()
    ok.positional = bad.positional = call.state.positional
    return Outcome(ok, bad, outcome.printed)


def _file_pieces(call: Call, word: Word) -> tuple[Piece, ...] | None:
    if len(word.pieces) == 1 and word.pieces[0].text in call.walker.produced:
        return call.walker.produced[word.pieces[0].text]
    if word.known in ("/dev/stdin", "/dev/fd/0", "/proc/self/fd/0"):
        return call.stdin.pieces
    text = nested.file_text(call.walker, call.state, word, remote=False)
    return None if text is None else (Piece(PieceKind.LITERAL, text),)


def _trap(call: Call) -> Outcome:
    """`trap TEXT SIGNAL...`: the text runs some time later."""
    words = call.words[1:]
    if words and words[0].literal == "--":
        words = words[1:]
    draft = Draft("trap")
    signals = {(word.known or "?").upper() for word in words[1:]} if len(words) > 1 else set()
    if signals & {"DEBUG", "?"} or (len(words) == 1 and words[0].known and words[0].known.upper() == "DEBUG"):
        draft.claims.append(
            Claim(Effect.LEAVES_GUARD, "bash.trap_debug", "replaces the trap by which the guard watches")
        )
    if len(words) > 1 and words[0].literal not in ("-", "", "-p", "-l", "-lp"):
        nested.shell_text(call, draft, words[0].pieces, call.state.copy())
    return _done(call, "trap", draft)


# Other ways to name a command ---------------------------------------------------------------------


def _command(call: Call) -> Outcome:
    """`command rm`: past functions; `-v` and `-V` only tell."""
    letters, words = _options(call.words[1:])
    if not words or "v" in letters or "V" in letters:
        finish(call, Draft("command", claims=[SHELL_ONLY]))
        return unchanged(call.state, None)
    return call.walker.dispatch(call.with_words(words, functions=False))


def _builtin(call: Call) -> Outcome:
    _, words = _options(call.words[1:])
    return call.walker.dispatch(call.with_words(words, functions=False)) if words else _done(call, "builtin")


def _exec(call: Call) -> Outcome:
    """`exec CMD` takes the shell's place; without a command its redirections stay."""
    _, words = _options(call.words[1:], with_value="a")
    if not words:
        return _done(call, "exec")
    return call.walker.dispatch(call.with_words(words, functions=False, builtins=False))


def _exit(call: Call) -> Outcome:
    outcome = _done(call, "exit")
    state = outcome.ok.copy()
    state.dead = True
    return Outcome(state, state, NOTHING)


# Variables ----------------------------------------------------------------------------------------


def declare(call: Call, assignments: Sequence[Assignment]) -> Outcome:
    """`declare`, `export`, `local`, `readonly`, `typeset` with their assignments already read."""
    verb = call.words[0].literal or "declare"
    letters, words = _options(call.words[1:])
    draft = Draft(verb)
    found = list(assignments)
    for word in words:
        assignment = _assignment(word)
        if assignment is None:
            call.state.blind = True
        else:
            found.append(assignment)
    for assignment in found:
        _declare_one(call, draft, verb, letters, assignment)
    return _done(call, verb, draft)


def _declare_one(call: Call, draft: Draft, verb: str, letters: str, assignment: Assignment) -> None:
    state, walker = call.state, call.walker
    if "f" in letters or "F" in letters:
        return
    if "n" in letters and verb != "export":
        state.blind = True
        assignment = Assignment(assignment.name, UNKNOWN)
    elif set(letters) & set("iluA") and assignment.value is not None:
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


def _declare_words(call: Call) -> Outcome:
    """The same, reached as an ordinary command (`command export A=b`)."""
    return declare(call, ())


def _unset(call: Call) -> Outcome:
    letters, words = _options(call.words[1:])
    for word in words:
        name = word.literal
        if name is None:
            call.state.blind = True
        elif "f" in letters:
            call.state.functions[name] = GONE
        else:
            call.state.variables[name.partition("[")[0]] = UNKNOWN if "[" in name else UNSET
    return _done(call, "unset")


def _read(call: Call) -> Outcome:
    """`read A B`: from here on they hold what somebody typed, or what came through a pipe."""
    _, words = _options(call.words[1:], with_value=_READ_VALUES)
    names = [word.literal for word in words] or ["REPLY"]
    names += [call.words[at + 1].literal for at, word in enumerate(call.words[:-1]) if word.literal == "-a"]
    return _set_unknown(call, "read", names)


def _mapfile(call: Call) -> Outcome:
    _, words = _options(call.words[1:], with_value="dnOsuCc")
    return _set_unknown(call, "mapfile", [word.literal for word in words] or ["MAPFILE"])


def _getopts(call: Call) -> Outcome:
    return _set_unknown(call, "getopts", [*(word.literal for word in call.words[2:3]), "OPTARG", "OPTIND"])


def _let(call: Call) -> Outcome:
    call.state.blind = True
    return _done(call, "let")


def _set_unknown(call: Call, verb: str, names: Sequence[str | None]) -> Outcome:
    for name in names:
        if name is None:
            call.state.blind = True
        else:
            call.state.variables[name.partition("[")[0]] = UNKNOWN
    return _done(call, verb)


def _printf(call: Call) -> Outcome:
    """`printf -v NAME` sets a variable instead of printing."""
    words = call.words
    if len(words) < 3 or words[1].literal != "-v":  # noqa: PLR2004 - printf -v NAME
        return call.walker.program(call)
    return _set_unknown(call, "printf", [words[2].literal])


def _set(call: Call) -> Outcome:
    """`set -- a b` replaces the positional parameters."""
    words = call.words[1:]
    literals = [word.literal for word in words]
    if "--" in literals:
        given: list[Word] | None = words[literals.index("--") + 1 :]
    else:
        _, given = _options(words, with_value="o")
        given = given or None
    if given is not None:
        splits = any(word.splits for word in given)
        call.state.positional = None if splits else Listed(tuple(word.pieces for word in given))
    return _done(call, "set")


def _shift(call: Call) -> Outcome:
    count = call.words[1].literal if len(call.words) > 1 else "1"
    old = call.state.positional
    known = old is not None and count is not None and count.isdigit() and len(count) < 6  # noqa: PLR2004 - sane counts
    call.state.positional = Listed(old.items[int(count) :]) if known and old and count else None
    return _done(call, "shift")


# How names are found ------------------------------------------------------------------------------


def _alias(call: Call) -> Outcome:
    for word in call.words[1:]:
        text = word.known
        name, equals, value = (text or "").partition("=")
        if text is None:
            call.state.lookup_changed = "an alias was defined on this line whose name is only known while it runs"
        elif equals:
            call.state.aliases[name] = value
    return _done(call, "alias")


def _unalias(call: Call) -> Outcome:
    for word in call.words[1:]:
        if word.literal:
            call.state.aliases[word.literal] = None
    return _done(call, "unalias")


def _hash(call: Call) -> Outcome:
    letters, words = _options(call.words[1:], with_value="p")
    texts = [word.literal for word in call.words]
    if "p" in letters and "-p" in texts and len(texts) > texts.index("-p") + 1:
        path = call.words[texts.index("-p") + 1].known
        for word in words:
            call.state.programs[word.literal or ""] = path
    elif "p" in letters:
        call.state.lookup_changed = "the table of program names was changed on this line"
    return _done(call, "hash")


def _enable(call: Call) -> Outcome:
    letters, words = _options(call.words[1:], with_value="f")
    draft = Draft("enable")
    if "f" in letters:
        draft.opaque("loads a builtin from a file")
    if letters:
        for word in words:
            call.state.programs[word.literal or ""] = None
    return _done(call, "enable", draft)


def _shopt(call: Call) -> Outcome:
    draft = Draft("shopt")
    letters, words = _options(call.words[1:])
    if "u" in letters and any(word.known in ("extdebug", None) for word in words):
        draft.claims.append(Claim(Effect.LEAVES_GUARD, "bash.extdebug", "switches off what the guard watches by"))
    return _done(call, "shopt", draft)


def _plain(call: Call) -> Outcome:
    """`:` does nothing but expand its words."""
    return _done(call, ":")


HANDLERS: dict[str, Callable[[Call], Outcome]] = {
    ":": _plain,
    ".": _source,
    "alias": _alias,
    "builtin": _builtin,
    "cd": _cd,
    "command": _command,
    "declare": _declare_words,
    "enable": _enable,
    "eval": _eval,
    "exec": _exec,
    "exit": _exit,
    "export": _declare_words,
    "getopts": _getopts,
    "hash": _hash,
    "let": _let,
    "local": _declare_words,
    "mapfile": _mapfile,
    "popd": _lost_directory,
    "printf": _printf,
    "pushd": _lost_directory,
    "read": _read,
    "readarray": _mapfile,
    "readonly": _declare_words,
    "set": _set,
    "shift": _shift,
    "shopt": _shopt,
    "source": _source,
    "trap": _trap,
    "typeset": _declare_words,
    "unalias": _unalias,
    "unset": _unset,
}

__all__ = ["HANDLERS", "HARMLESS", "State", "declare", "known_text"]
