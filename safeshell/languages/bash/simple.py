"""Simple commands: words, assignments and redirections of one command, and who runs it.

What must not live here: control flow, the builtins' own meaning, what is wrapped.
Lookup order from the bash manual, section 3.7.2: functions, builtins, programs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from safeshell.languages import commands
from safeshell.languages.bash import environment, functions, variables, wrapping
from safeshell.languages.bash.assignments import Assignment, assign, read_assignments
from safeshell.languages.bash.call import SHELL_ONLY, Call, Draft, finish
from safeshell.languages.bash.flow import Outcome, Stdin, unchanged
from safeshell.languages.bash.outputs import printed_by
from safeshell.languages.bash.redirections import read_redirections
from safeshell.languages.bash.state import State, locate
from safeshell.languages.words import PieceKind, Word, literal_word
from safeshell.model.effects import RISKS, Effect, Risk
from safeshell.model.statements import Claim, Span, Target, TargetKind
from safeshell.model.values import replace

if TYPE_CHECKING:
    from safeshell.languages.bash.walker import Walker

Node = Mapping[str, Any]
_FIRST_HIGH = 100
KINDS = frozenset({"CallExpr", "DeclClause"})


def run(walker: Walker, node: Node, state: State, stdin: Stdin) -> Outcome:
    """One simple command of the tree; `node` is the statement around it."""
    state = state.copy()
    walker.expander.vanished = False
    command = node.get("Cmd") or {"Type": "CallExpr"}
    if command["Type"] == "DeclClause":
        words, assignments = _declaration(walker, command, state)
    else:
        arguments, leading = _sorted_out(command)
        words = walker.expander.words(arguments, state)
        assignments = read_assignments(walker, leading, state)
    vanished = walker.expander.vanished
    claims, stdin, moved = read_redirections(node.get("Redirs", ()), walker, state, stdin)
    start, end = _extent(node)
    if not assignments and _says_nothing(words, stdin):
        claims = [_connects(claim) for claim in claims]
    call = Call(
        walker=walker,
        words=words,
        state=state,
        stdin=stdin,
        source=walker.raw[start:end].decode("utf-8", "replace"),
        span=walker.span or Span(start, end),
        redirected=tuple(settle(claim, state, ()) for claim in claims),
        moved=moved,
        vanished=vanished,
        high_descriptor=any(_is_high(node) for node in node.get("Redirs", ())),
    )
    if command["Type"] == "DeclClause":
        return _quieted(call, variables.declare(call, assignments))
    return _quieted(call, _run_words(call, assignments) if words else _run_nothing(call, assignments))


def _says_nothing(words: Sequence[Word], stdin: Stdin) -> bool:
    """Whether a command prints nothing but an empty line, whatever it is connected to: `echo`, `:`, `cat < /dev/null`."""
    texts = [word.literal for word in words]
    empty = stdin.file is not None and stdin.file.literal == "/dev/null"
    return texts in ([], [":"], ["true"], ["echo"], ["printf", ""], ["echo", ""]) or (texts == ["cat"] and empty)


def _connects(claim: Claim) -> Claim:
    """A connection (`> /dev/tcp/host/port`) over which nothing is said is only a test of it."""
    told = any(target.kind is TargetKind.NETWORK for target in claim.targets)
    return replace(claim, effect=Effect.READS, reason="opens a connection") if told else claim


def _is_high(node: Node) -> bool:
    number = node.get("N", {}).get("Value", "")
    return number.startswith("{") or (number.isdigit() and int(number) >= _FIRST_HIGH)


def _sorted_out(command: Node) -> tuple[Sequence[Node], Sequence[Node]]:
    """Words, and assignments in front of them: shfmt 3.14 files `coproc dd if=x` under both."""
    arguments, assignments = command.get("Args", ()), command.get("Assigns", ())
    first = arguments[0]["Pos"]["Offset"] if arguments else 0
    late = [node for node in assignments if arguments and node["Pos"]["Offset"] > first]
    if not late:
        return arguments, assignments
    words = [*arguments, *map(_as_word, late)]
    words.sort(key=lambda node: int(node["Pos"]["Offset"]))
    return words, [node for node in assignments if node not in late]


def _as_word(node: Node) -> Node:
    """`name=value` as the word that it is."""
    head = {"Type": "Lit", "Value": node["Name"]["Value"] + ("+=" if node.get("Append") else "=")}
    parts = node.get("Value", {}).get("Parts", ())
    return {"Pos": node["Pos"], "End": node["End"], "Parts": [head, *parts]}


def _extent(node: Node) -> tuple[int, int]:
    """Where a simple command starts and ends, without the body of a here-document."""
    command = node.get("Cmd")
    redirections = node.get("Redirs", ())
    inside = [command, *command.get("Args", ()), *command.get("Assigns", ())] if command else []
    starts = [part["Pos"]["Offset"] for part in (*inside, *redirections)]
    ends = [part["End"]["Offset"] for part in (*inside, *(redirection["Word"] for redirection in redirections))]
    return (min(starts), max(ends)) if starts else (node["Pos"]["Offset"], node["End"]["Offset"])


def _quieted(call: Call, outcome: Outcome) -> Outcome:
    """What goes to a file is not printed."""
    return Outcome(outcome.ok, outcome.bad, ()) if call.moved else outcome


def _declaration(walker: Walker, command: Node, state: State) -> tuple[list[Word], list[Assignment]]:
    """`declare`, `export` and the like: their words are assignments, options, or expansions."""
    head = walker.expander.words([{**command["Variant"], "Parts": [{"Type": "Lit", **command["Variant"]}]}], state)
    plain = [argument["Value"] for argument in command.get("Args", ()) if "Name" not in argument]
    words = head + walker.expander.words(plain, state)
    named = [argument for argument in command.get("Args", ()) if "Name" in argument]
    return words, read_assignments(walker, named, state)


def _run_nothing(call: Call, assignments: Sequence[Assignment]) -> Outcome:
    """Assignments and redirections without a command."""
    draft = Draft("=" if assignments else ">", claims=[SHELL_ONLY] if assignments else [])
    for assignment in assignments:
        assign(call.state, assignment)
        environment.noted(call, draft, assignment)
    if assignments or call.redirected:
        finish(call, draft)
    return unchanged(call.state)


def _run_words(call: Call, assignments: Sequence[Assignment]) -> Outcome:
    """A command, with assignments that count only while it runs."""
    if not assignments:
        return dispatch(call)
    before = call.state
    inner = before.copy()
    draft = Draft("=")
    for assignment in assignments:
        assign(inner, assignment)
        environment.noted(replace(call, state=inner), draft, assignment, lasts=False)
    inner.exported |= {assignment.name for assignment in assignments}
    if draft.claims or draft.nested or not draft.understood:
        finish(replace(call, redirected=()), draft)
    outcome = dispatch(replace(call, state=inner))
    return Outcome(
        _without(outcome.ok, before, assignments), _without(outcome.bad, before, assignments), outcome.printed
    )


def _without(after: State, before: State, assignments: Sequence[Assignment]) -> State:
    """The shell once the command's own assignments are gone again."""
    state = after.copy()
    for assignment in assignments:
        if assignment.name in before.variables:
            state.variables[assignment.name] = before.variables[assignment.name]
        else:
            state.variables.pop(assignment.name, None)
    state.exported = before.exported
    if any(assignment.name == "PATH" for assignment in assignments):
        state.lookup_changed = before.lookup_changed
    return state


def dispatch(call: Call) -> Outcome:
    """Find out who runs the command: a function, a builtin, a program."""
    call.walker.desk.budget.step()
    head = call.words[0]
    name = head.literal
    if name is None:
        return _dynamic(call) if not _is_path(head) else program(call)
    if call.functions:
        outcome = functions.called(call, name)
        if outcome is not None:
            return outcome
    there = call.builtins and name not in call.state.programs
    handler = call.walker.dialect.handlers.get(name) if there else None
    return handler(call) if handler else program(call)


def _is_path(head: Word) -> bool:
    """`~/bin/tool`: a name that is known but for the home directory."""
    return all(piece.kind in (PieceKind.LITERAL, PieceKind.HOME) for piece in head.pieces)


def _dynamic(call: Call) -> Outcome:
    draft = Draft("")
    draft.lost(f"which command {call.words[0].source} is, is only known while it runs")
    finish(call, draft)
    state = call.state
    state.lose_variables()
    return Outcome(state, state, None)


def program(call: Call) -> Outcome:
    """A program (or a builtin that packs describe), by its pack."""
    call = _remapped(call)
    known = commands.interpret(
        call.words,
        call.walker.desk.knowledge,
        piped=call.stdin.piped,
        appended=call.appended,
        said=_said(call.stdin),
    )
    draft = Draft(known.verb, place=known.place, detail=known.detail)
    draft.claims = [
        _doubted(settle(claim, call.state, call.words, call.walker.expander.hollow), call) for claim in known.claims
    ]
    if not known.known:
        _unknown_program(call, draft)
    _doubt_lookup(call, draft)
    for wrapped in known.wrapped:
        wrapping.unwrap(call, draft, wrapped)
    finish(call, draft)
    printed = printed_by(call) if call.builtins else None
    return unchanged(call.state, printed)


def _said(stdin: Stdin) -> str | None:
    """The text on standard input, where all of it is known."""
    if stdin.pieces is None or any(piece.kind is not PieceKind.LITERAL for piece in stdin.pieces):
        return None
    return "".join(piece.text for piece in stdin.pieces)


def _doubted(claim: Claim, call: Call) -> Claim:
    """Where a word came out as nothing at all, the person meant something to stand there."""
    return replace(claim, unbounded=True) if call.vanished and RISKS[claim.effect] >= Risk.HIGH else claim


def _remapped(call: Call) -> Call:
    """`hash -p /tmp/x rm` makes `rm` mean /tmp/x."""
    name = call.words[0].literal or ""
    path = call.state.programs.get(name)
    if path is None:
        return call
    return replace(call, words=[literal_word(path, call.words[0].span), *call.words[1:]])


def _doubt_lookup(call: Call, draft: Draft) -> None:
    """A name without a slash may mean another program once the text has changed how names are found."""
    name = call.words[0].literal or ""
    if name in call.state.programs and call.state.programs[name] is None:
        draft.lost(f"what {name} means was changed on this line")
    elif call.state.lookup_changed and "/" not in name and not (call.builtins and _is_builtin(call, name)):
        draft.claims.append(Claim(Effect.RUNS_OPAQUE_CODE, "bash.lookup", call.state.lookup_changed))


def _is_builtin(call: Call, name: str) -> bool:
    """Part of the shell itself, wherever PATH leads."""
    return name in call.walker.dialect.harmless or name in call.walker.dialect.handlers


def _unknown_program(call: Call, draft: Draft) -> None:
    """A builtin without a pack of its own is harmless; a script is judged by its text."""
    name = call.words[0].known or ""
    if name in call.walker.dialect.harmless and call.builtins:
        draft.claims = [SHELL_ONLY]
    elif "/" in name:
        wrapping.read_script(call, draft)


def settle(
    claim: Claim, state: State, words: Sequence[Word], hollow: frozenset[Word] | set[Word] = frozenset()
) -> Claim:
    """A claim as seen from where the text starts: after `cd`, and with expansions that came out empty."""
    if not claim.targets:
        return claim
    targets = claim.targets
    if state.directory != ("",):
        targets = tuple(moved for target in targets for moved in _moved(claim, target, state))
    unbounded = claim.unbounded or (
        RISKS[claim.effect] >= Risk.HIGH and _reaches_further(targets, claim, words, hollow)
    )
    if targets is claim.targets and unbounded == claim.unbounded:
        return claim
    return replace(claim, targets=targets, unbounded=unbounded)


def _moved(claim: Claim, target: Target, state: State) -> list[Target]:
    """One target for each directory that the shell may be in."""
    value = target.value
    bare_name = claim.effect is Effect.UNKNOWN_PROGRAM and "/" not in (value or "")
    if target.kind is not TargetKind.PATH or value is None or bare_name or value.startswith(("/", "~")):
        return [target]
    found = dict.fromkeys(locate(place, value) for place in state.directory)
    return [replace(target, value=place) for place in found]


def _reaches_further(
    targets: tuple[Target, ...], claim: Claim, words: Sequence[Word], hollow: frozenset[Word] | set[Word]
) -> bool:
    sources = {word.source for word in words if word in hollow} if hollow else set()
    if any(target.text in sources for target in targets):
        return True
    if targets is claim.targets:
        return False
    wide = [target for target in targets if target.recursive or target.glob]
    return any(target.value is None or _whole(target.value) for target in wide)


def _whole(value: str) -> bool:
    """`/`, `/*`, `~`, `~/*`: the whole machine or the whole home."""
    parts = [part for part in value.split("/") if part not in ("", ".", "..")]
    return parts in ([], ["*"], ["~"], ["~", "*"])
