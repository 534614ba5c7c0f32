"""The default demands: effect by tier and mode, as one table.

What must not live here: configuration (policy.policy holds the raised cells), and anything about a
statement; `cell` is asked for one effect at a time.
"""

from __future__ import annotations

from safeshell.model.effects import Demand, Effect, Mode, Tier

_WORDS = {"A": Demand.ALLOW, "Q": Demand.QUIET, "K": Demand.KEY, "C": Demand.CONFIRM}

# Columns: production and unknown while read-only; the same unlocked; staging; development.
_TABLE = {
    Effect.READS: "AAAA",
    Effect.WRITES_SCRATCH: "AAAA",
    Effect.WRITES: "KAAA",
    Effect.DESTROYS_ROWS: "CCCA",
    Effect.DESTROYS_DATA: "CCCC",
    Effect.CHANGES_SCHEMA: "KQQA",
    Effect.BLOCKS_OTHERS: "KQQA",
    Effect.HALTS_HOST: "CCCC",
    Effect.STOPS_SERVICE: "CCCA",
    Effect.CUTS_NETWORK: "CCCC",
    Effect.REVOKES_ACCESS: "CCCC",
    Effect.REWRITES_HISTORY: "CCCC",
    Effect.DEPLOYS: "CQAA",
    Effect.RUNS_OPAQUE_CODE: "KKAA",
    Effect.UNKNOWN_PROGRAM: "KKAA",
    Effect.LEAVES_GUARD: "KKAA",
    Effect.UNBOUNDED: "CCCC",
    Effect.NOT_UNDERSTOOD: "CCCK",
}

NOTICED: frozenset[tuple[Tier, Effect]] = frozenset({(Tier.STAGING, Effect.LEAVES_GUARD)})
"""Allowed, but said in one line."""


def cell(effect: Effect, tier: Tier, mode: Mode) -> Demand:
    """The default demand; an effect without a row gets the full dialog.

    A person who locked a staging or development place by hand is asked for every write there, too.
    """
    row = _TABLE.get(effect, "CCCC")
    if tier.strictness >= Tier.UNKNOWN.strictness:
        return _WORDS[row[0 if mode is Mode.READ_ONLY else 1]]
    plain = _WORDS[row[2 if tier is Tier.STAGING else 3]]
    if mode is Mode.READ_ONLY and _WORDS[row[0]] > Demand.ALLOW:
        return max(plain, Demand.KEY)
    return plain
