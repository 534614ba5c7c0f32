"""From findings to one verdict."""

from __future__ import annotations

import itertools

import pytest

from safeshell.model.effects import Demand, Effect, Mode, Tier
from safeshell.model.judgement import Assessment, Exactness, Preview
from safeshell.model.statements import Target, TargetKind
from safeshell.model.values import replace
from safeshell.policy.assess import assess
from safeshell.policy.decide import Law, decide, unlocking_helps
from tests.making import action, always, claim, environment, fact, path, statement


def raising(effect, raised):
    return lambda _tier, asked, built_in: max(built_in, raised) if asked is effect else built_in


RO = Law(always(Mode.READ_ONLY))
RW = Law(always(Mode.READ_WRITE))


def judged(*effects: Effect, tier: Tier = Tier.PRODUCTION, **more: object) -> Assessment:
    claims = tuple(claim(effect, **more) for effect in effects)
    return assess(action(where=environment(tier)), (statement(*claims),), {})


def test_the_highest_demand_wins():
    """A read beside a halt is a halt."""
    verdict = decide(judged(Effect.READS, Effect.WRITES, Effect.HALTS_HOST), RO)
    assert verdict.demand is Demand.CONFIRM
    assert verdict.deciding is not None
    assert verdict.deciding.effect is Effect.HALTS_HOST
    assert verdict.challenge == "web-3"


def test_nothing_found_is_allowed():
    """An empty line needs no question."""
    assert decide(assess(action(), (), {}), RO).demand is Demand.ALLOW


@pytest.mark.parametrize("tier", list(Tier))
def test_unbounded_writes_are_always_confirmed(tier):
    """An empty variable is the full dialog on a laptop, too."""
    assert decide(judged(Effect.DESTROYS_DATA, tier=tier, unbounded=True), RW).demand is Demand.CONFIRM


def test_unbounded_reads_are_reads():
    """Reading everything destroys nothing."""
    assert decide(judged(Effect.READS, unbounded=True), RO).demand is Demand.ALLOW


def test_local_deletion_in_development_counts_as_a_write():
    """A literal file in one's own home is one's own business on a laptop, and only there."""
    from safeshell.model.facts import Ask, Question

    one = statement(claim(Effect.DESTROYS_DATA, path("a")))
    facts = {Question(Ask.PATH, "a"): fact("/home/ada/a", home="/home/ada")}
    for tier, demand in (
        (Tier.DEVELOPMENT, Demand.ALLOW),
        (Tier.STAGING, Demand.CONFIRM),
        (Tier.PRODUCTION, Demand.CONFIRM),
    ):
        assert decide(assess(action(where=environment(tier)), (one,), facts), RW).demand is demand


@pytest.mark.parametrize(
    ("effect", "raised"), list(itertools.product(Effect, (Demand.CONFIRM, Demand.APPROVAL, Demand.DENY)))
)
def test_configuration_raises_and_no_unlock_silences_it(effect, raised):
    """A configured cell holds in both modes; reads and scratch never rise by it."""
    law = Law(always(Mode.READ_WRITE), raising(effect, raised))
    got = decide(judged(effect), law).demand
    if effect in (Effect.READS, Effect.WRITES_SCRATCH):
        assert got is Demand.ALLOW
    else:
        assert got >= raised


def test_a_preview_only_makes_it_stricter():
    """Whatever a preview says, the demand never falls."""
    for effect, raised in itertools.product(Effect, Demand):
        assessment = judged(effect)
        before = decide(assessment, RO).demand
        after = decide(assessment, RO, Preview("p", raises=raised, exactness=Exactness.EXACT)).demand
        assert after == max(before, raised)


def test_a_failed_preview_asks_harder():
    """What could not be counted is asked with the full dialog instead of one key."""
    failed = Preview("", caveats=("it took too long",))
    assert decide(judged(Effect.BLOCKS_OTHERS), RO).demand is Demand.KEY
    assert decide(judged(Effect.BLOCKS_OTHERS), RO, failed).demand is Demand.CONFIRM


def test_closed_windows_raise_once_and_never_reads():
    """Outside a window what would pass is asked, and what is asked is asked harder."""
    closed = Law(always(Mode.READ_WRITE), closed=lambda _tier: "the window is closed")
    assert decide(judged(Effect.READS), closed).demand is Demand.ALLOW
    assert decide(judged(Effect.WRITES), closed).demand is Demand.KEY
    assert decide(judged(Effect.HALTS_HOST), closed).demand is Demand.APPROVAL
    assert "the window is closed" in decide(judged(Effect.WRITES), closed).reason


def test_challenge_names_what_goes_and_how_much():
    """The count is in the challenge, so that nobody types it without having read it."""
    one = assess(action(), (statement(claim(Effect.DESTROYS_DATA, path("/srv/data/", recursive=True))),), {})
    assert decide(one, RO, Preview("p", affected=1284, exactness=Exactness.EXACT)).challenge == "data 1284"
    assert decide(one, RO, Preview("p")).challenge == "web-3"


def test_several_keys_are_counted_in_their_database():
    """`db0 3`: which of the numbered databases, and how many keys."""
    keys = [Target(TargetKind.KEY, name, name) for name in ("cart:1", "cart:2", "cart:3")]
    one = assess(
        action(where=replace(environment(Tier.PRODUCTION), target="db0@cache.prod")),
        (statement(claim(Effect.DESTROYS_ROWS, *keys)),),
        {},
    )
    assert decide(one, RO, Preview("p", affected=3, exactness=Exactness.EXACT)).challenge == "db0 3"
    assert decide(one, RO, Preview("p")).challenge == "db0@cache.prod"


def test_the_challenge_of_another_database_names_it():
    """DROP DATABASE is sent to one database and ends another: who types it names the one that goes."""
    target = Target(TargetKind.DATABASE, "shop_old", "shop_old")
    found = (statement(claim(Effect.DESTROYS_DATA, target)),)
    there = replace(environment(Tier.PRODUCTION), target="postgres@db.prod")
    assert decide(assess(action(where=there), found, {}), RO).challenge == "shop_old@db.prod"
    assert decide(assess(action(), found, {}), RO).challenge == "web-3"


@pytest.mark.parametrize("name", ["/srv/dätä", "/srv/" + "x" * 60, "/srv/a\tb", "/"])
def test_untypeable_names_fall_back_to_the_host(name):
    """A challenge can always be typed on a plain keyboard."""
    one = assess(action(), (statement(claim(Effect.DESTROYS_DATA, path(name))),), {})
    assert decide(one, RO, Preview("p", affected=1, exactness=Exactness.EXACT)).challenge == "web-3"


def test_unlocking_helps_with_writes_only():
    """`u` is offered where it would really silence the question."""
    assert unlocking_helps(judged(Effect.WRITES), RO)
    assert not unlocking_helps(judged(Effect.HALTS_HOST), RO)
    assert not unlocking_helps(judged(Effect.UNKNOWN_PROGRAM), RO)
    assert not unlocking_helps(
        judged(Effect.WRITES), Law(always(Mode.READ_ONLY), raising(Effect.WRITES, Demand.CONFIRM))
    )


def test_among_equals_the_graver_effect_decides():
    """`rm -rf sub; shutdown -h now` asks for the host, whichever stands first."""
    for effects in ((Effect.DESTROYS_DATA, Effect.HALTS_HOST), (Effect.HALTS_HOST, Effect.DESTROYS_DATA)):
        deciding = decide(judged(*effects), RO).deciding
        assert deciding is not None
        assert deciding.effect is Effect.HALTS_HOST


def test_the_law_of_a_policy_heeds_its_cells_and_its_freezes():
    """Configured demands and closed times are the policy's, modes are the caller's."""
    from safeshell.policy.decide import law_of
    from safeshell.policy.policy import Freeze, Policy

    policy = Policy(
        demands={Tier.PRODUCTION: {Effect.WRITES: Demand.DENY}}, freezes=(Freeze("1970-01-01", "1970-01-02"),)
    )
    frozen, later = (law_of(policy, always(Mode.READ_WRITE), at) for at in (60.0, 10 * 86400.0))
    assert decide(judged(Effect.WRITES), later).demand is Demand.DENY
    assert later.closed(Tier.PRODUCTION) == ""
    assert "freeze" in frozen.closed(Tier.PRODUCTION)


def test_a_table_is_named_without_its_schema_and_several_by_their_database():
    """`orders 1284`; more than one table is named by the database that the person is in."""
    counted = Preview("p", affected=1284, exactness=Exactness.EXACT)

    def wiped(*names):
        targets = [Target(TargetKind.TABLE, name, name) for name in names]
        found = assess(action(), (statement(claim(Effect.DESTROYS_ROWS, *targets)),), {})
        context = replace(found.action.context, database="shop")
        return decide(replace(found, action=replace(found.action, context=context)), RO, counted).challenge

    assert wiped("orders") == wiped("app.orders") == wiped('app."orders"') == "orders 1284"
    assert wiped("orders", "parts") == "shop 1284"
