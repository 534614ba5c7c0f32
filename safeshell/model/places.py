"""Where an action would run: a place as written, and the environment that it belongs to.

What must not live here: how a place is matched (policy) or looked up (facts).
"""

from __future__ import annotations

from safeshell.model.values import dataclass, field

TYPE_CHECKING = False  # typing costs 8 ms, and the first prompt waits
if TYPE_CHECKING:
    from collections.abc import Mapping

    from safeshell.model.effects import Tier


@dataclass(frozen=True, slots=True)
class Place:
    """A target other than here, as a command names it.

    `kind` is one of host, database, kubernetes, cloud, app; `name` is the ssh destination, the
    database host, the kube context or the account as written ("" when it is the default one).
    `known` is False where the name could not be read from the text (a variable, a substitution).
    `detail` carries the rest by field name: database, user, port, namespace, profile.
    """

    kind: str
    name: str
    known: bool = True
    detail: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Environment:
    """The tier of a place, and why we think so.

    `target` is what a person would call it (`web-3`, `shop@db.prod`), `reasons` are sentences
    for dialogs and `safeshell status`, the deciding one first.
    """

    name: str
    tier: Tier
    target: str
    operator: str = ""
    reasons: tuple[str, ...] = ()
    labels: Mapping[str, str] = field(default_factory=dict)
