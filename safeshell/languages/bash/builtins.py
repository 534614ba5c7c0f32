"""Builtins that change what the rest of the text means: `cd`, `eval`, `export`, `read`, `source`...

Each handler takes a Call, emits its Statement and gives back the shell after it. Builtins that only
do something (kill, printf, test) are described in packs. What must not live here: control flow.
Meanings from the bash manual, chapter 4.
"""

from __future__ import annotations

from collections.abc import Callable

from safeshell.languages.bash import callbacks, nested, variables
from safeshell.languages.bash.call import SHELL_ONLY, Call, Draft, finish
from safeshell.languages.bash.dialects import Dialect, Tree
from safeshell.languages.bash.fast import fast_tree
from safeshell.languages.bash.flow import NOTHING, Outcome, Reach, unchanged
from safeshell.languages.bash.shared import done, leaves_guard, options
from safeshell.languages.bash.state import STAY, enter
from safeshell.languages.reading import Parse, ParseFailure, SessionNames
from safeshell.languages.words import Piece, PieceKind, Word
from safeshell.model.facts import Ask, PathFact, Question
from safeshell.model.statements import Language

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


# Where the shell is -------------------------------------------------------------------------------


def _cd(call: Call) -> Outcome:
    """`cd`: the directory after it; where it may fail, both directories remain possible."""
    _, words = options(call.words[1:])
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
    if call.walker.reach is Reach.MACHINE or call.state.directory != STAY:
        return False
    question = Question(Ask.PATH, target)
    fact = call.walker.desk.facts.get(question)
    if fact is None:
        call.walker.desk.questions[question] = None
    return isinstance(fact, PathFact) and fact.looked and fact.kind == "directory"


def _lost_directory(call: Call) -> Outcome:
    """`pushd`, `popd`: the stack is the shell's own affair."""
    _, words = options(call.words[1:])
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
        return done(call, "source", draft)
    state = nested.with_positional(call.state, words[1:]) if len(words) > 1 else call.state
    pieces = _file_pieces(call, words[0])
    if pieces is None:
        draft.opaque(f"runs {words[0].source}, whose text cannot be read beforehand")
        after = call.state.copy()
        after.lose_variables()
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
    text = nested.file_text(call.walker, call.state, word)
    return None if text is None else (Piece(PieceKind.LITERAL, text),)


def _trap(call: Call) -> Outcome:
    """`trap TEXT SIGNAL...`: the text runs some time later."""
    words = call.words[1:]
    if words and words[0].literal == "--":
        words = words[1:]
    draft = Draft("trap")
    signals = {(word.known or "?").upper() for word in words[1:]} if len(words) > 1 else set()
    if signals & {"DEBUG", "?"} or (len(words) == 1 and words[0].known and words[0].known.upper() == "DEBUG"):
        leaves_guard(call, draft, "replaces the trap by which the guard watches")
    if len(words) > 1 and words[0].literal not in ("-", "", "-p", "-l", "-lp"):
        nested.shell_text(call, draft, words[0].pieces, call.state.copy())
    return done(call, "trap", draft)


# Other ways to name a command ---------------------------------------------------------------------


def _command(call: Call) -> Outcome:
    """`command rm`: past functions; `-v` and `-V` only tell."""
    letters, words = options(call.words[1:])
    if not words or "v" in letters or "V" in letters:
        finish(call, Draft("command", claims=[SHELL_ONLY]))
        return unchanged(call.state, None)
    return call.walker.dispatch(call.with_words(words, functions=False))


def _builtin(call: Call) -> Outcome:
    _, words = options(call.words[1:])
    return call.walker.dispatch(call.with_words(words, functions=False)) if words else done(call, "builtin")


def _exec(call: Call) -> Outcome:
    """`exec CMD` takes the shell's place; without a command its redirections stay."""
    _, words = options(call.words[1:], with_value="a")
    if not words:
        draft = Draft("exec")
        if call.high_descriptor:
            leaves_guard(call, draft, "moves a descriptor as high as those of the guard")
        return done(call, "exec", draft)
    return call.walker.dispatch(call.with_words(words, functions=False, builtins=False))


def _exit(call: Call) -> Outcome:
    outcome = done(call, "exit")
    state = outcome.ok.copy()
    state.dead = True
    return Outcome(state, state, NOTHING)


# How names are found ------------------------------------------------------------------------------


def _alias(call: Call) -> Outcome:
    for word in call.words[1:]:
        text = word.known
        name, equals, value = (text or "").partition("=")
        if text is None:
            call.state.lookup_changed = "an alias was defined on this line whose name is only known while it runs"
        elif equals:
            call.state.aliases[name] = value
    return done(call, "alias")


def _unalias(call: Call) -> Outcome:
    for word in call.words[1:]:
        if word.literal:
            call.state.aliases[word.literal] = None
    return done(call, "unalias")


def _hash(call: Call) -> Outcome:
    letters, words = options(call.words[1:], with_value="p")
    texts = [word.literal for word in call.words]
    if "p" in letters and "-p" in texts and len(texts) > texts.index("-p") + 1:
        path = call.words[texts.index("-p") + 1].known
        for word in words:
            call.state.programs[word.literal or ""] = path
    elif "p" in letters:
        call.state.lookup_changed = "the table of program names was changed on this line"
    return done(call, "hash")


def _enable(call: Call) -> Outcome:
    letters, words = options(call.words[1:], with_value="f")
    draft = Draft("enable")
    if "f" in letters:
        draft.opaque("loads a builtin from a file")
    if letters:
        for word in words:
            call.state.programs[word.literal or ""] = None
    if "n" in letters and words:
        leaves_guard(call, draft, "switches off builtins, and the guard is made of builtins")
    return done(call, "enable", draft)


def _shopt(call: Call) -> Outcome:
    draft = Draft("shopt")
    letters, words = options(call.words[1:])
    if "u" in letters and any(word.known in ("extdebug", None) for word in words):
        leaves_guard(call, draft, "switches off what the guard watches by")
    return done(call, "shopt", draft)


def _plain(call: Call) -> Outcome:
    """`:` does nothing but expand its words."""
    return done(call, ":")


HANDLERS: dict[str, Callable[[Call], Outcome]] = {
    ":": _plain,
    ".": _source,
    "[": variables.test,
    "alias": _alias,
    "builtin": _builtin,
    "bind": callbacks.callback,
    "cd": _cd,
    "command": _command,
    "compgen": callbacks.callback,
    "complete": callbacks.callback,
    "declare": variables.declare_words,
    "enable": _enable,
    "eval": _eval,
    "exec": _exec,
    "exit": _exit,
    "fc": callbacks.history,
    "export": variables.declare_words,
    "getopts": variables.getopts,
    "hash": _hash,
    "let": variables.let,
    "local": variables.declare_words,
    "mapfile": callbacks.mapfile,
    "popd": _lost_directory,
    "printf": variables.printf,
    "pushd": _lost_directory,
    "read": variables.read,
    "readarray": callbacks.mapfile,
    "readonly": variables.declare_words,
    "set": variables.set_,
    "shift": variables.shift,
    "shopt": _shopt,
    "source": _source,
    "test": variables.test,
    "trap": _trap,
    "typeset": variables.declare_words,
    "unalias": _unalias,
    "unset": variables.unset,
    "wait": variables.wait,
}


def _tree(text: str, parse: Parse, names: SessionNames) -> Tree | ParseFailure:
    """By the fast path where that is exact."""
    del names
    return fast_tree(text) or parse(text)


DIALECT = Dialect(Language.BASH, _tree, HANDLERS, HARMLESS)
