"""Live tests that hold in every shell: written for bash, run again by the modules of the others.

What must not live here: a test of its own.
"""

from __future__ import annotations

from types import ModuleType
from typing import Any

import pytest


def adopt(module: ModuleType, into: dict[str, Any], *, without: set[str]) -> None:
    """Put every test of a module into another one's names, but for those that only bash can pass.

    The adopting module's own fixtures decide which shell they run in. Raises KeyError for a name in
    `without` that the module does not have, so that the list can't go stale.
    """
    missing = without - vars(module).keys()
    if missing:
        raise KeyError(sorted(missing))
    found = {name: value for name, value in vars(module).items() if name.startswith("test_")}
    into.update({name: value for name, value in found.items() if name not in without})


def starting(shell: str) -> Any:
    """The fixture `start` for another shell; an `rc` is added to that shell's plain start file."""
    from tests.live.conftest import START_FILES

    @pytest.fixture
    def start(start: Any) -> Any:
        def begin(**options: Any) -> Any:
            if options.get("rc") is not None:
                options["rc"] = START_FILES[shell][1] + options["rc"]
            return start(**{"shell": shell, **options})

        return begin

    return start
