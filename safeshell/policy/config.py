"""YAML text -> Layer: one configuration file, validated, with where each key stands.

What must not live here: files (texts come in), layering (`layers`), the keys themselves (`schema`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from safeshell.model.errors import ConfigError
from safeshell.model.values import dataclass, field
from safeshell.policy.configshapes import Reader
from safeshell.policy.schema import ROOT

TEXT_LIMIT = 1 << 20
"""Longest configuration file that is read, in characters."""


@dataclass(frozen=True, slots=True)
class Layer:
    """One configuration file as plain data.

    `values` holds the leaves by dotted path (`unlock.max`), `marks` line and column (from 1) of each
    key that was seen, `environments[2]` among them.
    """

    source: str
    values: Mapping[str, Any] = field(default_factory=dict)
    marks: Mapping[str, tuple[int, int]] = field(default_factory=dict)

    def where(self, path: str) -> str:
        """`file:line` of a key, the file alone when the key was not seen."""
        line = self.marks.get(path, (0, 0))[0]
        return f"{self.source}:{line}" if line else self.source

    def plain(self) -> dict[str, Any]:
        """The same as a dict of str, int, float, bool, list, tuple and dict, for the cache."""
        return {"source": self.source, "values": dict(self.values), "marks": dict(self.marks)}


def parse(text: str, source: str) -> Layer:
    """Read one file. Raises ConfigError with line and column for its first fault."""
    faults, layer = examine(text, source)
    if faults:
        raise faults[0]
    return layer


def examine(text: str, source: str) -> tuple[list[ConfigError], Layer]:
    """Every fault of a file in its order, and what could be read of it."""
    if len(text) > TEXT_LIMIT:
        fault = ConfigError("the file is too long", source=source, expected=f"at most {TEXT_LIMIT} characters")
        return [fault], Layer(source)
    try:
        node = compose(text, source)
    except ConfigError as fault:
        return [fault], Layer(source)
    if node is None or (node.id == "scalar" and not node.value):
        return [], Layer(source)
    reader = Reader(source)
    ROOT.read(node, "", reader)
    _mark_items(node, reader)
    faults = sorted(reader.faults, key=lambda fault: (fault.line, fault.column))
    return faults, Layer(source, reader.values, reader.marks)


def compose(text: str, source: str) -> Any:
    """The node tree of one YAML document, None for an empty one. Raises ConfigError."""
    import yaml  # noqa: PLC0415 - costs 10 ms, and a cached configuration needs none of it

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        return yaml.compose(text, Loader=loader)
    except yaml.YAMLError as error:
        raise _syntax(error, text, source) from None
    except RecursionError:
        raise ConfigError("the file is nested too deeply", source=source) from None


def _syntax(error: Any, text: str, source: str) -> ConfigError:
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    problem = getattr(error, "problem", None) or getattr(error, "reason", None) or "it cannot be read"
    line, column = (mark.line + 1, mark.column + 1) if mark else _at(text, getattr(error, "position", 0))
    return ConfigError(f"this is no YAML: {problem}", source=source, line=line, column=column)


def _at(text: str, offset: int) -> tuple[int, int]:
    before = text[: max(offset, 0)]
    return before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1


def _mark_items(node: Any, reader: Reader) -> None:
    """Note where each item of the top-level lists stands: notices name them."""
    for key, value in node.value if node.id == "mapping" else ():
        for index, item in enumerate(value.value if value.id == "sequence" else ()):
            reader.marks[f"{key.value}[{index}]"] = (item.start_mark.line + 1, item.start_mark.column + 1)
