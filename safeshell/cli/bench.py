"""The work bench of commands that judge texts without running them: check, explain, doctor's reasons.

It wires configuration, packs, facts and readers to the road's first half. What must not live here:
sessions, dialogs, previews.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from safeshell.gateways.travel import travel
from safeshell.guard.requests import AskOperator
from safeshell.guard.road import Rules, weigh
from safeshell.languages.reading import ParseFailure
from safeshell.languages.registry import read
from safeshell.model.audit import AuditEvent
from safeshell.model.effects import Demand, Mode, Tier, default_mode
from safeshell.model.facts import Answer, Ask, Facts, Question, place_of
from safeshell.model.judgement import Assessment, Confirmation, Finding, Preview, Verdict
from safeshell.model.knowledge import Knowledge
from safeshell.model.places import Environment
from safeshell.model.statements import Action, Context, Language
from safeshell.model.values import dataclass, field, replace
from safeshell.policy.decide import Law, demand_of, law_of
from safeshell.policy.policy import Policy

ROUNDS = 6
"""How deep nested shell texts are parsed together before they are parsed one by one."""


class Looker(Protocol):
    """What answers questions about the world: facts.gather has one that looks and one that does not."""

    def gather(self, questions: Sequence[Question], cwd: str) -> dict[Question, Answer]:
        """Answers; the rest is left out."""


@dataclass(frozen=True, slots=True)
class Weighed:
    """A verdict with what it was made from."""

    assessment: Assessment
    verdict: Verdict
    mode: Mode
    law: Law

    def demand_of(self, finding: Finding) -> Demand:
        """What one finding alone would ask for."""
        return demand_of(finding, self.law)


@dataclass(slots=True)
class ParseTable:
    """Trees that were parsed together, and the texts that were missed while `collecting`."""

    single: Any
    trees: dict[str, Mapping[str, Any] | ParseFailure] = field(default_factory=dict)
    missed: dict[str, None] = field(default_factory=dict)
    collecting: bool = False

    def __call__(self, text: str) -> Mapping[str, Any] | ParseFailure:
        """The tree of a text; while collecting, a text that is not there yet is noted for the next round."""
        found = self.trees.get(text)
        if found is not None:
            return found
        if self.collecting:
            self.missed[text] = None
            return ParseFailure("not parsed yet")
        parsed: Mapping[str, Any] | ParseFailure = self.single(text)
        return parsed

    def zsh(self, text: str) -> Mapping[str, Any] | ParseFailure:
        """The tree of a zsh text; these are parsed one by one, when they are judged."""
        if self.collecting:
            return ParseFailure("not parsed yet")
        parsed: Mapping[str, Any] | ParseFailure = self.single.zsh(text)
        return parsed

    def zsh_spelled(self, text: str) -> str:
        """A zsh text in zsh's own long form, "" where there is none."""
        return "" if self.collecting else str(self.single.zsh_spelled(text))


@dataclass(slots=True)
class Bench:
    """Everything that judging a text needs. `tier` overrides what the facts say about this host."""

    policy: Policy
    knowledge: Knowledge
    looker: Looker
    here: Environment
    shfmt: Any
    cwd: str = ""
    now: float = 0.0
    table: ParseTable = field(init=False)

    def __post_init__(self) -> None:
        self.table = ParseTable(self.shfmt)

    def tell_notices(self) -> None:
        """Say on standard error what of the configuration was ignored."""
        for notice in self.policy.notices:
            print(f"safeshell: {notice}", file=sys.stderr)

    def prepare(self, texts: Sequence[str]) -> None:
        """Parse many shell texts together; what they hold inside is found by reading them."""
        self.table.trees.clear()
        if len(texts) <= 1:
            return
        environment = self._environment(None)
        for _ in range(ROUNDS):
            self.table.missed.clear()
            self.table.collecting = True
            for text in texts:
                self._read_quietly(text, environment)
            self.table.collecting = False
            missed = list(self.table.missed)
            if not missed:
                break
            self.table.trees.update(zip(missed, self.shfmt.parse_many(missed), strict=True))

    def _read_quietly(self, text: str, environment: Environment) -> None:
        """Only the parser's misses count here; a fault shows when the text is judged."""
        action = self._action(text, Language.BASH, environment)
        try:
            self._read(action, {})
        except (Exception, RecursionError):  # noqa: BLE001 - judged again, and said, by `weigh`
            return

    def weigh(self, text: str, *, language: str = "bash", tier: str | None = None, mode: str | None = None) -> Weighed:
        """The verdict for one text."""
        given = Tier(tier) if tier else None
        environment = self._environment(given)
        law = self._law(Mode(mode) if mode else None)
        action = self._action(text, Language(language), environment)
        doors = _Doors(self.looker, self.cwd, given)
        assessment, verdict = travel(weigh(action, Rules(self._read, law)), doors)
        return Weighed(assessment, verdict, law.mode_of(environment), law)

    def _environment(self, tier: Tier | None) -> Environment:
        return _set_tier(self.here, tier) if tier else self.here

    def _law(self, mode: Mode | None) -> Law:
        return law_of(self.policy, lambda environment: mode or default_mode(environment.tier), self.now)

    def _action(self, text: str, language: Language, environment: Environment) -> Action:
        return Action("check", "check", language, text, Context(cwd=self.cwd, tty=False), environment, self.now)

    def _read(self, action: Action, facts: Facts) -> Any:
        return read(action.language, action.text, self.knowledge, facts, self.table)


def _set_tier(environment: Environment, tier: Tier) -> Environment:
    return replace(environment, tier=tier, reasons=(f"the tier was given as {tier.value}",), labels={})


@dataclass(frozen=True, slots=True)
class _Doors:
    """The doors of a check: facts only. Nothing is asked, previewed or recorded."""

    looker: Looker
    cwd: str
    tier: Tier | None

    def gather(self, questions: tuple[Question, ...]) -> Facts:
        answers = self.looker.gather(questions, self.cwd)
        if self.tier is None:
            return answers
        return {question: self._placed(question, answer) for question, answer in answers.items()}

    def _placed(self, question: Question, answer: Answer) -> Answer:
        """A given tier is that of here, and of places without a name; a named place can only be stricter."""
        if question.about is not Ask.PLACE or not isinstance(answer, Environment) or self.tier is None:
            return answer
        if place_of(question).name and answer.tier.strictness >= self.tier.strictness:
            return answer
        return _set_tier(answer, self.tier)

    def preview(self, assessment: Assessment) -> Preview:
        raise NotImplementedError

    def ask(self, question: AskOperator) -> Confirmation:
        raise NotImplementedError

    def record(self, event: AuditEvent) -> bool:
        raise NotImplementedError

    def remember(self, path: str) -> bool:
        raise NotImplementedError


def open_bench(*, tier: str | None = None, here: bool = False, config: str | None = None) -> Bench:
    """A bench for this host; `here` lets the directory, files and environment count."""
    from time import time

    from safeshell.cli.setting import load_setting
    from safeshell.gateways.shfmt import Shfmt

    del tier
    setting = load_setting(config=config)
    looker: Looker = setting.gatherer(shell_names=True) if here else setting.blind_gatherer()
    return Bench(
        policy=setting.policy,
        knowledge=setting.knowledge,
        looker=looker,
        here=setting.here(),
        shfmt=Shfmt(),
        cwd=os.getcwd() if here else "",
        now=time(),
    )
