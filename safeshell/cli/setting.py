"""What every command starts from: configuration, packs, and what this host is.

What must not live here: judging, sessions; a setting is made once and read.
"""

from __future__ import annotations

import os
from time import time

from safeshell.facts.host import observe
from safeshell.model.values import dataclass
from safeshell.policy.environments import environment_of
from safeshell.policy.policy import Policy, wanted
from safeshell.state.loading import load
from safeshell.state.paths import home_of, state_directory

TYPE_CHECKING = False  # typing costs 8 ms, and the first prompt waits
if TYPE_CHECKING:
    from collections.abc import Mapping

    from safeshell.facts.gather import BlindGatherer, Gatherer
    from safeshell.model.knowledge import Knowledge
    from safeshell.model.places import Environment
    from safeshell.policy.observation import Observation
    from safeshell.state.remembered import Remembered


@dataclass(frozen=True, slots=True)
class Setting:
    """Policy, knowledge and observation of one process, and the environment that it was started with."""

    policy: Policy
    knowledge: Knowledge
    observation: Observation
    environ: Mapping[str, str]

    @property
    def home(self) -> str:
        """The person's home directory."""
        return home_of(self.environ)

    @property
    def state(self) -> str:
        """The directory of our own files."""
        return state_directory(self.environ)

    def here(self) -> Environment:
        """The environment of this host."""
        return environment_of(None, self.observation, self.policy)

    def remembered(self) -> Remembered:
        """The programs that this person had remembered."""
        from safeshell.state.remembered import Remembered

        return Remembered(self.state, self.observation.host, self.policy.remember_days, self.environ)

    def gatherer(self, *, shell_names: bool = False, variables: Mapping[str, str] | None = None) -> Gatherer:
        """The door that looks; `variables` is the environment of the commands that are judged."""
        from safeshell.facts.gather import Gatherer

        known = self.remembered()
        return Gatherer(
            home=self.home,
            variables=self.environ if variables is None else variables,
            observation=self.observation,
            policy=self.policy,
            remembered=lambda path, sha256: known.knows(path, sha256, time()),
            started_with=self.environ,
            shell_names=shell_names,
        )

    def blind_gatherer(self) -> BlindGatherer:
        """The door that goes by spelling alone."""
        from safeshell.facts.gather import BlindGatherer

        return BlindGatherer(observation=self.observation, policy=self.policy)


def load_setting(*, config: str | None = None, tier: str | None = None, login_shell: bool = False) -> Setting:
    """Load everything. Faults of configuration become notices and the strictest policy, never an error."""
    environ = dict(os.environ)
    loaded = load(environ, config=config or "", tier=tier or "")
    return Setting(
        policy=loaded.policy,
        knowledge=loaded.knowledge,
        observation=observe(environ, wanted(loaded.policy), login_shell=login_shell),
        environ=environ,
    )
