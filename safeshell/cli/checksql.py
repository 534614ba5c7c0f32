"""What `safeshell check` says of each statement of a database text: its own verdict, lock and work.

What must not live here: the verdict of the whole text (check), asking a server.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from safeshell.cli.bench import Weighed
from safeshell.model.effects import HARMLESS, Demand
from safeshell.model.judgement import Assessment, Verdict
from safeshell.model.statements import Language, Statement
from safeshell.model.values import replace
from safeshell.policy.decide import decide

LOCKING = frozenset({Language.POSTGRES})
"""Languages whose statements take locks that are known here."""


def is_told_apart(weighed: Weighed) -> bool:
    """Whether each statement of this text is told by itself."""
    return weighed.assessment.action.language in LOCKING


def verdict_of(weighed: Weighed, statement: Statement) -> Verdict:
    """What one statement alone would ask for."""
    return decide(alone(weighed.assessment, statement), weighed.law)


def alone(whole: Assessment, statement: Statement) -> Assessment:
    """The assessment with one statement and its findings only."""
    said = {(claim.rule, claim.reason) for inner in statement.walk() for claim in inner.claims}
    findings = tuple(item for item in whole.findings if (item.rule, item.reason) in said)
    return replace(whole, statements=(statement,), findings=findings)


def effects_of(statement: Statement) -> list[str]:
    """Every effect of a statement, those of nested texts too, each once."""
    return list(dict.fromkeys(effect.value for inner in statement.walk() for effect in inner.effects))


def statements_of(
    weighed: Weighed, demand_words: Mapping[Demand, str], questions: Mapping[Demand, str]
) -> list[dict[str, object]]:
    """The JSON form of every statement: line (from 1), text, verb, demand, effects, lock and work."""
    found = []
    for statement in weighed.assessment.statements:
        verdict = verdict_of(weighed, statement)
        item: dict[str, object] = {
            "line": line_of(weighed.assessment.action.text, statement),
            "text": statement.text,
            "verb": statement.verb,
            "demand": demand_words.get(verdict.demand, "confirm"),
            "question": questions.get(verdict.demand, "none"),
            "effects": effects_of(statement),
            "understood": statement.understood,
            "lock": statement.detail.get("lock", "none"),
            "work": statement.detail.get("work", "none"),
        }
        optional = {key: statement.detail.get(key, "") for key in ("also_locks", "caveat")}
        optional["instead"] = next((claim.instead for claim in statement.claims if claim.instead), "")
        found.append(item | {key: value for key, value in optional.items() if value})
    return found


def line_of(text: str, statement: Statement) -> int:
    """The line that a statement begins on."""
    before = text.encode("utf-8", "surrogateescape")[: statement.span.start]
    return before.count(b"\n") + 1


def lines_of_statements(weighed: Weighed, said: Mapping[Demand, str]) -> Iterator[str]:
    """One line for a person for each statement that does more than read."""
    for statement in weighed.assessment.statements:
        if set(statement.effects) <= HARMLESS and not statement.nested:
            continue
        verdict = verdict_of(weighed, statement)
        line = line_of(weighed.assessment.action.text, statement)
        yield f"  line {line}: {statement.verb or 'unread'}: {said.get(verdict.demand, 'allow')}{_cost(statement)}"


def _cost(statement: Statement) -> str:
    detail = statement.detail
    parts = [f"lock {detail['lock']}"] if detail.get("lock", "none") != "none" else []
    parts += [f"work {detail['work']}"] if detail.get("work", "none") != "none" else []
    parts += [f"also locks: {detail['also_locks']}"] if detail.get("also_locks") else []
    parts += [detail["caveat"]] if detail.get("caveat") else []
    return f" ({'; '.join(parts)})" if parts else ""
