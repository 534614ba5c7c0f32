"""Compound commands: lists, pipelines, branches, loops, definitions.

Every branch is taken, loops are run until nothing more changes. What must not live here: simple
commands (simple.py), words (expand.py).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from safeshell.languages.bash import again
from safeshell.languages.bash.call import SHELL_ONLY
from safeshell.languages.bash.flow import INHERITED, NOTHING, Outcome, Reach, Stdin, both, text_only, unchanged
from safeshell.languages.bash.limits import MAX_UNROLLED, TooMuchError
from safeshell.languages.bash.state import UNKNOWN, Function, Known, Pieces, State, join
from safeshell.model.effects import Effect
from safeshell.model.statements import Claim, Language, Statement

if TYPE_CHECKING:
    from safeshell.languages.bash.expand import Expander
    from safeshell.languages.bash.walker import Walker
    from safeshell.languages.words import Word

Node = Mapping[str, Any]
Handler = Callable[["Walker", Node, State, Stdin], Outcome]
_ROUNDS = 6
_NEEDED = "builtin"
_STOPPING = frozenset({"break", "continue"})


def binary(walker: Walker, node: Node, state: State, stdin: Stdin) -> Outcome:
    """`&&`, `||` and pipelines; the left spine is walked without recursion."""
    if node["Op"] in ("|", "|&"):
        return _pipeline(walker, node, state, stdin)
    chain: list[tuple[str, Node]] = []
    while node["Op"] in ("&&", "||"):
        chain.append((node["Op"], node["Y"]))
        left = node["X"]
        if not _is_bare(left) or left["Cmd"]["Op"] not in ("&&", "||"):
            break
        node = left["Cmd"]
    outcome = walker.run(node["X"], state, stdin)
    for operator, right in reversed(chain):
        outcome = _after(walker, operator, outcome, right, stdin)
    return outcome


def _after(walker: Walker, operator: str, left: Outcome, right: Node, stdin: Stdin) -> Outcome:
    if operator == "&&":
        outcome = walker.run(right, left.ok, stdin)
        return Outcome(outcome.ok, join(left.bad, outcome.bad), None)
    outcome = walker.run(right, left.bad, stdin)
    return Outcome(join(left.ok, outcome.ok), outcome.bad, None)


def _pipeline(walker: Walker, node: Node, state: State, stdin: Stdin) -> Outcome:
    """Each stage runs in a copy of the shell and reads what the one before it prints."""
    stages: list[Node] = []
    while True:
        stages.append(node["Y"])
        left = node["X"]
        if not _is_bare(left) or left["Cmd"]["Op"] not in ("|", "|&"):
            stages.append(left)
            break
        node = left["Cmd"]
    printed: Pieces | None = None
    for number, stage in enumerate(reversed(stages)):
        given = stdin if number == 0 else Stdin(piped=True, pieces=printed and text_only(printed))
        printed = walker.run(stage, state.copy(), given).printed
    return unchanged(state, printed)


def block(walker: Walker, node: Node, state: State, stdin: Stdin) -> Outcome:
    """`{ ...; }`."""
    return walker.run_all(node.get("Stmts", ()), state, stdin)


def subshell(walker: Walker, node: Node, state: State, stdin: Stdin) -> Outcome:
    """`( ... )`: nothing it sets comes back."""
    outcome = walker.run_all(node.get("Stmts", ()), state.copy(), stdin)
    return unchanged(state, outcome.printed)


def if_clause(walker: Walker, node: Node, state: State, stdin: Stdin) -> Outcome:
    """`if`, `elif`, `else`; an `else` is a clause without a condition."""
    if "Cond" not in node:
        return walker.run_all(node.get("Then", ()), state, stdin)
    condition = walker.run_all(node["Cond"], state, stdin)
    yes = walker.run_all(node.get("Then", ()), condition.ok, stdin)
    no = if_clause(walker, node["Else"], condition.bad, stdin) if "Else" in node else unchanged(condition.bad)
    return Outcome(join(yes.ok, no.ok), join(yes.bad, no.bad), None)


def while_clause(walker: Walker, node: Node, state: State, stdin: Stdin) -> Outcome:
    """`while` and `until`: run until nothing more changes."""

    def once(start: State) -> State:
        condition = walker.run_all(node.get("Cond", ()), start, stdin)
        entered = condition.bad if node.get("Until") else condition.ok
        return walker.run_all(node.get("Do", ()), entered, stdin).either

    return unchanged(_settle_loop(walker, once, state), None)


def _settle_loop(walker: Walker, once: Callable[[State], State], state: State) -> State:
    """Repeat a loop's body on what all its rounds have in common; only the last round's statements count."""
    kept = len(walker.out)
    for _ in range(_ROUNDS):
        after = join(state, once(state.copy()))
        if after == state:
            return after
        del walker.out[kept:]
        state = after
    raise TooMuchError("its loop changes more than safeshell follows")


def for_clause(walker: Walker, node: Node, state: State, stdin: Stdin) -> Outcome:
    """`for` and `select`; a list of known items is judged item by item."""
    loop = node["Loop"]
    body = node.get("Do", ())
    if loop["Type"] != "WordIter":
        walker.visit(loop, state)
        return _repeated(walker, body, state, stdin)
    name = loop["Name"]["Value"]
    items = _items(walker, loop, state)
    if items is None or node.get("Select") or _contains_call(body, _STOPPING):
        state = state.copy()
        state.variables[name] = UNKNOWN
        return _repeated(walker, body, state, stdin, name)
    return _unrolled(walker, node, items, state, stdin)


def _items(walker: Walker, loop: Node, state: State) -> list[Pieces] | None:
    """The values that a loop's variable takes; None where nobody knows how many."""
    if "InPos" not in loop:
        return list(state.positional.items) if state.positional is not None else None
    words = walker.expander.words(loop.get("Items", ()), state)
    if len(words) > MAX_UNROLLED or any(word.splits for word in words):
        return None
    return [word.pieces for word in words]


def _repeated(walker: Walker, body: Sequence[Node], state: State, stdin: Stdin, name: str = "") -> Outcome:
    def once(start: State) -> State:
        if name:
            start.variables[name] = UNKNOWN
        return walker.run_all(body, start, stdin).either

    return unchanged(_settle_loop(walker, once, state), None)


def _unrolled(walker: Walker, node: Node, items: Sequence[Pieces], state: State, stdin: Stdin) -> Outcome:
    printed: Pieces | None = NOTHING
    for item in items:
        state = state.copy()
        state.variables[node["Loop"]["Name"]["Value"]] = Known(item)
        outcome = walker.run_all(node.get("Do", ()), state, stdin)
        state = outcome.either
        printed = both(printed, outcome.printed)
    return unchanged(state, printed)


def case_clause(walker: Walker, node: Node, state: State, stdin: Stdin) -> Outcome:
    """Every branch may be taken, or none; `;&` and `;;&` go on into the next."""
    walker.expander.one(node["Word"], state)
    after = state
    through = state
    for item in node.get("Items", ()):
        for pattern in item.get("Patterns", ()):
            walker.expander.one(pattern, state)
        through = walker.run_all(item.get("Stmts", ()), join(state, through), stdin).either
        after = join(after, through)
        through = state if item.get("Op") == ";;" else through
    return unchanged(after, None)


def function(walker: Walker, node: Node, state: State, stdin: Stdin) -> Outcome:
    """A definition runs nothing; its body is judged where it is called."""
    del stdin
    state = state.copy()
    names = [node["Name"]] if "Name" in node else node.get("Names", [])
    for name in names:
        state.functions[name["Value"]] = Function(node["Body"], walker.raw)
    _shell_only(walker, node, "function")
    if walker.reach is Reach.SESSION and any(name["Value"] == _NEEDED for name in names):
        _replaces_needed(walker, node)
    if any(walker.dialect.hooks(name["Value"]) for name in names):
        # the shell itself will call it, at a prompt or on a signal, where nobody is asked
        walker.run(node["Body"], state.copy(), INHERITED)
    return unchanged(state)


def _replaces_needed(walker: Walker, node: Node) -> None:
    reason = (
        f"a function of the name {_NEEDED} stops every line, because the guard reaches the shell's own commands by it"
    )
    claim = Claim(Effect.LEAVES_GUARD, "bash.guard", reason)
    source, span = walker.expander.source(node), walker.expander.span(node)
    walker.emit(Statement(Language.BASH, source, span, "function", claims=(claim,)))


def _shell_only(walker: Walker, node: Node, verb: str) -> None:
    source, span = walker.expander.source(node), walker.expander.span(node)
    walker.emit(Statement(Language.BASH, source, span, verb, claims=(SHELL_ONLY,)))


def arithmetic(walker: Walker, node: Node, state: State, stdin: Stdin) -> Outcome:
    """`(( ))` and `let`: substitutions inside run, and what the names in it stand for is evaluated."""
    del stdin
    state = state.copy()
    walker.visit(node, state)
    if node["Type"] == "LetClause":
        _note_let(node, state, walker.expander)
    _shell_only(walker, node, "let")
    return unchanged(state)


def test(walker: Walker, node: Node, state: State, stdin: Stdin) -> Outcome:
    """`[[ ]]`: substitutions inside run; the sides of `-eq` and its like are evaluated."""
    del stdin
    _tested(walker, node["X"], state)
    _shell_only(walker, node, "[[")
    return unchanged(state)


def _tested(walker: Walker, node: Node, state: State) -> Word | None:
    """The word of an operand; None for what is made of several."""
    if node["Type"] == "Word":
        return walker.expander.one(node, state)
    sides = [_tested(walker, node[side], state) for side in ("X", "Y") if side in node]
    again.compared(walker, node.get("Op", ""), [side for side in sides if side is not None], state)
    return None


def timed(walker: Walker, node: Node, state: State, stdin: Stdin) -> Outcome:
    """`time`: what it times."""
    return walker.run(node["Stmt"], state, stdin) if "Stmt" in node else unchanged(state)


def coprocess(walker: Walker, node: Node, state: State, stdin: Stdin) -> Outcome:
    """`coproc`: its command, with pipes for input and output."""
    del stdin
    if _starts_with_assignment(node["Stmt"]):
        # bash assigns, shfmt 3.14 takes `a=1` for the command word
        walker.emit(walker.unreadable(node, "safeshell cannot tell where this coprocess's command begins"))
    walker.run(node["Stmt"], state.copy(), Stdin(piped=True))
    return unchanged(state, None)


HANDLERS: dict[str, Handler] = {
    "BinaryCmd": binary,
    "Block": block,
    "Subshell": subshell,
    "IfClause": if_clause,
    "WhileClause": while_clause,
    "ForClause": for_clause,
    "CaseClause": case_clause,
    "FuncDecl": function,
    "ArithmCmd": arithmetic,
    "LetClause": arithmetic,
    "TestClause": test,
    "TimeClause": timed,
    "CoprocClause": coprocess,
}


def _is_bare(node: Node) -> bool:
    """A statement that is nothing but a binary command, so that its operator belongs to the chain."""
    plain = not (node.get("Redirs") or node.get("Negated") or node.get("Background") or node.get("Coprocess"))
    return plain and node.get("Cmd", {}).get("Type") == "BinaryCmd"


def _starts_with_assignment(node: Node) -> bool:
    words: Sequence[Node] = node.get("Cmd", {}).get("Args", ())
    parts: Sequence[Node] = words[0].get("Parts", ()) if words else ()
    return bool(parts) and parts[0]["Type"] == "Lit" and "=" in parts[0]["Value"]


def _contains_call(nodes: Any, names: frozenset[str]) -> bool:
    """Whether a command of one of these names stands anywhere inside."""
    if isinstance(nodes, Mapping):
        if nodes.get("Type") == "CallExpr" and nodes.get("Args"):
            parts = nodes["Args"][0].get("Parts", ())
            if len(parts) == 1 and parts[0].get("Value") in names:
                return True
        return any(_contains_call(value, names) for value in nodes.values() if isinstance(value, (dict, list)))
    return any(_contains_call(item, names) for item in nodes)


def _note_let(node: Node, state: State, expander: Expander) -> None:
    """`let "x = 1"`: shfmt leaves quoted expressions alone, so the name is taken from the text."""
    for expression in node.get("Exprs", ()):
        if expression.get("Type") == "Word":
            text = expander.one(expression, state).known
            name = (text or "").lstrip("+-! (").partition("=")[0].rstrip("+-*/%&|^<> ")
            if text is None:
                state.lose_variables()
            elif name.isidentifier():
                state.variables[name] = UNKNOWN
