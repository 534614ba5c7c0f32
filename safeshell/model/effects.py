"""The vocabulary that rules match on: effects, risks and demands; tiers and modes come along.

Tools are never named here. A new tool is described with these words in a pack;
a new word here is a decision that touches the demand table of `policy`. What must not live here:
what an effect demands.
"""

from __future__ import annotations

from enum import IntEnum, StrEnum

from safeshell.model.tiers import Mode, Tier, default_mode

__all__ = ["HARMLESS", "RISKS", "Demand", "Effect", "Mode", "Risk", "Tier", "default_mode"]


class Effect(StrEnum):
    """What running a statement would do to the world."""

    READS = "reads"
    WRITES_SCRATCH = "writes_scratch"
    WRITES = "writes"
    DEPLOYS = "deploys"
    RUNS_OPAQUE_CODE = "runs_opaque_code"
    UNKNOWN_PROGRAM = "unknown_program"
    LEAVES_GUARD = "leaves_guard"
    BLOCKS_OTHERS = "blocks_others"
    CHANGES_SCHEMA = "changes_schema"
    NOT_UNDERSTOOD = "not_understood"
    STOPS_SERVICE = "stops_service"
    DESTROYS_ROWS = "destroys_rows"
    CUTS_NETWORK = "cuts_network"
    REVOKES_ACCESS = "revokes_access"
    REWRITES_HISTORY = "rewrites_history"
    DESTROYS_DATA = "destroys_data"
    HALTS_HOST = "halts_host"
    UNBOUNDED = "unbounded"


class Risk(IntEnum):
    """How bad an effect is when it was not meant. Only for ordering and for words on a screen."""

    NONE = 0
    LOW = 1
    MEDIUM = 2
    HIGH = 3
    CRITICAL = 4


RISKS: dict[Effect, Risk] = {
    Effect.READS: Risk.NONE,
    Effect.WRITES_SCRATCH: Risk.NONE,
    Effect.WRITES: Risk.LOW,
    Effect.DEPLOYS: Risk.MEDIUM,
    Effect.RUNS_OPAQUE_CODE: Risk.MEDIUM,
    Effect.UNKNOWN_PROGRAM: Risk.MEDIUM,
    Effect.LEAVES_GUARD: Risk.MEDIUM,
    Effect.BLOCKS_OTHERS: Risk.MEDIUM,
    Effect.CHANGES_SCHEMA: Risk.HIGH,
    Effect.NOT_UNDERSTOOD: Risk.HIGH,
    Effect.STOPS_SERVICE: Risk.HIGH,
    Effect.DESTROYS_ROWS: Risk.HIGH,
    Effect.CUTS_NETWORK: Risk.HIGH,
    Effect.REVOKES_ACCESS: Risk.HIGH,
    Effect.REWRITES_HISTORY: Risk.HIGH,
    Effect.DESTROYS_DATA: Risk.CRITICAL,
    Effect.HALTS_HOST: Risk.CRITICAL,
    Effect.UNBOUNDED: Risk.CRITICAL,
}
"""Risk of each effect; every member of Effect has a row (a test checks it)."""

HARMLESS: frozenset[Effect] = frozenset({Effect.READS, Effect.WRITES_SCRATCH})
"""Effects that are silent in every tier and mode."""


class Demand(IntEnum):
    """What must happen before an action is released. Later members are stricter."""

    ALLOW = 0
    QUIET = 1
    KEY = 2
    CONFIRM = 3
    APPROVAL = 4
    DENY = 5
