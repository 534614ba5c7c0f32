"""fish's builtins that change what the rest of a text means, beside those that it shares with bash.

What must not live here: builtins that only do something (packs), syntax (parser.py).
Meanings from the fish manual, "Commands".
"""

from __future__ import annotations

from safeshell.languages.bash import builtins as shared_with_bash
from safeshell.languages.bash import environment, functions, nested
from safeshell.languages.bash.assignments import Assignment, assign
from safeshell.languages.bash.call import SHELL_ONLY, Call, Draft, finish
from safeshell.languages.bash.dialects import Dialect
from safeshell.languages.bash.flow import Outcome, unchanged
from safeshell.languages.bash.shared import done, leaves_guard
from safeshell.languages.bash.state import UNKNOWN, UNSET, Function, Known, Listed, Value
from safeshell.languages.fish.parser import CALLED, fish_tree
from safeshell.languages.reading import ParseFailure
from safeshell.languages.words import Piece, PieceKind, Word
from safeshell.model.statements import Language

_ENTER = ("\r", "\n", "enter", "ret", "return", "newline", "ctrl-m", "ctrl-j", "c-m", "c-j")
_OF_THE_GUARD = ("__safeshell", "fish_prompt")
_CODE_PATHS = frozenset({"fish_function_path", "fish_complete_path"})


def _options(
    words: list[Word], with_value: str = "", long_with_value: tuple[str, ...] = ()
) -> tuple[set[str], list[Word]]:
    """The letters and long names of leading options, and the words behind them."""
    found: set[str] = set()
    at = 0
    while at < len(words):
        text = words[at].literal
        if text is None or len(text) < 2 or text[0] != "-":  # noqa: PLR2004 - a dash and a letter
            break
        at += 1
        if text == "--":
            break
        if text.startswith("--"):
            name, equals, _ = text[2:].partition("=")
            found.add(name)
            at += name in long_with_value and not equals
            continue
        found |= set(text[1:])
        at += text[-1] in with_value
    return found, words[at:]


def _set(call: Call) -> Outcome:
    """`set [-gx] NAME VALUE...`; `-e` erases, `-q` asks, `-a` and `-p` add."""
    flags, words = _options(call.words[1:])
    draft = Draft("set")
    if not words or flags & {"q", "query", "n", "names", "S", "show"}:
        return done(call, "set", draft)
    names = words if flags & {"e", "erase"} else words[:1]
    for word in names:
        name = word.literal
        if name is None:
            call.state.lose_variables()
            continue
        value = UNSET if flags & {"e", "erase"} else _value(words[1:])
        _assign(call, draft, name, value, added=bool(flags & {"a", "append", "p", "prepend"}))
        if flags & {"x", "export"}:
            call.state.exported |= {name}
    return done(call, "set", draft)


def _value(words: list[Word]) -> Value:
    if any(word.splits or word.glob for word in words):
        return UNKNOWN
    return Known(words[0].pieces) if len(words) == 1 else Listed(tuple(word.pieces for word in words))


def _assign(call: Call, draft: Draft, name: str, value: Value, *, added: bool) -> None:
    plain = name.partition("[")[0]
    if "[" in name or added:
        value = UNKNOWN
    if plain in _CODE_PATHS:
        draft.opaque(f"{plain} makes fish load functions from elsewhere")
    if plain.startswith("__safeshell"):
        leaves_guard(call, draft, "changes what the guard works with")
    assignment = Assignment("PATH" if plain == "fish_user_paths" else plain, value)
    assign(call.state, assignment)
    environment.noted(call, draft, assignment)


def _read(call: Call) -> Outcome:
    """`read A B`: from here on they hold what somebody typed."""
    flags, words = _options(
        call.words[1:], "dnpPcRt", ("delimiter", "nchars", "prompt", "prompt-str", "command", "right-prompt")
    )
    draft = Draft("read")
    if flags & {"p", "prompt", "R", "right-prompt"}:
        draft.opaque("runs a text as its prompt")
    for word in words:
        if word.literal is None:
            call.state.lose_variables()
        else:
            _assign(call, draft, word.literal, UNKNOWN, added=False)
    return done(call, "read", draft)


def _command(call: Call) -> Outcome:
    """`command rm`: past functions; with options it mostly tells."""
    flags, words = _options(call.words[1:])
    if not words or flags:
        finish(call, Draft("command", claims=[SHELL_ONLY]))
        return unchanged(call.state, None)
    return call.walker.dispatch(call.with_words(words, functions=False, builtins=False))


def _builtin(call: Call) -> Outcome:
    flags, words = _options(call.words[1:])
    if not words or flags:
        return done(call, "builtin")
    return call.walker.dispatch(call.with_words(words, functions=False))


def _source(call: Call) -> Outcome:
    """`source FILE`; without one, what comes through a pipe."""
    words = call.words[1:]
    if words and words[0].literal != "-":
        return shared_with_bash.HANDLERS["source"](call)
    draft = Draft("source")
    pieces = call.stdin.pieces
    if call.stdin.file is not None:
        text = nested.file_text(call.walker, call.state, call.stdin.file)
        pieces = None if text is None else (Piece(PieceKind.LITERAL, text),)
    if pieces is None:
        draft.opaque("runs what comes in on its standard input, which is only known while it runs")
        call.state.lose_variables()
        return done(call, "source", draft)
    outcome = nested.shell_text(call, draft, pieces, call.state)
    finish(call, draft)
    return outcome


def _alias(call: Call) -> Outcome:
    """`alias NAME TEXT` and `alias NAME=TEXT` define a function."""
    _, words = _options(call.words[1:])
    draft = Draft("alias")
    if not words:
        return done(call, "alias", draft)
    name, equals, body = (words[0].known or "").partition("=")
    if not equals:
        body = " ".join(word.known or "" for word in words[1:])
    if any(word.known is None for word in words) or not name:
        draft.opaque("an alias whose text is only known while it runs")
        return done(call, "alias", draft)
    if not body:
        return done(call, "alias", draft)
    text = ("command " if body.split()[:1] == [name] else "") + body + " $argv"
    tree = call.walker.desk.tree(text, Language.FISH)
    statements = None if isinstance(tree, ParseFailure) else tree.get("Stmts", ())
    block = {"Pos": {"Offset": 0}, "End": {"Offset": len(text)}}
    raw = text.encode("utf-8", "surrogateescape")
    made = {**block, "Cmd": {**block, "Type": "Block", "Stmts": statements or ()}}
    call.state.functions[name] = Function(made, raw) if statements is not None else None
    return done(call, "alias", draft)


def _functions(call: Call) -> Outcome:
    """`functions -e f` erases, `functions -c f g` copies; else it tells."""
    flags, words = _options(call.words[1:])
    draft = Draft("functions")
    if flags & {"e", "erase", "c", "copy"}:
        if any(word.literal is None or word.literal.startswith(_OF_THE_GUARD) for word in words):
            leaves_guard(call, draft, "touches functions of the guard")
        for word in words if flags & {"e", "erase"} else words[1:]:
            call.state.functions[word.literal or ""] = functions.GONE if flags & {"e", "erase"} else None
    return done(call, "functions", draft)


def _bind(call: Call) -> Outcome:
    """`bind KEY COMMAND...`: commands run when the key is pressed; Enter is the guard's."""
    flags, words = _options(call.words[1:], "Mmk", ("mode", "sets-mode", "key"))
    texts = [word.known for word in call.words[1:]]
    draft = Draft("bind")
    erases = bool(flags & {"e", "erase"})
    changes = len(words) > 1 or erases or (bool(words) and bool(flags & {"k", "key"}))
    if changes and any(text is None or text.casefold() in _ENTER for text in texts):
        leaves_guard(call, draft, "changes a key by which lines reach the guard")
    elif erases and flags & {"a", "all"}:
        leaves_guard(call, draft, "takes all keys away, those by which lines reach the guard too")
    for word in words[1:]:
        text = word.known
        if text is None or not text.replace("-", "").replace("_", "").isalnum():
            nested.shell_text(call, draft, word.pieces, call.state.copy())
        else:
            functions.called(call.with_words([word]), text)
    return done(call, "bind", draft)


def _event(call: Call) -> Outcome:
    """`emit EVENT` calls whatever functions wait for it."""
    return done(call, "emit")


HANDLERS = {
    **{name: shared_with_bash.HANDLERS[name] for name in (":", "cd", "eval", "exec", "exit", "popd", "pushd", "trap")},
    ".": _source,
    "alias": _alias,
    "bind": _bind,
    "builtin": _builtin,
    "command": _command,
    "emit": _event,
    "functions": _functions,
    "nextd": shared_with_bash.HANDLERS["popd"],
    "prevd": shared_with_bash.HANDLERS["popd"],
    "read": _read,
    "set": _set,
    "source": _source,
}
HARMLESS = frozenset({
    "[", "_", "abbr", "and", "argparse", "bg", "block", "break", "builtin", "case", "cdh", "commandline", "complete", "contains",
    "continue", "count", "dirh", "dirs", "disown", "echo", "else", "end", "false", "fg", "fish_add_path", "fish_config",
    "fish_default_key_bindings", "fish_indent", "fish_is_root_user", "fish_key_reader", "fish_vi_key_bindings", "funced", "funcsave",
    "help", "history", "isatty", "jobs", "math", "not", "or", "path", "printf", "prompt_pwd", "pwd", "random", "realpath", "return",
    "set_color", "status", "string", "string-collect", "suspend", "test", "time", "true", "type", "ulimit", "umask", "wait",
})  # fmt: skip
"""Builtins and functions of fish that touch nothing outside of the shell; packs that describe one of them go first."""

DIALECT = Dialect(
    Language.FISH,
    fish_tree,
    HANDLERS,
    HARMLESS,
    splits=False,
    lists="all",
    hooks=CALLED.__contains__,
    evaluates=False,
)
