"""The road, walked as a play: what it asks, in which order, and how it ends."""

from __future__ import annotations

import pytest

from safeshell.gateways.travel import travel
from safeshell.guard.requests import AskOperator
from safeshell.guard.road import Rules, consider
from safeshell.languages.reading import Reading
from safeshell.model.audit import AuditEvent, EventKind
from safeshell.model.effects import Demand, Effect, Mode, Tier
from safeshell.model.facts import Ask, ProgramFact, Question
from safeshell.model.judgement import Confirmation, Consent, Exactness, Preview
from safeshell.model.statements import Target, TargetKind
from safeshell.model.values import dataclass, field, replace
from safeshell.policy.decide import Law
from tests.making import action, always, claim, environment, path, statement


@dataclass
class World:
    """Doors that write down the order in which they are used."""

    answers: dict = field(default_factory=dict)
    preview_: Preview = field(default_factory=lambda: Preview("12 files", affected=12, exactness=Exactness.EXACT))
    how: Consent = Consent.DECLINED
    writable: bool = True
    seen: list = field(default_factory=list)

    def gather(self, questions):
        self.seen.append(("gather", questions))
        return {q: self.answers[q] for q in questions if q in self.answers}

    def preview(self, assessment):
        self.seen.append("preview")
        return self.preview_

    def ask(self, question: AskOperator) -> Confirmation:
        self.seen.append(question)
        granted = self.how not in (Consent.DECLINED, Consent.UNASKED)
        return Confirmation(question.digest, "ada", self.how, granted, 1.0, minutes=15 * (self.how is Consent.UNLOCK))

    def record(self, event: AuditEvent) -> bool:
        self.seen.append(event)
        return self.writable

    def remember(self, path: str) -> bool:
        self.seen.append(("remember", path))
        return True

    def steps(self) -> list[str]:
        return [s if isinstance(s, str) else s[0] if isinstance(s, tuple) else type(s).__name__ for s in self.seen]


def rules(*statements, mode=Mode.READ_ONLY, raised=None) -> Rules:
    raised = raised or {}
    law = Law(always(mode), lambda _tier, effect, built_in: max(built_in, raised.get(effect, built_in)))
    return Rules(lambda _action, _facts: Reading(tuple(statements)), law)


def walk(world: World, *statements, **more):
    return travel(consider(action("the line"), rules(*statements, **more), lambda: 5.0), world)


def destroys(**more):
    return statement(claim(Effect.DESTROYS_DATA, Target(TargetKind.OTHER, "d", "d"), preview="files", **more))


def test_reads_pass_without_touching_the_world():
    """A read is not recorded, not previewed, not asked."""
    world = World()
    assert walk(world, statement(claim(Effect.READS))).released
    assert world.seen == []


def test_destruction_is_previewed_then_asked_then_refused():
    """Declining means no, and the refusal is recorded with the preview that was shown."""
    world = World()
    end = walk(world, destroys())
    assert not end.released
    assert world.steps() == ["preview", "AskOperator", "AuditEvent"]
    assert world.seen[-1].kind is EventKind.REFUSED
    assert world.seen[-1].detail["preview"] == "12 files"
    assert end.message.startswith("safeshell: refused: ")


def test_consent_is_recorded_before_release():
    """The intent is on disk (durable) before anything runs."""
    world = World(how=Consent.TYPED)
    assert walk(world, destroys()).released
    assert world.seen[-1].kind is EventKind.INTENT
    assert world.seen[-1].durable


def test_unrecordable_destruction_is_refused_even_after_consent():
    """A full disk refuses what destroys, says why, and grants no unlock."""
    end = walk(World(how=Consent.TYPED, writable=False), destroys())
    assert not end.released
    assert "audit" in end.message


def test_unrecordable_reads_and_plain_writes_go_on():
    """A full disk never stops a read, nor the plain write that frees it."""
    world = World(writable=False)
    assert walk(world, statement(claim(Effect.READS))).released
    assert walk(world, statement(claim(Effect.WRITES)), mode=Mode.READ_WRITE).released


def test_denied_is_never_asked():
    """What the policy forbids is not offered as a question."""
    world = World(how=Consent.TYPED)
    end = walk(world, destroys(), raised={Effect.DESTROYS_DATA: Demand.DENY})
    assert not end.released
    assert world.steps() == ["AuditEvent"]


def test_quiet_says_one_line_and_passes():
    """QUIET takes the preview and lets it pass with a notice."""
    world = World()
    end = walk(world, statement(claim(Effect.BLOCKS_OTHERS, preview="x")), mode=Mode.READ_WRITE)
    assert end.released
    assert end.message.startswith("safeshell: ")
    assert world.steps() == ["preview", "AuditEvent"]


def test_quiet_rises_when_the_preview_says_so():
    """A quiet action whose preview is bad becomes a question."""
    world = World(preview_=Preview("9 sessions wait", raises=Demand.CONFIRM, exactness=Exactness.EXACT))
    end = walk(world, statement(claim(Effect.BLOCKS_OTHERS, preview="x")), mode=Mode.READ_WRITE)
    assert not end.released
    assert "AskOperator" in world.steps()


def test_unlock_is_offered_for_writes_and_handed_on():
    """`u` on a plain write gives the minutes to the session."""
    world = World(how=Consent.UNLOCK)
    end = walk(world, statement(claim(Effect.WRITES)))
    assert world.seen[0].unlockable
    assert (end.released, end.unlock_minutes) == (True, 15)


def test_no_unlock_is_offered_where_the_policy_allows_none():
    """Zero minutes: the question is left with once and no."""
    world = World()
    asked = replace(rules(statement(claim(Effect.WRITES))), unlock_minutes=0)
    travel(consider(action("the line"), asked, lambda: 5.0), world)
    assert not world.seen[0].unlockable


def test_unknown_program_can_be_remembered():
    """Only a program that nobody knows, and not under something that elevates."""
    target = Target(TargetKind.PATH, "./status.sh", "./status.sh")
    unknown = statement(claim(Effect.UNKNOWN_PROGRAM, target))
    world = World(how=Consent.REMEMBER, answers={Question(Ask.PROGRAM, "./status.sh"): ProgramFact("/x", "0", False)})
    assert walk(world, unknown).released
    assert ("remember", "./status.sh") in world.seen
    asked = World()
    walk(asked, statement(nested=(unknown,), detail={"elevates": "yes"}))
    assert not next(s for s in asked.seen if isinstance(s, AskOperator)).rememberable


def test_a_crashing_reader_becomes_a_question():
    """A fault of ours is never a silent pass, and never kills the session."""

    def broken(_action, _facts):
        raise RecursionError

    world = World()
    end = travel(consider(action("x"), Rules(broken, Law(always(Mode.READ_ONLY))), lambda: 1.0), world)
    assert not end.released
    assert world.seen[0].verdict.demand is Demand.CONFIRM


def test_reading_again_with_answers():
    """Names that the shell knows are asked for, and the text is read again with them."""
    asked = Question(Ask.VARIABLE, "D")

    def read(_action, facts):
        if asked in facts:
            return Reading((statement(claim(Effect.READS)),))
        return Reading((statement(understood=False),), (asked,))

    world = World(answers={asked: "/tmp"})
    end = travel(consider(action("x"), Rules(read, Law(always(Mode.READ_ONLY))), lambda: 1.0), world)
    assert end.released
    assert world.steps() == ["gather"]


def test_endless_questions_end():
    """A text that asks something new at each reading is read a bounded number of times."""
    count = iter(range(1000))

    def read(_action, _facts):
        return Reading((statement(understood=False),), (Question(Ask.ALIAS, str(next(count))),))

    class Eager(World):
        def gather(self, questions):
            self.seen.append("gather")
            return dict.fromkeys(questions, "x")

    world = Eager()
    assert not travel(consider(action("x"), Rules(read, Law(always(Mode.READ_ONLY))), lambda: 1.0), world).released
    assert world.steps().count("gather") < 10


@pytest.mark.parametrize(("understood", "dynamic", "backstop"), [(True, False, False), (True, True, True)])
def test_backstop_follows_what_was_not_read(understood, dynamic, backstop):
    """The session keeps watching exactly where not all could be read."""
    one = statement(claim(Effect.READS), understood=understood, dynamic=dynamic)
    assert walk(World(), one).backstop is backstop


def test_staging_console_is_let_pass_with_a_notice():
    """Leaving the guard in staging is allowed, and said."""
    act = action("psql", environment(Tier.STAGING))
    road = consider(act, rules(statement(claim(Effect.LEAVES_GUARD)), mode=Mode.READ_WRITE), lambda: 1.0)
    end = travel(road, World())
    assert end.released
    assert end.message.startswith("safeshell: ")


def test_digest_changes_with_what_was_shown():
    """A consent for 12 files is no consent for 13."""
    worlds = [World(), World(preview_=Preview("13 files", affected=13, exactness=Exactness.EXACT))]
    digests = set()
    for world in worlds:
        walk(world, statement(claim(Effect.DESTROYS_DATA, path("d"), preview="files")))
        digests.add(next(s.digest for s in world.seen if isinstance(s, AskOperator)))
    assert len(digests) == 2


@pytest.mark.parametrize(("waits", "released"), [(True, True), (False, False)])
def test_unfinished_texts_pass_only_where_nothing_of_them_runs_yet(waits, released):
    """`for i in 1 2` at a prompt is no question; unfinished text from anywhere else is not understood."""
    lost = statement(understood=False, dynamic=True)
    law = Law(always(Mode.READ_ONLY))
    rules_ = Rules(lambda _action, _facts: Reading((lost,), complete=False), law, waits=lambda _text: waits)
    end = travel(consider(action("for i in 1 2"), rules_, lambda: 1.0), World())
    assert end.released is released
    assert end.backstop or not released
