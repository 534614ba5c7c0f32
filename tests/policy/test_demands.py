"""The demand table against the drawing, cell by cell."""

from __future__ import annotations

import pytest

from safeshell.model.effects import Demand, Effect, Mode, Tier
from safeshell.policy.demands import cell

DRAWING = """
reads, writes_scratch | A | A | A | A
writes | K | A | A | A
destroys_rows | C | C | C | A
destroys_data | C | C | C | C
changes_schema, blocks_others | K | Q | Q | A
halts_host | C | C | C | C
stops_service | C | C | C | A
cuts_network, revokes_access | C | C | C | C
rewrites_history | C | C | C | C
deploys | C | Q | A | A
runs_opaque_code, unknown_program | K | K | A | A
leaves_guard | K | K | A | A
unbounded | C | C | C | C
not_understood | C | C | C | K
"""
WORDS = {"A": Demand.ALLOW, "Q": Demand.QUIET, "K": Demand.KEY, "C": Demand.CONFIRM}
COLUMNS = (
    (Tier.PRODUCTION, Mode.READ_ONLY),
    (Tier.PRODUCTION, Mode.READ_WRITE),
    (Tier.STAGING, Mode.READ_WRITE),
    (Tier.DEVELOPMENT, Mode.READ_WRITE),
)
ROWS = [line.split("|") for line in DRAWING.strip().splitlines()]
CELLS = [
    (Effect(name.strip()), tier, mode, WORDS[word.strip()])
    for names, *words in ROWS
    for name in names.split(",")
    for (tier, mode), word in zip(COLUMNS, words, strict=True)
]


@pytest.mark.parametrize(("effect", "tier", "mode", "demand"), CELLS)
def test_cell(effect, tier, mode, demand):
    """Each cell is the one of the drawing; unknown counts as production."""
    assert cell(effect, tier, mode) is demand
    if tier is Tier.PRODUCTION:
        assert cell(effect, Tier.UNKNOWN, mode) is demand


def test_every_effect_has_a_row_in_the_drawing():
    """No effect is answered by accident."""
    assert {effect for effect, *_ in CELLS} == set(Effect)


@pytest.mark.parametrize("tier", [Tier.STAGING, Tier.DEVELOPMENT])
@pytest.mark.parametrize("effect", list(Effect))
def test_locked_by_hand_is_never_looser(tier, effect):
    """Somebody who locks a staging place is asked at least as much as before."""
    assert cell(effect, tier, Mode.READ_ONLY) >= cell(effect, tier, Mode.READ_WRITE)
    if effect not in (Effect.READS, Effect.WRITES_SCRATCH):
        assert cell(effect, tier, Mode.READ_ONLY) >= Demand.KEY
