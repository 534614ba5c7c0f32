"""The compiled packs: what each command's words mean.

Made by `policy.packs` out of YAML, handed to `languages`, which interpret command lines by it.
The format is told in docs/packs.md. What must not live here: reading YAML, interpreting commands.
"""

from __future__ import annotations

from safeshell.model.values import dataclass, field

TYPE_CHECKING = False  # typing costs 8 ms, and the first prompt waits
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any


@dataclass(slots=True)
class Knowledge:
    """Commands by name, as validated plain data (`raw`).

    A value is a mapping, the marshal bytes of one, or the name of the command that it is the same as. Bytes load from the cache without being looked into, a millisecond for all packs; languages decode
    and compile a command when it is first met and keep that in `compiled` (a cache, not part of the value).
    """

    raw: Mapping[str, Any] = field(default_factory=dict)
    compiled: dict[str, object] = field(default_factory=dict, compare=False, repr=False)
