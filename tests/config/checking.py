"""What the tests of packs and `check_pack` look for in a rule. No pytest here."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from safeshell.model.effects import HARMLESS
from safeshell.model.errors import ConfigError
from safeshell.model.knowledge import Knowledge
from safeshell.model.values import dataclass
from safeshell.policy.packs import RuleExamples, load_examples, load_packs
from tests.config.reading import Line, read_lines

PACKS = Path(__file__).parents[2] / "config" / "packs"


def pack_texts(folder: Path = PACKS) -> dict[str, str]:
    """Every pack of the project by its path, in order."""
    return {str(path): path.read_text(encoding="utf-8") for path in sorted(folder.glob("*.yaml"))}


@dataclass(frozen=True)
class Checked:
    """Rules with all their lines read."""

    rules: tuple[RuleExamples, ...]
    lines: Mapping[str, Line]
    knowledge: Knowledge

    def problems(self, rule: RuleExamples) -> list[str]:
        """What is wrong with one rule, a sentence each, none twice."""
        return list(dict.fromkeys(self._problems(rule)))

    def _problems(self, rule: RuleExamples) -> Iterator[str]:
        for line in rule.examples:
            read = self.lines[line]
            if rule.rule not in read.rules:
                yield f"does not fire on its example `{line}` (fired: {_said(read.rules)})"
            yield from self._advice_problems(rule, read)
        for line in rule.counter_examples:
            if rule.rule in self.lines[line].rules:
                yield f"fires on its counter-example `{line}`"

    def _advice_problems(self, rule: RuleExamples, read: Line) -> Iterator[str]:
        for line in advised(rule, read):
            safer = self.lines[line]
            bad = {claim.effect.value for claim in safer.claims if claim.effect not in HARMLESS}
            if bad or not safer.understood:
                yield f"advises `{line}`, which itself is {_said(bad or {'not understood'})}"


def advised(rule: RuleExamples, read: Line) -> set[str]:
    """The safer lines that the rule gives on a line."""
    return {claim.instead for claim in read.claims if claim.rule == rule.rule and claim.instead}


def _said(words: Iterable[str]) -> str:
    return ", ".join(sorted(words)) or "nothing"


def check(texts: Mapping[str, str], others: Mapping[str, str] | None = None) -> Checked:
    """Read every example of `texts`, with the knowledge of `others` too, in two batches."""
    rules = load_examples(texts)
    knowledge = load_packs({**(others or {}), **texts})
    lines = read_lines([line for rule in rules for line in (*rule.examples, *rule.counter_examples)], knowledge)
    safer = {line for rule in rules for text in rule.examples for line in advised(rule, lines[text])}
    return Checked(rules, {**lines, **read_lines(safer, knowledge)}, knowledge)


def sound_others(texts: Mapping[str, str], without: set[str]) -> tuple[dict[str, str], list[str]]:
    """The other packs that load, and a sentence for each that does not."""
    sound: dict[str, str] = {}
    said = []
    for source, text in texts.items():
        if source in without:
            continue
        try:
            load_packs({**sound, source: text})
        except ConfigError as error:
            said.append(f"left out: {error}")
        else:
            sound[source] = text
    return sound, said
