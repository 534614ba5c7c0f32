"""LOCK TABLE: what it keeps others from, who is in the way, who would wait.

What must not live here: locks that other statements take (ddl).
"""

from __future__ import annotations

from safeshell.model.effects import Demand
from safeshell.model.judgement import Exactness, Preview, Reversibility
from safeshell.previews.postgres import locks, relations
from safeshell.previews.postgres.desk import Desk, Refused
from safeshell.previews.postgres.link import Plan
from safeshell.previews.telling import listing


def look(plan: Plan, desk: Desk) -> Preview:
    """One LOCK. Raises Refused only when the connection did not come back."""
    try:
        found = [facts for one in plan.relations if (facts := relations.facts_of(desk, one)) is not None]
        oids = ", ".join(facts.oids for facts in found)
        waiting_for = locks.holders(desk, oids, plan.lock)
        others = locks.clients(desk)
    except Refused as fault:
        caveat = f"its locks could not be looked at: {fault}"
        return Preview("", exactness=Exactness.UNKNOWN, caveats=(caveat,), raises=Demand.CONFIRM)
    kept_out = locks.blocks(plan.lock)
    names = listing([facts.called for facts in found])
    caveats = [f"in the way: {holder.line()}" for holder in waiting_for[:3]]
    if kept_out:
        caveats.append(
            f"until you end the transaction, all {kept_out} of it wait{', from ' + others if others else ''}"
        )
    caveats += plan.caveats
    return Preview(
        summary=f"locks {names} in {locks.spoken(plan.lock)} mode" if found else "",
        exactness=Exactness.EXACT,
        reversibility=Reversibility.REVERSIBLE,
        caveats=tuple(caveats),
        raises=Demand.CONFIRM if waiting_for or kept_out else Demand.ALLOW,
    )
