"""What reading one text goes along with: the server's state, answers, questions, names prepared on the way.

What must not live here: judging.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from safeshell.languages.postgres.trees import Tree, qualified
from safeshell.languages.reading import ReadShell, unread_shell
from safeshell.model.effects import Effect
from safeshell.model.facts import Answer, Ask, Facts, Question
from safeshell.model.statements import Claim, Language, Target, TargetKind
from safeshell.model.values import dataclass, field

NEWEST = 18
"""The release taken where the server has not said its own: the newest whose behaviour is known here."""
DEEPEST = 4
"""Texts inside texts (DO, EXECUTE of a constant, query_to_xml) that are followed."""


@dataclass(slots=True)
class Scope:
    """The state of one reading.

    `prepared` are the claims of statements prepared in this very text, by name; `questions` collects what
    the road may answer before the text is read again. `alone` is true for a text of one statement: where others
    come first, a name may mean something else by then.
    """

    facts: Facts = field(default_factory=dict)
    server: Mapping[str, str] = field(default_factory=dict)
    shell: ReadShell = unread_shell
    prepared: dict[str, tuple[Claim, ...]] = field(default_factory=dict)
    questions: list[Question] = field(default_factory=list)
    depth: int = 0
    alone: bool = False

    @property
    def major(self) -> int:
        """The server's major version."""
        number = self.server.get("server_version_num", "")
        return int(number) // 10000 if number.isdigit() else NEWEST

    def ask(self, about: Ask, subject: str) -> Answer:
        """The answer to a question, None where there is none yet; the question is noted."""
        question = Question(about, subject)
        if question not in self.questions:
            self.questions.append(question)
        return self.facts.get(question)


def temporary(named: Sequence[Target], scope: Scope) -> bool:
    """Whether these are tables of this session alone, as the server's catalogue says; asked only if `scope.alone`.

    The server itself lets a read-only transaction change the rows of such tables, and of no others (manual, SET
    TRANSACTION), so that a wrong answer still ends in a refusal there.
    """
    if not named or not scope.alone or scope.depth:
        return False
    return {scope.ask(Ask.TEMPORARY, target.text) for target in named} == {True}


def claim(what: str, effect: Effect, reason: str, **more: object) -> Claim:
    """A claim of this reader; `what` ends its rule id."""
    return Claim(effect=effect, rule=f"postgres.{what}", reason=reason, **more)  # type: ignore[arg-type]


def table(relation: Tree) -> Target:
    """The target that a RangeVar names."""
    name = qualified(relation)
    return Target(TargetKind.TABLE, name, name)


def tables(relations: object) -> tuple[Target, ...]:
    """The targets of a list of wrapped RangeVars."""
    listed = relations if isinstance(relations, list) else []
    return tuple(table(item["RangeVar"]) for item in listed if isinstance(item, dict) and "RangeVar" in item)


def named(parts: tuple[str, ...], kind: TargetKind = TargetKind.TABLE) -> tuple[Target, ...]:
    """One target by the parts of its name."""
    from safeshell.languages.postgres.trees import quoted  # noqa: PLC0415 - loads the key words

    name = ".".join(quoted(part) for part in parts if part)
    return (Target(kind, name, name),) if name else ()


LANGUAGE = Language.POSTGRES
