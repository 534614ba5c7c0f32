"""Control flow: walks shfmt's syntax tree as bash would run it, every branch taken.

What must not live here: simple commands (simple.py), words (expand.py), what is wrapped (wrapping.py).
Node shapes are those of `shfmt --to-json`, mvdan.cc/sh/v3/syntax/typedjson.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from safeshell.languages.bash import again, simple
from safeshell.languages.bash.call import Call
from safeshell.languages.bash.compound import HANDLERS
from safeshell.languages.bash.desk import Desk
from safeshell.languages.bash.dialects import dialect_of
from safeshell.languages.bash.expand import Expander
from safeshell.languages.bash.fields import NUMBER
from safeshell.languages.bash.flow import INHERITED, NOTHING, Frame, Outcome, Reach, Stdin, both, text_only, unchanged
from safeshell.languages.bash.limits import MAX_DEPTH, TooMuchError
from safeshell.languages.bash.redirections import read_redirections
from safeshell.languages.bash.state import UNKNOWN, Pieces, State
from safeshell.languages.words import Piece, PieceKind
from safeshell.model.effects import Effect
from safeshell.model.statements import Claim, Language, Span, Statement, TargetKind
from safeshell.model.values import replace

Node = Mapping[str, Any]
OUTERMOST = Frame()
_PIPE = Piece(PieceKind.LITERAL, "/dev/fd/63")
"""What `>(...)` is for the command that it is given to: the name of a pipe."""
_WRITING = frozenset({Effect.WRITES, Effect.WRITES_SCRATCH, Effect.DESTROYS_DATA})


class Walker:
    """Walks one source text and collects its statements in `out`.

    `local_names` are the variables that a function body made its own, `produced` the texts that
    process substitutions print.
    """

    def __init__(self, desk: Desk, raw: bytes, frame: Frame = OUTERMOST) -> None:
        if frame.depth > MAX_DEPTH:
            raise TooMuchError("it nests deeper than safeshell follows")
        self.desk = desk
        self.raw = raw
        self.span = frame.span
        self.depth = frame.depth
        self.stack = frame.stack
        self.reach = frame.reach
        self.language = frame.language
        self.dialect = dialect_of(frame.language)
        self.out: list[Statement] = []
        self.local_names: set[str] = set()
        self.produced: dict[str, Pieces] = {}
        asks = frame.reach is Reach.SESSION
        self.expander = Expander(raw, frame.span, desk, self.substitute, asks=asks, dialect=self.dialect)

    def child(
        self,
        raw: bytes,
        span: Span | None,
        *,
        stack: tuple[str, ...] = (),
        reach: Reach = Reach.SESSION,
        language: Language | None = None,
    ) -> Walker:
        """A walker for what runs inside (in the same shell, where no other is named); it collects its own statements."""
        reach = max(reach, self.reach)
        frame = Frame(span or self.span, self.depth + 1, stack or self.stack, reach, language or self.language)
        made = Walker(self.desk, raw, frame)
        made.expander.stand_ins = self.expander.stand_ins
        return made

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
        return Outcome(outcome.ok, outcome.bad, printed)

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
            claims, stdin, moved = read_redirections(redirections, self, state, stdin)
            self._redirected(redirections, claims, state)
        else:
            moved = False
        handler = HANDLERS.get(command["Type"])
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
            return (_PIPE,) if part["Op"] == ">(" else None
        self.visit(part, state)
        return (NUMBER,) if kind == "ArithmExp" else None

    def visit(self, node: Any, state: State) -> None:
        """Run every substitution inside of a node that is not expanded, and evaluate its arithmetic.

        Only an operand of an expression is a node of its own type `Word`; other words have none.
        """
        if isinstance(node, Mapping):
            kind = node.get("Type")
            if kind in ("CmdSubst", "ProcSubst"):
                self.substitute(node, state)
                return
            if kind == "Word" and self.dialect.evaluates:
                again.operand(self, node, state)
                return
            if kind == "ParamExp" and self.dialect.evaluates:
                again.parameter(self, node, state)
            if kind in ("BinaryArithm", "UnaryArithm"):
                _note_arithmetic(node, state)
            for key, value in node.items():
                if key not in ("Pos", "End") and isinstance(value, (dict, list)):
                    self.visit(value, state)
        elif isinstance(node, list):
            for item in node:
                self.visit(item, state)


def _trimmed(pieces: Pieces) -> Pieces:
    """Command substitution drops newlines at the end."""
    while pieces and pieces[-1].kind is PieceKind.LITERAL:
        text = pieces[-1].text.rstrip("\n")
        if text:
            return (*pieces[:-1], Piece(PieceKind.LITERAL, text))
        pieces = pieces[:-1]
    return pieces


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
