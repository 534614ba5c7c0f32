"""A command of a pack, compiled: option table, operand slots, subcommands.

Compiled on first use out of `Knowledge.raw` and kept in `Knowledge.compiled`.
What must not live here: reading words (arguments), conditions, rules, the name of any tool.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from safeshell.model.values import dataclass, field

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from safeshell.languages.words import Word

DEFAULT_INFORMATIONAL = ("--help", "--version")


@dataclass(slots=True, eq=False)
class Option:
    """One option under all its names.

    `takes` is flag, value or optional; `until` holds the words that end a value of many words.
    `soft` options (help, dry runs) make a command harmless, so they must be given beyond doubt.
    """

    names: tuple[str, ...]
    takes: str = "flag"
    kind: str = ""
    until: tuple[str, ...] = ()
    soft: bool = False


@dataclass(frozen=True, slots=True)
class Slot:
    """One place for operands: `many` words, or one; `optional` when required ones are served first."""

    name: str
    many: bool = False
    optional: bool = False


@dataclass(slots=True, eq=False)
class Grammar:
    """How the words of one command (or subcommand) are read.

    `options` has every name, those of the commands around it too; `longs` are the `--names` that may be
    abbreviated. `alternatives` are other slots that count once one of their options is given.
    """

    raw: Mapping[str, Any]
    style: str
    options: dict[str, Option]
    longs: tuple[str, ...]
    slots: tuple[Slot, ...]
    alternatives: tuple[tuple[tuple[Option, ...], tuple[Slot, ...]], ...]
    informational: tuple[Any, ...]
    dry_run: tuple[Any, ...]
    kinds: dict[str, str]
    subcommands: dict[str, Mapping[str, Any]]
    parent: Grammar | None = None
    children: dict[int, object] = field(default_factory=dict)

    def option(self, name: str) -> Option | None:
        """The option of that name or title."""
        return self.options.get(name)

    def has_slot(self, name: str) -> bool:
        """True when some form of the operands has that slot."""
        forms = (self.slots, *(slots for _, slots in self.alternatives))
        return name == "rest" or any(slot.name == name for form in forms for slot in form)


def parse_slots(text: str) -> tuple[Slot, ...]:
    """`"source... [destination]"` as slots."""
    slots = []
    for token in text.split():
        optional = token.startswith("[")
        name = token.strip("[]")
        many = name.endswith("...")
        slots.append(Slot(name.removesuffix("...").rstrip("]"), many, optional))
    return tuple(slots)


def build_grammar(raw: Mapping[str, Any], parent: Grammar | None = None) -> Grammar:
    """Compile one command; a subcommand inherits options, style, kinds and what makes it harmless."""
    options = dict(parent.options) if parent else {}
    options.update(_options(raw.get("options", {})))
    _end_values(raw.get("wraps", ()), options)
    informational = raw.get("informational")
    if informational is None:
        informational = parent.informational if parent else DEFAULT_INFORMATIONAL
    dry_run = (*(parent.dry_run if parent else ()), *raw.get("dry_run", ()))
    _soften(options, (*informational, *dry_run))
    return Grammar(
        raw=raw,
        style=raw.get("style") or (parent.style if parent else "gnu"),
        options=options,
        longs=tuple(name for name in options if name.startswith("--")),
        slots=parse_slots(raw.get("operands", "rest...")),
        alternatives=tuple(_alternative(form, options) for form in raw.get("operands_when", ())),
        informational=tuple(informational),
        dry_run=dry_run,
        kinds={**(parent.kinds if parent else {}), **raw.get("kinds", {})},
        subcommands={name: sub for sub in raw.get("subcommands", ()) for name in command_names(sub)},
        parent=parent,
    )


def command_names(raw: Mapping[str, Any]) -> list[str]:
    """The words that a command is called by."""
    return list(raw["names"]) if "names" in raw else [raw["name"]]


def _options(raw: Mapping[str, Any]) -> dict[str, Option]:
    table: dict[str, Option] = {}
    for groups, meaning in raw.items():
        spec = {"takes": meaning} if isinstance(meaning, str) else meaning
        for names in groups.split(","):
            option = Option(tuple(names.split()), spec.get("takes", "value"), spec.get("kind", ""))
            table.update(dict.fromkeys(option.names, option))
            if "name" in spec:
                table[spec["name"]] = option
    return table


def _end_values(wraps: Sequence[Mapping[str, Any]], options: Mapping[str, Option]) -> None:
    """Options whose value is a whole command run up to a word that ends it."""
    for wrap in wraps:
        option = options.get(wrap.get("argv", ""))
        if option is not None and "until" in wrap:
            option.until = tuple(wrap["until"])


def _soften(options: dict[str, Option], names: Sequence[Any]) -> None:
    """Mark what makes a command harmless, declaring it as a flag where the pack did not."""
    for item in names:
        for name in [item] if isinstance(item, str) else item.get("value", {}).get("of", ()):
            options.setdefault(name, Option((name,))).soft = True


def _alternative(form: Mapping[str, Any], options: Mapping[str, Option]) -> tuple[tuple[Option, ...], tuple[Slot, ...]]:
    wanted = tuple(options[name] for name in form["options"] if name in options)
    return wanted, parse_slots(form["operands"])


@dataclass(slots=True)
class Arguments:
    """The words of one command, sorted.

    `options`: for each option given, its values, one tuple of words a time it was given (empty for a
    flag). `doubtful`: options that may be given (an ambiguous abbreviation, `--no-x` after `--x`).
    `hidden`: an unknown word may hold any option. `said`: the text on its standard input where all of
    it is known. `slots` and `starts` tell operands by slot name.
    """

    options: dict[Option, list[tuple[Word, ...]]] = field(default_factory=dict)
    doubtful: set[Option] = field(default_factory=set)
    operands: list[Word] = field(default_factory=list)
    hidden: bool = False
    piped: bool = False
    said: str | None = None
    slots: dict[str, list[Word]] = field(default_factory=dict)
    starts: dict[str, int] = field(default_factory=dict)

    def words_of(self, reference: Option | str) -> list[Word]:
        """The words in a slot, or the values of an option in the order given."""
        if isinstance(reference, str):
            return self.slots.get(reference, [])
        return [word for value in self.options.get(reference, ()) for word in value]
