"""The compiled packs: what each command's words mean.

Made by `policy.packs` out of YAML, handed to `languages`, which interpret command lines by it.
The format is told in docs/packs.md. What must not live here: reading YAML, interpreting commands.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class Knowledge:
    """Commands by name, as validated plain data (`raw`).

    Plain data loads from the cache in a millisecond; languages compile a command into their own
    tables when it is first met and keep that in `compiled` (a cache, not part of the value).
    """

    raw: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    compiled: dict[str, object] = field(default_factory=dict, compare=False, repr=False)
