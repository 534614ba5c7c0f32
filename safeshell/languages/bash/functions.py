"""Calls of functions: those of this text, and those that the session has.

What must not live here: definitions (walker.py) and builtins.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from safeshell.languages.bash.call import Draft, finish
from safeshell.languages.bash.flow import Outcome
from safeshell.languages.bash.nested import with_positional
from safeshell.languages.bash.state import Function, State
from safeshell.languages.reading import ParseFailure
from safeshell.model.facts import Ask

if TYPE_CHECKING:
    from safeshell.languages.bash.call import Call

GONE = Function({}, b"")
"""What `unset -f` leaves: certainly no function."""


def called(call: Call, name: str) -> Outcome | None:
    """Judge the body of the function of that name; None when there is no such function."""
    if name in call.state.functions:
        function = call.state.functions[name]
        if function == GONE:
            return None
        return _run(call, name, function) if function else _lost(call, name, "what it does depends on a branch")
    walker = call.walker
    known = walker.desk.names
    if walker.reach or (known.complete and name not in known.functions) or "/" in name:
        return None
    answered, text = walker.desk.ask(Ask.FUNCTION, name)
    if not answered:
        return _opaque(call, name) if name in known.functions else None
    return _of_session(call, name, text) if text is not None else None


def _of_session(call: Call, name: str, text: str) -> Outcome:
    """A function as `declare -f` prints it."""
    tree = call.walker.desk.tree(text, call.walker.language)
    if isinstance(tree, ParseFailure):
        return _lost(call, name, tree.message)
    found = [node["Cmd"] for node in tree.get("Stmts", ()) if node.get("Cmd", {}).get("Type") == "FuncDecl"]
    if len(found) != 1:
        return _lost(call, name, "its definition cannot be read")
    return _run(call, name, Function(found[0]["Body"], text.encode("utf-8", "surrogateescape")))


def _run(call: Call, name: str, function: Function) -> Outcome:
    walker = call.walker
    if name in walker.stack:
        return _lost(call, name, "it calls itself")
    child = walker.child(function.raw, call.span, stack=(*walker.stack, name))
    outcome = child.run(function.body, with_positional(call.state, call.words[1:]), call.stdin)
    draft = Draft(name, nested=child.out)
    finish(call, draft)
    ok = _back(outcome.ok, call.state, child.local_names)
    bad = _back(outcome.bad, call.state, child.local_names)
    return Outcome(ok, bad, outcome.printed)


def _back(after: State, before: State, local_names: set[str]) -> State:
    """Parameters and local variables are the caller's again."""
    state = after.copy()
    state.positional = before.positional
    for name in local_names:
        if name in before.variables:
            state.variables[name] = before.variables[name]
        else:
            state.variables.pop(name, None)
    return state


def _lost(call: Call, name: str, why: str) -> Outcome:
    draft = Draft(name)
    draft.lost(f"the function {name}: {why}")
    finish(call, draft)
    state = call.state.copy()
    state.lose_variables()
    return Outcome(state, state, None)


def _opaque(call: Call, name: str) -> Outcome:
    draft = Draft(name)
    draft.opaque(f"runs the function {name}, whose text is not known")
    finish(call, draft)
    state = call.state.copy()
    state.lose_variables()
    return Outcome(state, state, None)
