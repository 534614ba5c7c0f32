"""The tables of Python's names, compared with the library of this Python."""

from __future__ import annotations

import builtins
import importlib
import types

import pytest

from safeshell.languages import pythonwords as words

_ELSEWHERE = frozenset({"yaml", "tomllib"})
"""Not in every Python that the project runs on."""
_GONE = frozenset({"UTC", "JSONDecodeError"})
"""Newer than the oldest Python, or a convenience."""


@pytest.mark.parametrize("module", sorted(set(words.READING) - _ELSEWHERE))
def test_every_name_is_there_and_none_is_a_module(module):
    """A name that is a module would carry everything of that module along."""
    found = importlib.import_module(module)
    named = (
        {name for name in dir(found) if not name.startswith("_")}
        if "*" in words.READING[module]
        else words.READING[module]
    )
    missing = {name for name in named - _GONE if not hasattr(found, name)}
    assert not missing
    carried = {name for name in named if isinstance(getattr(found, name, None), types.ModuleType)}
    assert carried <= ({"path"} if module == "os" else set())


def test_builtins_are_builtins_and_none_runs_text():
    """What runs, imports, opens or reaches for names by text is not among them."""
    assert {name for name in words.BUILTINS if not hasattr(builtins, name)} <= {"JSONDecodeError", "__file__"}
    assert words.BUILTINS.isdisjoint(
        {
            "eval",
            "exec",
            "compile",
            "open",
            "getattr",
            "setattr",
            "delattr",
            "globals",
            "locals",
            "vars",
            "__import__",
            "breakpoint",
            "help",
            "memoryview",
        }
    )


def test_no_name_reads_and_acts():
    """A call is either harmless or a deed."""
    reading = {f"{module}.{name}" for module, names in words.READING.items() for name in names}
    acting = set(words.DEEDS) | words.SHELLS | words.PROGRAMS | words.OPENS | set(words.FETCHES)
    assert reading.isdisjoint(acting)


def test_a_deed_names_an_effect_and_an_argument():
    """Each row says where its path stands."""
    assert all(deed.reason and deed.at >= -1 for deed in words.DEEDS.values())
