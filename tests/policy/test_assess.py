"""Claims settled in the environment where they would happen."""

from __future__ import annotations

from safeshell.model.effects import Effect, Tier
from safeshell.model.facts import Ask, ProgramFact, Question, place_question
from safeshell.model.places import Place
from safeshell.model.statements import Target, TargetKind
from safeshell.policy.assess import assess, wanted
from tests.making import action, claim, environment, fact, path, statement

D = Effect.DESTROYS_DATA


def test_wanted_asks_for_paths_programs_places_and_refs_once():
    """Each thing that changes the judgement is asked for, and nothing else."""
    place = Place("database", "db.prod")
    program = Target(TargetKind.PATH, "./x", "./x")
    ref = Target(TargetKind.REF, "HEAD", "HEAD")
    found = wanted(
        (
            statement(claim(D, path("a"), path("a"), path(None)), claim(Effect.READS, path("r"))),
            statement(claim(Effect.UNKNOWN_PROGRAM, program), claim(Effect.REWRITES_HISTORY, ref), place=place),
        )
    )
    assert found == (
        Question(Ask.PATH, "a"),
        place_question(place),
        Question(Ask.PROGRAM, "./x"),
        Question(Ask.PUBLISHED, "HEAD"),
    )


def test_paths_on_another_machine_are_not_looked_up_here():
    """`ssh prod 'rm data'` says nothing about a local file called data."""
    inner = statement(claim(D, path("data")))
    outer = statement(nested=(inner,), place=Place("host", "prod"))
    assert wanted((outer,)) == (place_question(Place("host", "prod")),)


def test_nested_statements_are_judged_where_they_run():
    """The environment comes from the inner target, on a laptop, too."""
    place = Place("host", "prod")
    prod = environment(Tier.PRODUCTION, "prod")
    outer = statement(nested=(statement(claim(D, path("data"))),), place=place)
    found = assess(action(where=environment(Tier.DEVELOPMENT, "laptop")), (outer,), {place_question(place): prod})
    assert [finding.environment for finding in found.findings] == [prod]


def test_targets_of_one_claim_split_by_effect():
    """`rm /tmp/x /srv/y` is scratch for the one and destruction for the other."""
    both = statement(claim(D, path("/tmp/x"), path("/srv/y")))
    facts = {
        Question(Ask.PATH, "/tmp/x"): fact("/tmp/x", scratch_root="/tmp"),
        Question(Ask.PATH, "/srv/y"): fact("/srv/y"),
    }
    found = assess(action(), (both,), facts)
    assert [(f.effect, f.targets) for f in found.findings] == [
        (Effect.WRITES_SCRATCH, (path("/tmp/x"),)),
        (D, (path("/srv/y"),)),
    ]


def test_remembered_program_reads():
    """A program that this person had remembered is not asked about again."""
    target = Target(TargetKind.PATH, "./status.sh", "./status.sh")
    unknown = statement(claim(Effect.UNKNOWN_PROGRAM, target))
    asked = Question(Ask.PROGRAM, "./status.sh")
    for remembered, effect in ((True, Effect.READS), (False, Effect.UNKNOWN_PROGRAM)):
        facts = {asked: ProgramFact("/srv/status.sh", "00", remembered)}
        assert assess(action(), (unknown,), facts).findings[0].effect is effect


def test_unpublished_history_may_be_rewritten():
    """Commits that no remote has seen are one's own."""
    ref = Target(TargetKind.REF, "HEAD", "HEAD")
    amend = statement(claim(Effect.REWRITES_HISTORY, ref))
    asked = Question(Ask.PUBLISHED, "HEAD")
    assert assess(action(), (amend,), {asked: False}).findings[0].effect is Effect.WRITES_SCRATCH
    assert assess(action(), (amend,), {asked: True}).findings[0].effect is Effect.REWRITES_HISTORY
    assert assess(action(), (amend,), {}).findings[0].effect is Effect.REWRITES_HISTORY


def test_not_understood_is_a_finding_of_its_own():
    """A statement that was not understood says so, whatever else it claims."""
    found = assess(action(), (statement(claim(Effect.READS), understood=False),), {})
    assert [f.effect for f in found.findings] == [Effect.NOT_UNDERSTOOD, Effect.READS]
    assert not found.understood


def test_a_copy_into_a_directory_is_judged_by_the_file_in_it():
    """`cp a d`, d a directory without a file of that name: nothing is lost. Both questions are asked at once."""
    target = Target(TargetKind.PATH, "d", "d", inside=("a",))
    copy = statement(claim(D, target, if_missing=Effect.WRITES))
    assert wanted((copy,)) == (Question(Ask.PATH, "d"), Question(Ask.PATH, "d/a"))
    facts = {
        Question(Ask.PATH, "d"): fact("/srv/d", kind="directory"),
        Question(Ask.PATH, "d/a"): fact("/srv/d/a", exists=False),
    }
    assert [f.effect for f in assess(action(), (copy,), facts).findings] == [Effect.WRITES]
