"""One simple command and its pack -> claims, inner programs, place.

What must not live here: shell syntax, recursion into what is wrapped, the name of any tool.
"""

from __future__ import annotations

import marshal
from fnmatch import fnmatchcase
from functools import partial
from typing import TYPE_CHECKING, Any, cast

from safeshell.languages.commands.arguments import Cursor, fill_slots, scan
from safeshell.languages.commands.carries import Carry, carry_detail, compile_carry
from safeshell.languages.commands.certainty import NO, YES
from safeshell.languages.commands.conditions import compile_condition, given
from safeshell.languages.commands.grammar import Arguments, Grammar, Option, build_grammar, command_names
from safeshell.languages.commands.interpretation import Interpretation
from safeshell.languages.commands.rules import Rule, compile_rule, make_claim, make_target, plain_claim
from safeshell.languages.commands.wraps import PlaceMaker, Wrap, compile_place, compile_wrap, fires, make_wrapped
from safeshell.languages.words import Piece, PieceKind, Word
from safeshell.model.effects import Effect
from safeshell.model.statements import Claim, Span, TargetKind
from safeshell.model.values import dataclass, replace

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from safeshell.languages.commands.conditions import Condition
    from safeshell.model.knowledge import Knowledge

_MORE = Word((Piece(PieceKind.OPAQUE, "..."),), "...", Span(0, 0), splits=True)
"""Stands for the words that come from outside (xargs)."""

_PATTERNS = "*patterns"


@dataclass(frozen=True, slots=True, eq=False)
class Command:
    """A compiled command or subcommand: its grammar, and what its pack says of it.

    `rules`, `wraps` and `dry_run` include those of the commands around it.
    """

    path: tuple[str, ...]
    pack: str
    grammar: Grammar
    rules: tuple[Rule, ...]
    wraps: tuple[Wrap, ...]
    carries: tuple[Carry, ...]
    place: PlaceMaker | None
    harmless: tuple[Condition, ...]
    otherwise: Claim
    unknown_subcommand: Effect
    children: dict[str, Command]


def interpret(
    words: Sequence[Word],
    knowledge: Knowledge,
    *,
    piped: bool = False,
    appended: bool = False,
    said: str | None = None,
) -> Interpretation:
    """What one command would do. `words[0]` is the command word, its last path component counts.

    `piped`: its standard input is a pipe, a file or a here-document; `said` is the text there where all of
    it is known. `appended`: more words that
    nobody sees here follow at the end. Never raises on any words.
    """
    written = "" if words[0].glob else words[0].known or ""
    directory, _, name = written.rpartition("/")
    command = (find_command(written, knowledge) if directory else None) or find_command(name, knowledge)
    if command is None:
        return _unknown_program(words[0], name or words[0].source)
    line = [*words, _MORE] if appended else words
    arguments = Arguments(piped=piped, said=said)
    cursor = Cursor(line, 1, arguments)
    command, odd = _descend(command, cursor)
    scan(command.grammar, cursor)
    fill_slots(command.grammar, arguments)
    verb = " ".join((name, *command.path[1:]))
    extra = (*odd, *_elsewhere(command, words[0], directory))
    rest = " ".join(word.source for word in words[1:])
    return _conclude(command, arguments, verb, extra, rest)


def find_command(name: str, knowledge: Knowledge) -> Command | None:
    """The compiled command of that name, compiled when it is first asked for."""
    compiled = knowledge.compiled.get(name)
    if compiled is not None:
        return cast("Command", compiled)
    stored = knowledge.raw.get(name)
    if stored is None:
        stored = _by_pattern(name, knowledge)
    if stored is None or not name:
        return None
    if isinstance(stored, str):
        command = find_command(stored, knowledge)
    else:
        raw = decoded(stored)
        command = _compile(raw, None, (command_names(raw)[0],), raw.get("pack", ""))
    knowledge.compiled[name] = command
    return command


def decoded(stored: Any) -> Mapping[str, Any]:
    """A command of `Knowledge.raw` as plain data; the loader stores it as marshal bytes."""
    raw: Mapping[str, Any] = marshal.loads(stored) if isinstance(stored, bytes) else stored  # noqa: S302 - our own bytes
    return raw


def _by_pattern(name: str, knowledge: Knowledge) -> Any:
    """The command one of whose names is a glob for this one (`python3.*`)."""
    patterns = knowledge.compiled.get(_PATTERNS)
    if patterns is None:
        patterns = [known for known in knowledge.raw if "*" in known]
        knowledge.compiled[_PATTERNS] = patterns
    found = next((p for p in cast("list[str]", patterns) if fnmatchcase(name, p)), None)
    return knowledge.raw[found] if found else None


def _compile(raw: Any, parent: Command | None, path: tuple[str, ...], pack: str) -> Command:
    grammar = build_grammar(raw, parent.grammar if parent else None)
    place = raw.get("place")
    above = parent or None
    otherwise = Effect(raw.get("otherwise") or "reads")
    identity = ".".join((pack, *path))
    return Command(
        path=path,
        pack=pack,
        grammar=grammar,
        rules=(
            *(above.rules if above else ()),
            *(compile_rule(rule, grammar, rule.get("pack", pack)) for rule in raw.get("rules", ())),
        ),
        wraps=(*(above.wraps if above else ()), *(compile_wrap(wrap, grammar) for wrap in raw.get("wraps", ()))),
        carries=tuple(compile_carry(carry, grammar) for carry in raw.get("carries", ())),
        place=compile_place(place, grammar) if place else (above.place if above else None),
        harmless=_harmless(grammar),
        otherwise=plain_claim(otherwise, f"{identity}.otherwise", raw.get("summary") or f"runs {' '.join(path)}"),
        unknown_subcommand=Effect(raw.get("unknown_subcommand") or Effect.UNKNOWN_PROGRAM),
        children={},
    )


def _harmless(grammar: Grammar) -> tuple[Condition, ...]:
    """Conditions that make the whole command a read when they hold beyond doubt."""
    conditions: list[Condition] = []
    for item in (*grammar.informational, *grammar.dry_run):
        if isinstance(item, str):
            conditions.append(partial(_is_given, grammar.options[item]))
        else:
            conditions.append(compile_condition(item, grammar))
    return tuple(conditions)


def _is_given(option: Option, arguments: Arguments) -> int:
    return given(arguments, option)


def _descend(command: Command, cursor: Cursor) -> tuple[Command, tuple[Claim, ...]]:
    """Read options and subcommands down to the innermost one; claims for one that is not known."""
    while command.grammar.subcommands:
        cursor.stop = True
        scan(command.grammar, cursor)
        cursor.stop = False
        if cursor.at >= len(cursor.words):
            default = command.grammar.raw.get("default_subcommand")
            return (_child(command, default) if default else command), ()
        word = cursor.words[cursor.at]
        name = _subcommand_name(command, word)
        if name is None:
            return command, (_odd_subcommand(command, word),)
        cursor.at += 1
        command = _child(command, name)
    return command, ()


def _subcommand_name(command: Command, word: Word) -> str | None:
    """The subcommand that a word selects; a unique prefix counts where the pack says so."""
    text = word.literal
    known = command.grammar.subcommands
    if text is None or text in known or not command.grammar.raw.get("abbreviations"):
        return text if text in known else None
    found = [name for name in known if text and name.startswith(text)]
    same = len({id(known[name]) for name in found}) == 1
    return found[0] if same else None


def _child(command: Command, name: str) -> Command:
    child = command.children.get(name)
    if child is None:
        raw = command.grammar.subcommands[name]
        child = _compile(raw, command, (*command.path, name), raw.get("pack", command.pack))
        command.children[name] = child
    return child


def _odd_subcommand(command: Command, word: Word) -> Claim:
    """The claim for a subcommand that the pack does not list, or that nobody knows before running."""
    verb = " ".join(command.path)
    rule = ".".join((command.pack, *command.path))
    target = (make_target(TargetKind.OTHER, word),)
    if word.literal is None:
        reason = f"which subcommand of {verb} runs is only known while it runs"
        return plain_claim(Effect.NOT_UNDERSTOOD, f"{rule}.dynamic", reason, target)
    reason = f"{verb} has no subcommand {word.source} that safeshell knows"
    return plain_claim(command.unknown_subcommand, f"{rule}.unknown_subcommand", reason, target)


def _conclude(command: Command, arguments: Arguments, verb: str, extra: tuple[Claim, ...], rest: str) -> Interpretation:
    """Rules and wraps that apply, else what the command does otherwise. `rest` is what follows its name."""
    place = command.place(arguments) if command.place else None
    if any(condition(arguments) == YES for condition in command.harmless):
        claim = plain_claim(Effect.READS, f"{command.pack}.informational", "only tells what it would do")
        return Interpretation(verb, known=True, claims=(claim,), place=place, detail={"harmless": "yes"})
    claims, settled = _rule_claims(command, arguments)
    wrapped = []
    for wrap in command.wraps:
        certainty = fires(wrap, arguments)
        if certainty == NO:
            continue
        settled = settled or certainty == YES
        if wrap.effect is not None:
            claim = plain_claim(wrap.effect, f"{command.pack}.{command.path[0]}.{wrap.form}", wrap.reason)
            claims.append(replace(claim, instead=f"{wrap.guarded} {rest}".rstrip()) if wrap.guarded else claim)
        wrapped += make_wrapped(wrap, arguments)
    claims += extra
    if not settled and not extra:
        claims.append(command.otherwise)
    detail = {"elevates": "yes"} if wrapped and command.grammar.raw.get("elevates") else {}
    detail |= carry_detail(command.carries, arguments)
    return Interpretation(verb, known=True, claims=tuple(claims), wrapped=tuple(wrapped), place=place, detail=detail)


def _rule_claims(command: Command, arguments: Arguments) -> tuple[list[Claim], bool]:
    """Claims of the rules that fire, and whether one of them surely does."""
    claims = []
    settled = False
    spelled = replace(arguments, hidden=False) if arguments.hidden else arguments
    for rule in command.rules:
        certainty = rule.when(spelled if rule.spelled else arguments)
        if certainty == NO or (rule.surely and certainty != YES):
            continue
        settled = settled or (certainty == YES and rule.counts)
        claims.append(make_claim(rule, arguments))
    return claims, settled


def _unknown_program(word: Word, verb: str) -> Interpretation:
    claim = plain_claim(
        Effect.UNKNOWN_PROGRAM,
        "program.unknown",
        f"no pack describes {word.source}",
        (make_target(TargetKind.PATH, word),),
    )
    return Interpretation(verb, known=False, claims=(claim,))


def _elsewhere(command: Command, word: Word, directory: str) -> tuple[Claim, ...]:
    """A claim when a program is run by a path where anything may bear its name (`./ls`)."""
    if not directory or command.grammar.raw.get("relative"):
        return ()
    if directory.startswith(("/usr/", "/opt/", "/snap/", "/nix/")) or directory.endswith(("/bin", "/sbin")):
        return ()
    reason = f"{word.source} has the name of a known program but is run from another place"
    return (plain_claim(Effect.UNKNOWN_PROGRAM, "program.elsewhere", reason, (make_target(TargetKind.PATH, word),)),)
