"""A setting of its own for tests of guarded Redis. What must not live here: assertions."""

from __future__ import annotations

from safeshell.cli.setting import Setting
from safeshell.gateways.redistarget import RedisTarget
from safeshell.model.knowledge import Knowledge
from safeshell.model.tiers import Tier
from safeshell.policy.observation import Observation
from safeshell.policy.policy import Policy


def setting_in(path, tier=Tier.PRODUCTION, **policy) -> Setting:
    """State below `path`; everything is at least of this tier."""
    environ = {"HOME": str(path), "SAFESHELL_STATE_DIR": str(path / "state"), "PATH": "/usr/bin:/bin"}
    observation = Observation("laptop", user="ada", operator="ada")
    return Setting(Policy(least_tier=tier, **policy), Knowledge(), observation, environ)


def target_at(server, **more) -> RedisTarget:
    return RedisTarget(socket=str(server.socket), **more)
