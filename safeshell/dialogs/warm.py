"""Importing what the first dialog needs before it is needed.

What must not live here: anything that draws.
"""

from __future__ import annotations

from contextlib import suppress
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from threading import Thread

_HEAVY = (
    "asyncio",
    "prompt_toolkit.application",
    "prompt_toolkit.input.vt100",
    "prompt_toolkit.key_binding",
    "prompt_toolkit.key_binding.bindings.search",
    "prompt_toolkit.layout",
    "prompt_toolkit.output.vt100",
    "prompt_toolkit.styles",
)


def warm() -> Thread:
    """Import prompt_toolkit in a daemon thread, so that the first question appears at once."""
    from threading import Thread

    thread = Thread(target=_load, name="safeshell-warm", daemon=True)
    thread.start()
    return thread


def _load() -> None:
    for name in _HEAVY:
        with suppress(ImportError):
            import_module(name)
