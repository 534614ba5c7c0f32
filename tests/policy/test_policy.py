"""The policy's own small rules."""

from __future__ import annotations

from safeshell.model.effects import Demand, Effect, Tier
from safeshell.policy.policy import STRICTEST, Condition, EnvironmentRule, Policy, Wanted, wanted


def test_a_floors_demand_replaces_and_an_upper_one_raises():
    """`demands` wins over the table either way, `least_demands` only upwards."""
    policy = Policy(
        demands={Tier.STAGING: {Effect.DEPLOYS: Demand.ALLOW, Effect.WRITES: Demand.DENY}},
        least_demands={
            Tier.STAGING: {Effect.DEPLOYS: Demand.CONFIRM, Effect.WRITES: Demand.CONFIRM, Effect.READS: Demand.CONFIRM}
        },
    )
    assert policy.demand(Tier.STAGING, Effect.DEPLOYS, Demand.QUIET) is Demand.CONFIRM
    assert policy.demand(Tier.STAGING, Effect.WRITES, Demand.ALLOW) is Demand.DENY
    assert policy.demand(Tier.STAGING, Effect.READS, Demand.APPROVAL) is Demand.APPROVAL
    assert policy.demand(Tier.PRODUCTION, Effect.DEPLOYS, Demand.QUIET) is Demand.QUIET
    assert policy.configured(Tier.STAGING, Effect.READS)
    assert not policy.configured(Tier.PRODUCTION, Effect.READS)


def test_wanted_names_what_rules_speak_of():
    """Only files, variables and addresses of some rule have to be looked at."""
    rule = EnvironmentRule(
        "x", Tier.STAGING, (Condition("file", "/etc/role", ("a",)), Condition("env", "SITE", ("b",)))
    )
    upper = EnvironmentRule("y", Tier.STAGING, (Condition("cidr", "", ("10.0.0.0/8",)),))
    assert wanted(Policy(environments=(rule,), tightening=((upper,),))) == Wanted(
        ("/etc/role",), ("SITE",), addresses=True
    )
    assert wanted(Policy()) == Wanted()


def test_the_strictest_policy():
    """Production everywhere, and nothing can be unlocked."""
    assert (STRICTEST.least_tier, STRICTEST.unlock_max_minutes, STRICTEST.broken) == (Tier.PRODUCTION, 0, True)
