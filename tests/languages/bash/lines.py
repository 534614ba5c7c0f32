"""Reading lines in tests: the real parser, a small pack, and short ways to say what came out."""

from __future__ import annotations

from safeshell.gateways.shfmt import Shfmt
from safeshell.languages.bash import read
from safeshell.languages.reading import NO_NAMES, Reading
from safeshell.model.effects import Effect
from safeshell.model.statements import Claim, Statement
from tests.languages.bash.packs_for_tests import make_knowledge

PARSE = Shfmt()
KNOWLEDGE = make_knowledge()


def judge(text: str, facts=None, names=NO_NAMES, parse=PARSE) -> Reading:
    """The reading of a text with the test pack."""
    return read(text, KNOWLEDGE, facts or {}, parse, names=names)


def every(reading: Reading) -> list[Statement]:
    """All statements, nested ones behind the one around them."""
    return [inner for statement in reading.statements for inner in statement.walk()]


def verbs(text: str, **more) -> list[str]:
    """The verbs of all statements, in order; shell bookkeeping (`=`, `cd`, `function`) included."""
    return [statement.verb for statement in every(judge(text, **more))]


def claims(text: str, effect: Effect | None = None, **more) -> list[Claim]:
    """All claims, or those of one effect."""
    found = [claim for statement in every(judge(text, **more)) for claim in statement.claims]
    return [claim for claim in found if effect in (None, claim.effect)]


def removed(text: str, **more) -> list[str | None]:
    """What every `rm` in the text would remove, None for what is not known."""
    found = [claim for claim in claims(text, **more) if claim.rule == "tools.rm.files"]
    return [target.value for claim in found for target in claim.targets]


def overwritten(text: str, **more) -> list[str | None]:
    """What every redirection in the text would empty."""
    found = [claim for claim in claims(text, **more) if claim.rule == "bash.overwrite"]
    return [target.value for claim in found for target in claim.targets]


def unbounded(text: str, **more) -> bool:
    """Whether a destructive claim reaches further than the text shows."""
    return any(claim.unbounded for claim in claims(text, Effect.DESTROYS_DATA, **more))


def opaque(text: str, **more) -> bool:
    """Whether something runs that only running tells, and the statement says that it is dynamic."""
    return any(
        statement.dynamic and any(claim.effect is Effect.RUNS_OPAQUE_CODE for claim in statement.claims)
        for statement in every(judge(text, **more))
    )


def understood(text: str, **more) -> bool:
    """Whether every statement was understood."""
    return all(statement.understood for statement in every(judge(text, **more)))


def questions(text: str, **more) -> set[tuple[str, str]]:
    """What the reader wants to know."""
    return {(question.about.value, question.subject) for question in judge(text, **more).questions}
