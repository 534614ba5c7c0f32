"""What the desk tells the hook about a conclusion."""

from __future__ import annotations

import pytest

from safeshell.gateways.asks import _flags
from safeshell.model.effects import Demand, Effect
from safeshell.model.judgement import Conclusion, Verdict
from safeshell.policy.assess import assess
from safeshell.protocols.hook import Flags
from tests.making import action, claim, statement


def concluded(effect: Effect, *, backstop: bool = False) -> Conclusion:
    assessment = assess(action(), (statement(claim(effect)),), {})
    return Conclusion(True, Verdict(Demand.ALLOW, ""), assessment, backstop=backstop)


@pytest.mark.parametrize(
    ("conclusion", "text", "flags"),
    [
        (concluded(Effect.READS), "ls", Flags.NONE),
        (concluded(Effect.READS, backstop=True), "ls", Flags.BACKSTOP),
        (concluded(Effect.READS), "ls\nls", Flags.LINES),
        (concluded(Effect.LEAVES_GUARD), "bash", Flags.LEAVES),
        (concluded(Effect.LEAVES_GUARD, backstop=True), "bash\nls", Flags.LEAVES | Flags.BACKSTOP | Flags.LINES),
    ],
)
def test_flags(conclusion, text, flags):
    """The hook watches where not all was read, lends its keys where a shell follows, counts lines of pastes."""
    assert _flags(conclusion, text) == flags
