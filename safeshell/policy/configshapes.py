"""Shapes of configuration values: each reads a YAML node into plain data and tells its JSON Schema.

Values come out as str, int, float, bool, list and dict, so that a compiled configuration can be
cached. Scalars are read from their text as written, so that `on`, `1e3` and dates mean what they
look like. What must not live here: the keys of safeshell's configuration (`schema`), importing yaml.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from safeshell.model.errors import ConfigError
from safeshell.model.values import dataclass, field

NULL = "tag:yaml.org,2002:null"
UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
SIZES = {"": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30}


class Shape(Protocol):
    """What may stand somewhere."""

    def read(self, node: Any, path: str, reader: Reader) -> Any:
        """The plain value of a YAML node. Faults go to the reader, and None comes back."""

    def schema(self) -> dict[str, Any]:
        """The same as JSON Schema."""


@dataclass(slots=True)
class Reader:
    """Gathers faults, leaf values and where each stands while one file is read.

    `values` and `marks` are keyed by dotted path; lines and columns start at 1.
    """

    source: str
    faults: list[ConfigError] = field(default_factory=list)
    values: dict[str, Any] = field(default_factory=dict)
    marks: dict[str, tuple[int, int]] = field(default_factory=dict)

    def fault(self, node: Any, problem: str, expected: str = "") -> None:
        """Note that something is wrong at a node."""
        line, column = position(node)
        self.faults.append(ConfigError(problem, source=self.source, line=line, column=column, expected=expected))


def position(node: Any) -> tuple[int, int]:
    """Line and column of a node, both from 1."""
    return node.start_mark.line + 1, node.start_mark.column + 1


def described(node: Any) -> str:
    """What stands at a node, for a message."""
    if node.id == "scalar":
        return "nothing" if node.tag == NULL and not node.value else f"{node.value!r}"
    return {"sequence": "a list", "mapping": "a mapping"}[node.id]


def duration(text: str) -> float | None:
    """Seconds of `15m`, `1h30m`, `900s`, `90d`, `500ms`; None for anything else."""
    parts = re.findall(r"([0-9]+(?:\.[0-9]+)?)(ms|s|m|h|d)", text)
    if not parts or "".join(number + unit for number, unit in parts) != text:
        return None
    return float(sum(float(number) * UNITS[unit] for number, unit in parts))


def spelled(seconds: float) -> str:
    """Seconds as a person writes them: 15m, 1h30m, 90d, 500ms."""
    if 0 < seconds < 1:
        return f"{round(seconds * 1000)}ms"
    rest, words = seconds, ""
    for unit in ("d", "h", "m"):
        count, rest = divmod(rest, UNITS[unit])
        words += f"{count:.0f}{unit}" if count else ""
    return words + (f"{rest:g}s" if rest or not words else "")


def did_you_mean(word: str, choices: Mapping[str, Any]) -> str:
    """`; did you mean X?` where one of the choices is close, else ""."""
    from difflib import get_close_matches  # noqa: PLC0415 - only needed to word a fault

    close = get_close_matches(word, list(choices), n=1)
    return f"; did you mean {close[0]}?" if close else ""


@dataclass(frozen=True, slots=True)
class Text:
    """One line of text. `check` may refuse it with a sentence, `pattern` is for editors."""

    what: str = "a text"
    check: Callable[[str], str] | None = None
    pattern: str = ""

    def read(self, node: Any, path: str, reader: Reader) -> Any:
        """The text as written."""
        if node.id != "scalar" or node.tag == NULL or not node.value.strip():
            return reader.fault(node, f"{path} is {described(node)}", self.what)
        problem = self.check(node.value) if self.check else ""
        if problem:
            return reader.fault(node, f"{path}: {problem}", self.what)
        return node.value

    def schema(self) -> dict[str, Any]:
        """A string, or a number that YAML reads from it."""
        if self.pattern:
            return {"type": "string", "pattern": self.pattern}
        return {"type": ["string", "number", "boolean"]}


@dataclass(frozen=True, slots=True)
class Choice:
    """One of some words; what each is turned into."""

    words: Mapping[str, Any]

    def read(self, node: Any, path: str, reader: Reader) -> Any:
        """The value of the word."""
        if node.id == "scalar" and node.value in self.words:
            return self.words[node.value]
        hint = did_you_mean(node.value, self.words) if node.id == "scalar" else ""
        return reader.fault(node, f"{path} is {described(node)}{hint}", " or ".join(self.words))

    def schema(self) -> dict[str, Any]:
        """An enumeration; a word of digits may be written as a number."""
        numbers = [int(word) for word in self.words if word.isdigit()]
        return {"enum": [*self.words, *numbers]}


@dataclass(frozen=True, slots=True)
class Flag:
    """true or false, in YAML's spellings."""

    def read(self, node: Any, path: str, reader: Reader) -> Any:
        """A bool."""
        word = node.value.lower() if node.id == "scalar" and not node.style else ""
        if word in {"true", "yes", "on"}:
            return True
        if word in {"false", "no", "off"}:
            return False
        return reader.fault(node, f"{path} is {described(node)}", "true or false")

    def schema(self) -> dict[str, Any]:
        """A boolean."""
        return {"type": "boolean"}


@dataclass(frozen=True, slots=True)
class Number:
    """A whole number within bounds, both inclusive."""

    least: int
    most: int

    def read(self, node: Any, path: str, reader: Reader) -> Any:
        """An int."""
        text = node.value.replace("_", "") if node.id == "scalar" else ""
        if text.isascii() and text.isdigit() and len(text) < 19 and self.least <= int(text) <= self.most:  # noqa: PLR2004 - digits of an int64
            return int(text)
        return reader.fault(node, f"{path} is {described(node)}", f"a whole number from {self.least} to {self.most}")

    def schema(self) -> dict[str, Any]:
        """An integer."""
        return {"type": "integer", "minimum": self.least, "maximum": self.most}


@dataclass(frozen=True, slots=True)
class Duration:
    """A time span such as 15m or 1h30m, in seconds, within bounds; `zero` allows 0 beside them."""

    least: float
    most: float
    example: str
    zero: bool = False

    def read(self, node: Any, path: str, reader: Reader) -> Any:
        """Seconds as float."""
        seconds = duration(node.value) if node.id == "scalar" else None
        if self.zero and node.id == "scalar" and node.value == "0":
            seconds = 0.0
        if seconds is not None and (self.least <= seconds <= self.most or (self.zero and not seconds)):
            return seconds
        bounds = f"{'0 or ' if self.zero else ''}{spelled(self.least)} to {spelled(self.most)}"
        return reader.fault(node, f"{path} is {described(node)}", f"a duration such as {self.example}, {bounds}")

    def schema(self) -> dict[str, Any]:
        """A string; editors cannot check the bounds."""
        text = {"type": "string", "pattern": r"^([0-9]+(\.[0-9]+)?(ms|s|m|h|d))+$"}
        return {"anyOf": [text, {"const": 0}]} if self.zero else text


@dataclass(frozen=True, slots=True)
class Size:
    """A number of bytes: 64M, 10k, 1G."""

    def read(self, node: Any, path: str, reader: Reader) -> Any:
        """Bytes as int."""
        text = node.value.lower() if node.id == "scalar" else ""
        found = re.fullmatch(r"([0-9]{1,12}) ?([kmg]?)(?:i?b)?", text)
        if found:
            return int(found[1]) * SIZES[found[2]]
        return reader.fault(node, f"{path} is {described(node)}", "a size such as 64M")

    def schema(self) -> dict[str, Any]:
        """A string or an integer of bytes."""
        text = {"type": "string", "pattern": "^[0-9]{1,12} ?[kKmMgG]?([iI]?[bB])?$"}
        return {"anyOf": [text, {"type": "integer", "minimum": 0}]}


@dataclass(frozen=True, slots=True)
class ListOf:
    """A list; with `single` one element may stand alone. An empty list is a fault unless `empty`."""

    element: Shape
    single: bool = False
    empty: bool = False

    def read(self, node: Any, path: str, reader: Reader) -> Any:
        """A list of plain values."""
        if self.single and node.id == "scalar":
            return [self.element.read(node, path, reader)]
        if node.id != "sequence":
            return reader.fault(node, f"{path} is {described(node)}", "a list")
        if not node.value and not self.empty:
            return reader.fault(node, f"{path} is an empty list", "at least one element")
        return [self.element.read(item, f"{path}[{index}]", reader) for index, item in enumerate(node.value)]

    def schema(self) -> dict[str, Any]:
        """An array, or one element."""
        inner = self.element.schema()
        array: dict[str, Any] = {"type": "array", "items": inner} | ({} if self.empty else {"minItems": 1})
        return {"anyOf": [inner, array]} if self.single else array


@dataclass(frozen=True, slots=True)
class MapOf:
    """A mapping whose keys are free texts (paths, variables, labels)."""

    value: Shape
    key: str = "a name"

    def read(self, node: Any, path: str, reader: Reader) -> Any:
        """A dict of plain values."""
        if node.id != "mapping" or not node.value:
            return reader.fault(node, f"{path} is {described(node)}", f"a mapping from {self.key}")
        return {key: self.value.read(item, f"{path}.{key}", reader) for key, item in entries(node, path, reader)}

    def schema(self) -> dict[str, Any]:
        """An object with any keys."""
        return {"type": "object", "additionalProperties": self.value.schema(), "minProperties": 1}


def entries(node: Any, path: str, reader: Reader) -> list[tuple[str, Any]]:
    """Keys and value nodes of a mapping; a key that is no text or stands twice is a fault."""
    found: dict[str, Any] = {}
    for key, value in node.value:
        if key.id != "scalar":
            reader.fault(key, f"a key of {path or 'the file'} is {described(key)}", "a word")
        elif key.value in found:
            reader.fault(key, f"{key.value} stands twice in {path or 'the file'}", "each key once")
        else:
            found[key.value] = value
            reader.marks[f"{path}.{key.value}" if path else key.value] = position(key)
    return list(found.items())


@dataclass(frozen=True, slots=True)
class Field:
    """One key of a Struct.

    `order` says what is stricter, for layers that may only tighten: `least` or `greatest` value, or
    "" where neither is (the first layer that sets it has it). `default` is the built-in value.
    """

    shape: Shape
    doc: str
    required: bool = False
    default: Any = None
    order: str = ""


@dataclass(frozen=True, slots=True)
class Struct:
    """A mapping with known keys. `leaf` structs are one value to layering, others only a branch.

    `check` looks at the values together: the key at fault, a sentence, what was expected; or None.
    """

    fields: Mapping[str, Field]
    leaf: bool = False
    some: bool = False
    what: str = "a mapping"
    check: Callable[[Mapping[str, Any]], tuple[str, str, str] | None] | None = None

    def read(self, node: Any, path: str, reader: Reader) -> Any:
        """A dict with the keys that are given. Leaves of branches go to `reader.values` as well."""
        if node.id != "mapping":
            return reader.fault(node, f"{path or 'the file'} is {described(node)}", self.what)
        found: dict[str, Any] = {}
        keys = {key.value: key for key, _ in node.value if key.id == "scalar"}
        for key, item in entries(node, path, reader):
            if key not in self.fields:
                self._unknown(keys[key], path, reader)
                continue
            found[key] = self._field(key, item, path, reader)
        # A misspelt key is told as such, and not as a missing one.
        if set(keys) <= set(self.fields):
            self._complete(node, found, path, reader)
        if self.check is not None and (problem := self.check(found)) is not None:
            key, sentence, expected = problem
            value = next(item for name, item in node.value if name.value == key)
            reader.fault(value, f"{path}.{key}: {sentence}", expected)
        return found

    def _field(self, key: str, node: Any, path: str, reader: Reader) -> Any:
        where = f"{path}.{key}" if path else key
        shape = self.fields[key].shape
        value = shape.read(node, where, reader)
        branch = isinstance(shape, Struct) and not shape.leaf
        if not self.leaf and not branch and value is not None:
            reader.values[where] = value
        return value

    def _unknown(self, key: Any, path: str, reader: Reader) -> None:
        hint = did_you_mean(key.value, self.fields)
        where = f" in {path}" if path else ""
        reader.fault(key, f"unknown key {key.value}{where}{hint}", "one of " + ", ".join(self.fields))

    def _complete(self, node: Any, found: Mapping[str, Any], path: str, reader: Reader) -> None:
        missing = [name for name, item in self.fields.items() if item.required and name not in found]
        if missing:
            reader.fault(node, f"{path} has no {missing[0]}", f"the key {missing[0]}")
        elif self.some and not found:
            reader.fault(node, f"{path} is empty", "one of " + ", ".join(self.fields))

    def schema(self) -> dict[str, Any]:
        """An object without other keys."""
        properties = {name: {"description": item.doc, **item.shape.schema()} for name, item in self.fields.items()}
        built: dict[str, Any] = {"type": "object", "additionalProperties": False, "properties": properties}
        required = [name for name, item in self.fields.items() if item.required]
        return built | ({"required": required} if required else {}) | ({"minProperties": 1} if self.some else {})
