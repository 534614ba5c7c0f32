"""Files -> Policy and Knowledge, with the compiled cache. The door that every command loads by.

A file that cannot be read or is wrong never means "no policy": its last good text counts, or else
the strictest built-in policy does, and a notice names file, line and column.
What must not live here: what the keys mean (policy), where the host is (facts).
"""

from __future__ import annotations

from safeshell.model.tiers import Tier
from safeshell.model.values import dataclass, replace
from safeshell.policy.plain import from_plain, to_plain
from safeshell.state.cache import cached
from safeshell.state.lastgood import LastGood
from safeshell.state.packs import load_packs
from safeshell.state.paths import SYSTEM_CONFIG, state_directory
from safeshell.state.sources import Sources, find_sources, read_source

TYPE_CHECKING = False  # typing costs 8 ms, and the first prompt waits
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from safeshell.model.knowledge import Knowledge
    from safeshell.policy.config import Layer
    from safeshell.policy.policy import Policy

CACHE_VERSION = 1
"""Form of a cached policy, schema included: raise it whenever either changes."""
_SHORT_TIERS = {"prod": "production", "dev": "development", "stage": "staging"}


@dataclass(frozen=True, slots=True)
class Loaded:
    """What a command starts with. Notices stand in `policy.notices`."""

    policy: Policy
    knowledge: Knowledge


def load(environ: Mapping[str, str], *, config: str = "", tier: str = "", system: str = SYSTEM_CONFIG) -> Loaded:
    """Policy and knowledge for the environment of the caller; `config` is --config, `tier` --guard-tier."""
    sources = find_sources(environ, config, system)
    packs = load_packs(environ, sources)
    policy = load_policy(environ, sources, tier=tier)
    if packs.notices:
        policy = replace(policy, notices=(*policy.notices, *packs.notices))
    if packs.left_out:
        from safeshell.policy.layers import strictest  # noqa: PLC0415 - only when something is broken

        policy = strictest(policy)
    return Loaded(policy, packs.knowledge)


def load_policy(environ: Mapping[str, str], sources: Sources, *, tier: str = "") -> Policy:
    """The layered policy of these files, raised by SAFESHELL_TIER and --guard-tier."""
    state = state_directory(environ)

    def compiled() -> tuple[Any, bool]:
        policy = _compile(sources, LastGood(f"{state}/last-good"))
        return to_plain(policy), not policy.broken

    plain = cached(f"{state}/cache", "policy", _policy_files(sources), CACHE_VERSION, compiled)
    return _raised(from_plain(plain), (("SAFESHELL_TIER", environ.get("SAFESHELL_TIER", "")), ("--guard-tier", tier)))


def _policy_files(sources: Sources) -> tuple[str, ...]:
    # The roles belong to the key: the same file may be the floor for one caller and not for another.
    return (*sources.looked_at, "as the floor:", *sources.floor, "tightening:", *sources.upper)


def _raised(policy: Policy, named: Sequence[tuple[str, str]]) -> Policy:
    """Heed the strictest tier that was asked for. A word that nobody knows counts as production."""
    for source, word in named:
        if not word:
            continue
        tier = _tier(word)
        if tier is None:
            notice = f"{source} says {word}, which is no tier: production counts"
            policy = replace(policy, notices=(*policy.notices, notice))
        found = tier or Tier.PRODUCTION
        if policy.least_tier is None or found.strictness > policy.least_tier.strictness:
            policy = replace(policy, least_tier=found, least_tier_source=source)
    return policy


def _tier(word: str) -> Tier | None:
    name = _SHORT_TIERS.get(word.strip().lower(), word.strip().lower())
    return next((tier for tier in Tier if tier.value == name), None)


def _compile(sources: Sources, good: LastGood) -> Policy:
    from safeshell.policy.layers import compose  # noqa: PLC0415 - a cached policy needs neither it nor YAML

    notices, broken = list(sources.notices), False
    layers: dict[str, Layer] = {}
    for path in (*sources.floor, *sources.upper):
        layer, fault = _layer(path, good)
        if fault:
            notices.append(fault)
        if layer is None:
            broken = True
        else:
            layers[path] = layer
    floor = [layers[path] for path in sources.floor if path in layers]
    upper = [layers[path] for path in sources.upper if path in layers]
    policy = compose(floor, upper, notices=notices, strictest_too=broken)
    return replace(policy, broken=broken or len(notices) > len(sources.notices))


def _layer(path: str, good: LastGood) -> tuple[Layer | None, str]:
    """A file's layer, or its last good one, or None; and the notice when it is at fault."""
    from safeshell.model.errors import ConfigError  # noqa: PLC0415 - see above
    from safeshell.policy.config import parse  # noqa: PLC0415 - see above

    try:
        text = read_source(path)
        layer = parse(text, path)
    except (OSError, ValueError) as error:
        problem = f"{path} cannot be read: {getattr(error, 'strerror', None) or error}"
    except ConfigError as error:
        problem = str(error)
    else:
        good.keep(path, text)
        return layer, ""
    kept = good.recall(path)
    try:
        if kept is not None:
            return parse(kept, path), f"{problem}. The last good version of that file counts until it is mended"
    except ConfigError:
        pass
    return None, f"{problem}. The strictest policy counts until it is mended"
