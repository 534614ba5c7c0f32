"""Definitions that may be run with a bound on the wait for their lock, and tried again: which, and who is in the way.

What must not live here: running them (gateways.postgrespatient), how often (cli.lockpatience).
"""

from __future__ import annotations

from collections.abc import Sequence

from safeshell.previews.postgres import locks, relations
from safeshell.previews.postgres.desk import Desk, Refused
from safeshell.previews.postgres.link import Link, Plan


def may_wait(plans: Sequence[Plan], link: Link) -> bool:
    """True for a message that makes others queue behind its lock, and that a transaction of its own can hold and undo.

    Changes of rows are no part of it: they are run once, with their undo kit.
    """
    if link.state != "I" or link.pipeline:
        return False
    whole = all(one.transactional and not one.transaction_control for one in plans)
    kinds = {one.kind for one in plans}
    queueing = any(one.kind == "ddl" and locks.blocks(one.lock) for one in plans)
    return whole and queueing and kinds <= {"ddl", "other"}


def in_the_way(plans: Sequence[Plan], link: Link, seconds: float) -> list[locks.Holder]:
    """The sessions that a message would wait for, each once; none where nobody can be asked. Never raises Refused."""
    desk = Desk(link, seconds)
    found: list[locks.Holder] = []
    try:
        desk.open()
        try:
            for plan in plans:
                found += [one for one in _holders(plan, desk) if one.pid not in {other.pid for other in found}]
        finally:
            desk.close()
    except Refused:
        return found
    return found


def _holders(plan: Plan, desk: Desk) -> list[locks.Holder]:
    wanted = [(relations.facts_of(desk, one), plan.lock) for one in plan.relations]
    wanted += [(relations.facts_named(desk, name), lock) for name, lock in plan.also_locks]
    return [one for facts, lock in wanted if facts for one in locks.holders(desk, facts.oids, lock)]
