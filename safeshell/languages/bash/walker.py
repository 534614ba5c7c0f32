"""Control flow: walks shfmt's syntax tree as bash would run it, every branch taken.

What must not live here: simple commands (simple.py), words (expand.py), what is wrapped (wrapping.py).
Node shapes are those of `shfmt --to-json`, mvdan.cc/sh/v3/syntax/typedjson.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from safeshell.languages.bash import simple
from safeshell.languages.bash.call import Call
from safeshell.languages.bash.desk import Desk
from safeshell.languages.bash.expand import Expander
from safeshell.languages.bash.flow import INHERITED, NOTHING, Outcome, Stdin, both, text_only, unchanged
from safeshell.languages.bash.limits import MAX_DEPTH, MAX_UNROLLED, TooMuchError
from safeshell.languages.bash.redirections import read_redirections
from safeshell.languages.bash.state import UNKNOWN, Function, Known, Pieces, State, join
from safeshell.languages.words import Piece, PieceKind
from safeshell.model.effects import Effect
from safeshell.model.statements import Claim, Language, Span, Statement, TargetKind

Node = Mapping[str, Any]
_WRITING = frozenset({Effect.WRITES, Effect.WRITES_SCRATCH, Effect.DESTROYS_DATA})
_ROUNDS = 6
_STOPPING = frozenset({"break", "continue"})


class Walker:
    """Walks one source text and collects its statements in `out`.

    `span` is set for nested texts: where they stand in the outer one. `foreign` texts run in another
    process, where variables, aliases and functions of the session do not count; `remote` ones on
    another machine, where this one's files do not either. `stack` names the functions being called.
    """

    def __init__(
        self,
        desk: Desk,
        raw: bytes,
        *,
        span: Span | None = None,
        depth: int = 0,
        stack: tuple[str, ...] = (),
        foreign: bool = False,
        remote: bool = False,
    ) -> None:
        if depth > MAX_DEPTH:
            raise TooMuchError("it nests deeper than safeshell follows")
        self.desk = desk
        self.raw = raw
        self.span = span
        self.depth = depth
        self.stack = stack
        self.foreign = foreign
        self.remote = remote
        self.out: list[Statement] = []
        self.local_names: set[str] = set()
        self.produced: dict[str, Pieces] = {}
        self.expander = Expander(raw, span, desk, self.substitute, remote=foreign)

    def child(
        self,
        raw: bytes | None = None,
        span: Span | None = None,
        *,
        stack: tuple[str, ...] | None = None,
        foreign: bool = False,
        remote: bool = False,
    ) -> Walker:
        """A walker for what runs inside; it collects its own statements."""
        return Walker(
            self.desk,
            self.raw if raw is None else raw,
            span=span or self.span,
            depth=self.depth + 1,
            stack=self.stack if stack is None else stack,
            foreign=foreign or self.foreign,
            remote=remote or self.remote,
        )

    def emit(self, statement: Statement) -> None:
        """One more statement of the answer; what it writes is remembered for files run later."""
        self.desk.budget.statement()
        for claim in statement.claims:
            if claim.effect in _WRITING:
                self.desk.written.update(t.value for t in claim.targets if t.kind is TargetKind.PATH)
        self.out.append(statement)

    def descend(self) -> None:
        """One level deeper; the caller comes back up by itself."""
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise TooMuchError("it nests deeper than safeshell follows")

    def dispatch(self, call: Call) -> Outcome:
        """Run other words in the place of a call's own."""
        return simple.dispatch(call)

    def program(self, call: Call) -> Outcome:
        """Run the words as a program, whatever builtin has that name."""
        return simple.program(call)

    def run_all(self, nodes: Sequence[Node], state: State, stdin: Stdin = INHERITED) -> Outcome:
        """A list of statements, one after the other."""
        outcome = unchanged(state)
        printed: Pieces | None = NOTHING
        for node in nodes:
            outcome = self.run(node, outcome.either, stdin)
            printed = both(printed, outcome.printed)
        return replace(outcome, printed=printed)

    def run(self, node: Node, state: State, stdin: Stdin) -> Outcome:
        """One statement: a command with its redirections, `!` and `&`."""
        self.desk.budget.step()
        self.descend()
        try:
            outcome = self._run(node, state.copy() if node.get("Background") else state, stdin)
        finally:
            self.depth -= 1
        if node.get("Background") or node.get("Coprocess"):
            return unchanged(state, None)
        return Outcome(outcome.bad, outcome.ok, outcome.printed) if node.get("Negated") else outcome

    def _run(self, node: Node, state: State, stdin: Stdin) -> Outcome:
        command = node.get("Cmd")
        redirections = node.get("Redirs", ())
        if command is None or command["Type"] in simple.KINDS:
            return simple.run(self, node, state, stdin)
        if redirections:
            claims, stdin, moved = read_redirections(redirections, self.expander, state, stdin)
            self._redirected(redirections, claims, state)
        else:
            moved = False
        handler = _HANDLERS.get(command["Type"])
        if handler is None:
            self.emit(self.unreadable(command, f"safeshell does not know {command['Type']}"))
            return unchanged(state, None)
        outcome = handler(self, command, state, stdin)
        return replace(outcome, printed=NOTHING) if moved else outcome

    def _redirected(self, redirections: Sequence[Node], claims: Sequence[Claim], state: State) -> None:
        """Redirections of a compound command stand for themselves."""
        if not claims:
            return
        start = redirections[0]["Pos"]["Offset"]
        end = redirections[-1]["Word"]["End"]["Offset"]
        text = self.raw[start:end].decode("utf-8", "replace")
        settled = tuple(simple.settle(claim, state, ()) for claim in claims)
        span = self.span or Span(start, end)
        self.emit(Statement(Language.BASH, text, span, redirections[0]["Op"], claims=settled))

    def unreadable(self, node: Node, why: str) -> Statement:
        """A part of the text that is not understood."""
        source, span = self.expander.source(node), self.expander.span(node)
        return Statement(Language.BASH, source, span, "", understood=False, dynamic=True, detail={"why": why})

    # Substitutions -----------------------------------------------------------------------------

    def substitute(self, part: Node, state: State) -> Pieces | None:
        """Run what stands in a substitution (or anywhere inside of another part); the text it prints."""
        kind = part["Type"]
        if kind == "CmdSubst":
            outcome = self.run_all(part.get("Stmts", ()), state.copy(), INHERITED)
            return None if outcome.printed is None or "ReplyVar" in part else _trimmed(outcome.printed)
        if kind == "ProcSubst":
            outcome = self.run_all(part.get("Stmts", ()), state.copy(), Stdin(piped=part["Op"] == ">("))
            if outcome.printed is not None and part["Op"] == "<(":
                self.produced[self.expander.source(part)] = text_only(outcome.printed)
            return None
        self.visit(part, state)
        return None

    def visit(self, node: Any, state: State) -> None:
        """Run every substitution inside of a node that is not expanded, and see what arithmetic sets."""
        if isinstance(node, Mapping):
            kind = node.get("Type")
            if kind in ("CmdSubst", "ProcSubst"):
                self.substitute(node, state)
                return
            if kind in ("BinaryArithm", "UnaryArithm"):
                _note_arithmetic(node, state)
            for key, value in node.items():
                if key not in ("Pos", "End") and isinstance(value, (dict, list)):
                    self.visit(value, state)
        elif isinstance(node, list):
            for item in node:
                self.visit(item, state)

    # Compound commands -------------------------------------------------------------------------

    def binary(self, node: Node, state: State, stdin: Stdin) -> Outcome:
        """`&&`, `||` and pipelines; the left spine is walked without recursion."""
        if node["Op"] in ("|", "|&"):
            return self._pipeline(node, state, stdin)
        chain: list[tuple[str, Node]] = []
        while node["Op"] in ("&&", "||"):
            chain.append((node["Op"], node["Y"]))
            left = node["X"]
            if not _is_bare(left) or left["Cmd"]["Op"] not in ("&&", "||"):
                break
            node = left["Cmd"]
        outcome = self.run(node["X"], state, stdin)
        for operator, right in reversed(chain):
            outcome = self._after(operator, outcome, right, stdin)
        return outcome

    def _after(self, operator: str, left: Outcome, right: Node, stdin: Stdin) -> Outcome:
        if operator == "&&":
            outcome = self.run(right, left.ok, stdin)
            return Outcome(outcome.ok, join(left.bad, outcome.bad), None)
        outcome = self.run(right, left.bad, stdin)
        return Outcome(join(left.ok, outcome.ok), outcome.bad, None)

    def _pipeline(self, node: Node, state: State, stdin: Stdin) -> Outcome:
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
            printed = self.run(stage, state.copy(), given).printed
        return unchanged(state, printed)

    def block(self, node: Node, state: State, stdin: Stdin) -> Outcome:
        """`{ ...; }`."""
        return self.run_all(node.get("Stmts", ()), state, stdin)

    def subshell(self, node: Node, state: State, stdin: Stdin) -> Outcome:
        """`( ... )`: nothing it sets comes back."""
        outcome = self.run_all(node.get("Stmts", ()), state.copy(), stdin)
        return unchanged(state, outcome.printed)

    def if_clause(self, node: Node, state: State, stdin: Stdin) -> Outcome:
        """`if`, `elif`, `else`; an `else` is a clause without a condition."""
        if "Cond" not in node:
            return self.run_all(node.get("Then", ()), state, stdin)
        condition = self.run_all(node["Cond"], state, stdin)
        yes = self.run_all(node.get("Then", ()), condition.ok, stdin)
        if "Else" in node:
            no = self.if_clause(node["Else"], condition.bad, stdin)
        else:
            no = unchanged(condition.bad)
        return Outcome(join(yes.ok, no.ok), join(yes.bad, no.bad), None)

    def while_clause(self, node: Node, state: State, stdin: Stdin) -> Outcome:
        """`while` and `until`: run until nothing more changes."""

        def once(start: State) -> State:
            condition = self.run_all(node.get("Cond", ()), start, stdin)
            entered = condition.bad if node.get("Until") else condition.ok
            return self.run_all(node.get("Do", ()), entered, stdin).either

        return unchanged(self._settle_loop(once, state), None)

    def _settle_loop(self, once: Callable[[State], State], state: State) -> State:
        """Repeat a loop's body on what all its rounds have in common; only the last round's statements count."""
        kept = len(self.out)
        for _ in range(_ROUNDS):
            after = join(state, once(state.copy()))
            if after == state:
                return after
            del self.out[kept:]
            state = after
        raise TooMuchError("its loop changes more than safeshell follows")

    def for_clause(self, node: Node, state: State, stdin: Stdin) -> Outcome:
        """`for` and `select`; a list of known items is judged item by item."""
        loop = node["Loop"]
        body = node.get("Do", ())
        if loop["Type"] != "WordIter":
            self.visit(loop, state)
            return self._repeated(body, state, stdin)
        name = loop["Name"]["Value"]
        items = self._items(loop, state)
        if items is None or node.get("Select") or _contains_call(body, _STOPPING):
            state = state.copy()
            state.variables[name] = UNKNOWN
            return self._repeated(body, state, stdin, name)
        return self._unrolled(body, name, items, state, stdin)

    def _items(self, loop: Node, state: State) -> list[Pieces] | None:
        """The values that a loop's variable takes; None where nobody knows how many."""
        if "InPos" not in loop:
            return list(state.positional.items) if state.positional is not None else None
        words = self.expander.words(loop.get("Items", ()), state)
        if len(words) > MAX_UNROLLED or any(word.splits for word in words):
            return None
        return [word.pieces for word in words]

    def _repeated(self, body: Sequence[Node], state: State, stdin: Stdin, name: str = "") -> Outcome:
        def once(start: State) -> State:
            if name:
                start.variables[name] = UNKNOWN
            return self.run_all(body, start, stdin).either

        return unchanged(self._settle_loop(once, state), None)

    def _unrolled(
        self, body: Sequence[Node], name: str, items: Sequence[Pieces], state: State, stdin: Stdin
    ) -> Outcome:
        printed: Pieces | None = NOTHING
        for item in items:
            state = state.copy()
            state.variables[name] = Known(item)
            outcome = self.run_all(body, state, stdin)
            state = outcome.either
            printed = both(printed, outcome.printed)
        return unchanged(state, printed)

    def case_clause(self, node: Node, state: State, stdin: Stdin) -> Outcome:
        """Every branch may be taken, or none; `;&` and `;;&` go on into the next."""
        self.expander.one(node["Word"], state)
        after = state
        through = state
        for item in node.get("Items", ()):
            for pattern in item.get("Patterns", ()):
                self.expander.one(pattern, state)
            through = self.run_all(item.get("Stmts", ()), join(state, through), stdin).either
            after = join(after, through)
            through = state if item.get("Op") == ";;" else through
        return unchanged(after, None)

    def function(self, node: Node, state: State, stdin: Stdin) -> Outcome:
        """A definition runs nothing; its body is judged where it is called."""
        del stdin
        state = state.copy()
        names = [node["Name"]] if "Name" in node else node.get("Names", [])
        for name in names:
            state.functions[name["Value"]] = Function(node["Body"], self.raw)
        claim = Claim(Effect.READS, "bash.shell", "changes only this shell")
        source, span = self.expander.source(node), self.expander.span(node)
        self.emit(Statement(Language.BASH, source, span, "function", claims=(claim,)))
        return unchanged(state)

    def arithmetic(self, node: Node, state: State, stdin: Stdin) -> Outcome:
        """`(( ))` and `let`: only substitutions inside run anything."""
        del stdin
        state = state.copy()
        self.visit(node, state)
        if node["Type"] == "LetClause":
            _note_let(node, state, self.expander)
        return unchanged(state)

    def test(self, node: Node, state: State, stdin: Stdin) -> Outcome:
        """`[[ ]]`: the same."""
        del stdin
        self.visit(node, state)
        return unchanged(state)

    def timed(self, node: Node, state: State, stdin: Stdin) -> Outcome:
        """`time`: what it times."""
        return self.run(node["Stmt"], state, stdin) if "Stmt" in node else unchanged(state)

    def coprocess(self, node: Node, state: State, stdin: Stdin) -> Outcome:
        """`coproc`: its command, with pipes for input and output."""
        del stdin
        self.run(node["Stmt"], state.copy(), Stdin(piped=True))
        return unchanged(state, None)


_HANDLERS: dict[str, Callable[[Walker, Node, State, Stdin], Outcome]] = {
    "BinaryCmd": Walker.binary,
    "Block": Walker.block,
    "Subshell": Walker.subshell,
    "IfClause": Walker.if_clause,
    "WhileClause": Walker.while_clause,
    "ForClause": Walker.for_clause,
    "CaseClause": Walker.case_clause,
    "FuncDecl": Walker.function,
    "ArithmCmd": Walker.arithmetic,
    "LetClause": Walker.arithmetic,
    "TestClause": Walker.test,
    "TimeClause": Walker.timed,
    "CoprocClause": Walker.coprocess,
}


def _is_bare(node: Node) -> bool:
    """A statement that is nothing but a binary command, so that its operator belongs to the chain."""
    plain = not (node.get("Redirs") or node.get("Negated") or node.get("Background") or node.get("Coprocess"))
    return plain and node.get("Cmd", {}).get("Type") == "BinaryCmd"


def _trimmed(pieces: Pieces) -> Pieces:
    """Command substitution drops newlines at the end."""
    pieces = text_only(pieces)
    while pieces and pieces[-1].kind is PieceKind.LITERAL:
        text = pieces[-1].text.rstrip("\n")
        if text:
            return (*pieces[:-1], Piece(PieceKind.LITERAL, text))
        pieces = pieces[:-1]
    return pieces


def _contains_call(nodes: Any, names: frozenset[str]) -> bool:
    """Whether a command of one of these names stands anywhere inside."""
    if isinstance(nodes, Mapping):
        if nodes.get("Type") == "CallExpr" and nodes.get("Args"):
            parts = nodes["Args"][0].get("Parts", ())
            if len(parts) == 1 and parts[0].get("Value") in names:
                return True
        return any(_contains_call(value, names) for value in nodes.values() if isinstance(value, (dict, list)))
    return any(_contains_call(item, names) for item in nodes)


def _note_arithmetic(node: Node, state: State) -> None:
    """`x = 1`, `x += 1`, `x++` set a variable to a number."""
    operator = node.get("Op", "")
    sets = operator in ("++", "--") or (operator.endswith("=") and operator not in ("==", "!=", "<=", ">="))
    parts = node.get("X", {}).get("Parts", ())
    if not sets or len(parts) != 1:
        return
    part = parts[0]
    name = part.get("Param", part).get("Value", "")
    if name:
        state.variables[name] = UNKNOWN


def _note_let(node: Node, state: State, expander: Expander) -> None:
    """`let "x = 1"`: shfmt leaves quoted expressions alone, so the name is taken from the text."""
    for expression in node.get("Exprs", ()):
        if expression.get("Type") == "Word":
            text = expander.one(expression, state).known
            name = (text or "").lstrip("+-! (").partition("=")[0].rstrip("+-*/%&|^<> ")
            if text is None:
                state.blind = True
            elif name.isidentifier():
                state.variables[name] = UNKNOWN
