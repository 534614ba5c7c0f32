"""zsh's builtins that change what the rest of a text means, beside those that it shares with bash.

What must not live here: builtins that only do something (packs), syntax (tree.py).
Meanings from the zsh manual, zshbuiltins, zshmisc and zshzle.
"""

from __future__ import annotations

from safeshell.languages.bash import builtins as shared_with_bash
from safeshell.languages.bash import nested, variables
from safeshell.languages.bash.call import SHELL_ONLY, Call, Draft, finish
from safeshell.languages.bash.dialects import Dialect
from safeshell.languages.bash.flow import NOTHING, Outcome, unchanged
from safeshell.languages.bash.functions import GONE
from safeshell.languages.bash.shared import done, leaves_guard, options
from safeshell.languages.words import Word, literal_word
from safeshell.languages.zsh.tree import zsh_tree
from safeshell.model.statements import Language

_CALLED = frozenset(
    {
        "precmd",
        "preexec",
        "chpwd",
        "periodic",
        "zshaddhistory",
        "zshexit",
        "zsh_directory_name",
        "command_not_found_handler",
    }
)
"""Functions that zsh calls by itself (zshmisc, "Special Functions")."""
_GUARDS = ("zle-line-finish", "__safeshell_")


def _called_by_itself(name: str) -> bool:
    return name in _CALLED or (name.startswith("TRAP") and name[4:].isupper())


def _precommand(call: Call) -> Outcome:
    """`noglob rm x`, `nocorrect`, `-`, `coproc`: the command behind it."""
    words = call.words[1:]
    return call.walker.dispatch(call.with_words(words)) if words else done(call, call.words[0].literal or "")


def _repeat(call: Call) -> Outcome:
    """`repeat 3 rm x`; with braces or `do` it is no simple command, and shfmt does not know it."""
    words = call.words[2:]
    if words and (words[0].literal or "{")[:1] not in "{(":
        return call.walker.dispatch(call.with_words(words))
    draft = Draft("repeat")
    draft.lost("what repeat repeats here is not read")
    finish(call, draft)
    return unchanged(call.state, None)


def _again(call: Call) -> Outcome:
    """`r` runs a line of the history again."""
    draft = Draft("r")
    draft.opaque("runs a line of the history again, which one only running tells")
    return done(call, "r", draft)


def _emulate(call: Call) -> Outcome:
    """`emulate MODE -c TEXT` runs a text; without one it changes how every further text is read."""
    words = [word.literal for word in call.words]
    draft = Draft("emulate")
    if "-c" in words[:-1]:
        return _text(call, draft, call.words[words.index("-c") + 1])
    if any(word not in (None, "zsh", "emulate") and not (word or "").startswith("-") for word in words):
        draft.opaque("changes how this shell reads everything that follows")
    return done(call, "emulate", draft)


def _text(call: Call, draft: Draft, word: Word) -> Outcome:
    nested.shell_text(call, draft, word.pieces, call.state.copy())
    return done(call, draft.verb, draft)


def _later(call: Call) -> Outcome:
    """`sched +5 rm x`, `zpty NAME rm x`: the rest is a text that runs."""
    words = [word for word in call.words[1:] if not (word.literal or "").startswith("-")]
    draft = Draft(call.words[0].literal or "")
    if len(words) > 1:
        nested.shell_text(call, draft, nested.joined(words[1:]), call.state.copy())
    return done(call, draft.verb, draft)


def _zle(call: Call) -> Outcome:
    """`zle -N WIDGET FUNCTION` has the editor call a function; the guard's own widget is not to be touched."""
    words = [word.known for word in call.words[1:]]
    draft = Draft("zle")
    if any(word is None or word.startswith(_GUARDS) or word == "accept-line" for word in words):
        leaves_guard(call, draft, "touches the widget by which lines reach the guard")
    if words[:1] == ["-N"] and len(words) > 1:
        call.walker.dispatch(call.with_words([call.words[-1]]))
    finish(call, _with_reads(draft))
    return unchanged(call.state, NOTHING)


def _with_reads(draft: Draft) -> Draft:
    if not draft.claims:
        draft.claims.append(SHELL_ONLY)
    return draft


def _unfunction(call: Call) -> Outcome:
    """Taking functions away; patterns (-m) may take the guard's along."""
    letters, words = options(call.words[1:])
    draft = Draft("unfunction")
    for word in words:
        name = word.literal
        if name is None or name.startswith("__safeshell") or "m" in letters:
            leaves_guard(call, draft, "takes functions of the guard away")
        else:
            call.state.functions[name] = GONE
    return done(call, "unfunction", draft)


def _file_builtin(call: Call) -> Outcome:
    """`zf_rm` of the module zsh/files is rm."""
    name = (call.words[0].literal or "").removeprefix("zf_")
    return call.walker.program(call.with_words([literal_word(name, call.words[0].span), *call.words[1:]]))


def _setopt(call: Call) -> Outcome:
    """Options count for the next line; some of them change what the rest of this one means."""
    draft = Draft("setopt")
    told = {(word.known or "?").replace("_", "").lower() for word in call.words[1:]}
    told = {name.removeprefix("no") for name in told}
    if told & {"extendedglob", "shwordsplit", "globsubst", "ksharrays", "?"}:
        call.state.lookup_changed = "an option was changed on this line that decides how words are read"
    if "zle" in told:
        leaves_guard(call, draft, "switches the line editor off or on, by which lines reach the guard")
    return done(call, call.words[0].literal or "setopt", draft)


HANDLERS = {
    **{
        name: shared_with_bash.HANDLERS[name]
        for name in shared_with_bash.HANDLERS
        if name not in ("bind", "shopt", "complete", "compgen", "mapfile", "readarray")
    },
    "-": _precommand,
    "chdir": shared_with_bash.HANDLERS["cd"],
    "coproc": _precommand,
    "emulate": _emulate,
    "float": variables.declare_words,
    "integer": variables.declare_words,
    "nocorrect": _precommand,
    "noglob": _precommand,
    "r": _again,
    "repeat": _repeat,
    "sched": _later,
    "setopt": _setopt,
    "unfunction": _unfunction,
    "unsetopt": _setopt,
    "vared": variables.read,
    "zle": _zle,
    "zpty": _later,
    **{f"zf_{name}": _file_builtin for name in ("chgrp", "chmod", "chown", "ln", "mkdir", "mv", "rm", "rmdir", "sync")},
}
HARMLESS = (shared_with_bash.HARMLESS - {"bind", "compopt"}) | {
    "autoload", "bindkey", "bye", "compadd", "compdef", "comparguments", "disable", "echotc", "echoti", "functions", "getln",
    "limit", "log", "print", "pushln", "rehash", "setopt", "strftime", "sysread", "syserror", "ttyctl", "unhash", "unlimit",
    "unsetopt", "whence", "where", "which", "zcompile", "zformat", "zmodload", "zparseopts", "zselect", "zstat", "zstyle",
}  # fmt: skip
"""Builtins that touch nothing outside of the shell."""

DIALECT = Dialect(
    Language.ZSH,
    zsh_tree,
    HANDLERS,
    HARMLESS,
    splits=False,
    lists="all",
    hooks=_called_by_itself,
    prompts=frozenset({"PROMPT", "RPROMPT", "RPS1", "PROMPT2", "PROMPT3", "PROMPT4", "RPROMPT2", "psvar"}),
)
