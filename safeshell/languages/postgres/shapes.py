"""A text without its constants, as the server's own grammar finds them: what many texts have in common.

A shape is itself SQL with parameters in the places of constants, so a reader judges it as a text whose
values it does not know; what it clears is clear for every value. What must not live here: judging.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from types import MappingProxyType

_LONGEST = 4096
_NOTHING: Mapping[str, str] = MappingProxyType({})


def shape(text: str, *, server: Mapping[str, str] = _NOTHING) -> str | None:
    """The text with $1, $2, ... for its constants; None where the grammar does not cut it as the server would.

    That is a text that does not parse, one that is not plain ASCII, and any text with a backslash while
    standard_conforming_strings is off.
    """
    if len(text) > _LONGEST or not text.isascii() or "\x00" in text:
        return None
    if "\\" in text and server.get("standard_conforming_strings", "on") != "on":
        return None
    try:
        found: str = import_module("pgparse").normalize(text)
    except Exception:  # noqa: BLE001 - the parser's own errors have no common type; without a shape a text is read whole
        return None
    return found
