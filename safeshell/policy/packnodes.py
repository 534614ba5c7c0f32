"""Shapes of YAML documents: read a node tree into plain data, or say what is wrong and where.

Each shape knows two things: how to read a node, and the JSON Schema that says the same to editors, so
that the two cannot part. Scalars are taken as written (`on`, `no`, `010` stay text where text is
expected): YAML 1.1 guesses are not wanted in files full of command lines.
What must not live here: any one format.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from safeshell.model.errors import ConfigError
from safeshell.model.values import dataclass, field

if TYPE_CHECKING:
    from collections.abc import Mapping

MAX_DEPTH = 40
MAX_NODES = 400_000


class Marked(str):
    """Text that remembers where it stood: `line` and `column` start at 1."""

    __slots__ = ("column", "line")

    line: int
    column: int


@dataclass(slots=True)
class Document:
    """The document being read: its name for errors, and how much was read of it."""

    source: str
    nodes: int = 0
    depth: int = 0


class Shape(Protocol):
    """What may stand somewhere in a document."""

    def read(self, node: Any, document: Document) -> Any:
        """The node as plain data (text as Marked); ConfigError when it has another shape."""

    def schema(self) -> dict[str, Any]:
        """The same as JSON Schema."""


def compose(text: str, source: str) -> Any:
    """The node tree of a YAML text, by libyaml where it is there. ConfigError with line and column."""
    import yaml  # noqa: PLC0415 - only when a file is really read, never at start-up

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        return yaml.compose(text, Loader=loader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line, column = (mark.line + 1, mark.column + 1) if mark else (0, 0)
        problem = getattr(error, "problem", None) or "this is not YAML"
        raise ConfigError(str(problem), source=source, line=line, column=column, expected="YAML") from None


def fail(node: Any, document: Document, problem: str, expected: str) -> ConfigError:
    """A ConfigError at a node."""
    mark = getattr(node, "start_mark", None)
    line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
    return ConfigError(problem, source=document.source, line=line, column=column, expected=expected)


def fail_at(text: str, source: str, problem: str, expected: str) -> ConfigError:
    """A ConfigError at a piece of text that was read before."""
    line, column = getattr(text, "line", 0), getattr(text, "column", 0)
    return ConfigError(problem, source=source, line=line, column=column, expected=expected)


def describe(node: Any) -> str:
    """A node in a few words, for errors."""
    if node is None:
        return "nothing"
    if node.id != "scalar":
        return {"sequence": "a list", "mapping": "a mapping"}[node.id]
    text = node.value if len(node.value) <= 40 else node.value[:37] + "..."  # noqa: PLR2004 - a line of a message
    return f"`{text}`" if text else "nothing"


def plain(data: Any) -> Any:
    """Data with each Marked turned into str, so that JSON and marshal take it."""
    if isinstance(data, dict):
        return {str(key): plain(value) for key, value in data.items()}
    if isinstance(data, list):
        return [plain(item) for item in data]
    return str(data) if isinstance(data, str) else data


def _marked(node: Any) -> Marked:
    text = Marked(node.value)
    text.line, text.column = node.start_mark.line + 1, node.start_mark.column + 1
    return text


@dataclass(frozen=True, slots=True)
class Text:
    """One scalar as text; `choices` are the words it may be. `loose` scalars may look like numbers."""

    expected: str = "text"
    choices: tuple[str, ...] = ()
    empty: bool = False
    loose: bool = False

    def read(self, node: Any, document: Document) -> Marked:
        """The text as written."""
        if node is None or node.id != "scalar" or not (node.value or self.empty):
            raise fail(node, document, f"{describe(node)} stands here", self._wanted())
        if self.choices and node.value not in self.choices:
            raise fail(node, document, f"{describe(node)} is not a word that is known here", self._wanted())
        return _marked(node)

    def _wanted(self) -> str:
        return "one of " + ", ".join(self.choices) if self.choices else self.expected

    def schema(self) -> dict[str, Any]:
        """A string, or any scalar when loose."""
        if self.choices:
            return {"enum": list(self.choices)}
        if self.loose:
            return {"type": ["string", "number", "boolean", "null"]}
        return {"type": "string"} if self.empty else {"type": "string", "minLength": 1}


@dataclass(frozen=True, slots=True)
class Flag:
    """true or false."""

    def read(self, node: Any, document: Document) -> bool:
        """The truth value; only the plain words true and false."""
        if node is None or node.id != "scalar" or node.value not in ("true", "false") or node.style:
            raise fail(node, document, f"{describe(node)} stands here", "true or false")
        return bool(node.value == "true")

    def schema(self) -> dict[str, Any]:
        """A boolean."""
        return {"type": "boolean"}


@dataclass(frozen=True, slots=True)
class Number:
    """A whole number of at least `least`."""

    least: int = 0

    def read(self, node: Any, document: Document) -> int:
        """The number in decimal."""
        text = node.value if node is not None and node.id == "scalar" and not node.style else ""
        if not (text.isascii() and text.isdigit()) or int(text) < self.least:
            raise fail(node, document, f"{describe(node)} stands here", f"a whole number from {self.least}")
        return int(text)

    def schema(self) -> dict[str, Any]:
        """An integer."""
        return {"type": "integer", "minimum": self.least}


@dataclass(frozen=True, slots=True)
class ListOf:
    """A list; `single` says that one item may stand without brackets."""

    item: Shape
    least: int = 0
    single: bool = False

    def read(self, node: Any, document: Document) -> list[Any]:
        """The items in order."""
        if node is not None and node.id == "sequence":
            if len(node.value) < self.least:
                raise fail(node, document, "this list is too short", f"at least {self.least} item")
            return [read(self.item, item, document) for item in node.value]
        if not self.single:
            raise fail(node, document, f"{describe(node)} stands here", "a list")
        return [read(self.item, node, document)]

    def schema(self) -> dict[str, Any]:
        """An array, or the lone item."""
        many: dict[str, Any] = {"type": "array", "items": self.item.schema()}
        if self.least:
            many["minItems"] = self.least
        return {"anyOf": [many, self.item.schema()]} if self.single else many


@dataclass(frozen=True, slots=True)
class MapOf:
    """A mapping with free keys."""

    value: Shape
    key: str = "a name"

    def read(self, node: Any, document: Document) -> dict[Marked, Any]:
        """Keys as written; a key twice is an error."""
        return {key: read(self.value, value, document) for key, value in pairs(node, document, self.key)}

    def schema(self) -> dict[str, Any]:
        """An object of one kind of values."""
        return {"type": "object", "additionalProperties": self.value.schema()}


@dataclass(frozen=True, slots=True)
class Record:
    """A mapping with named fields. `one_of`: exactly one of these must be there."""

    fields: Mapping[str, Shape]
    required: tuple[str, ...] = ()
    one_of: tuple[str, ...] = ()
    least: int = 0

    def read(self, node: Any, document: Document) -> dict[str, Any]:
        """The fields that are there."""
        data: dict[str, Any] = {}
        for key, value in pairs(node, document, "a mapping"):
            shape = self.fields.get(key)
            if shape is None:
                raise fail_at(key, document.source, f"`{key}` is not a key that is known here", self._keys())
            data[str(key)] = read(shape, value, document)
        missing = [key for key in self.required if key not in data]
        if missing:
            raise fail(node, document, f"`{missing[0]}` is missing", f"the key `{missing[0]}`")
        if self.one_of and sum(key in data for key in self.one_of) != 1:
            raise fail(node, document, "this is not one thing", "exactly one of " + ", ".join(self.one_of))
        if len(data) < self.least:
            raise fail(node, document, "this mapping is empty", self._keys())
        return data

    def _keys(self) -> str:
        return "one of " + ", ".join(self.fields)

    def schema(self) -> dict[str, Any]:
        """An object without other keys."""
        schema: dict[str, Any] = {
            "type": "object",
            "additionalProperties": False,
            "properties": {key: shape.schema() for key, shape in self.fields.items()},
        }
        if self.required:
            schema["required"] = list(self.required)
        if self.one_of:
            schema["oneOf"] = [{"required": [key]} for key in self.one_of]
        if self.least:
            schema["minProperties"] = self.least
        return schema


@dataclass(frozen=True, slots=True)
class Either:
    """Different shapes by what kind of node stands there: scalar, list or mapping."""

    scalar: Shape | None = None
    sequence: Shape | None = None
    mapping: Shape | None = None

    def read(self, node: Any, document: Document) -> Any:
        """The node by the shape for its kind."""
        shape: Shape | None = getattr(self, node.id) if node is not None else None
        if shape is None:
            kinds = {"scalar": "a word", "sequence": "a list", "mapping": "a mapping"}
            wanted = " or ".join(said for kind, said in kinds.items() if getattr(self, kind) is not None)
            raise fail(node, document, f"{describe(node)} stands here", wanted)
        return shape.read(node, document)

    def schema(self) -> dict[str, Any]:
        """Any of the shapes."""
        return {"anyOf": [shape.schema() for shape in (self.scalar, self.sequence, self.mapping) if shape]}


@dataclass(slots=True)
class Named:
    """A shape that may contain itself; `shape` is set once it is built."""

    name: str
    shape: Shape | None = field(default=None)

    def read(self, node: Any, document: Document) -> Any:
        """The node by the named shape."""
        assert self.shape is not None  # noqa: S101 - set where the format is put together
        return self.shape.read(node, document)

    def schema(self) -> dict[str, Any]:
        """A reference to the definition."""
        return {"$ref": f"#/$defs/{self.name}"}


def read(shape: Shape, node: Any, document: Document) -> Any:
    """Read with limits on depth and size, so that anchors cannot blow a document up."""
    document.nodes += 1
    document.depth += 1
    if document.depth > MAX_DEPTH or document.nodes > MAX_NODES:
        raise fail(node, document, "this document is too deep or too large", "a smaller document")
    data = shape.read(node, document)
    document.depth -= 1
    return data


def pairs(node: Any, document: Document, expected: str) -> list[tuple[Marked, Any]]:
    """Keys and value nodes of a mapping; keys are text, none twice."""
    if node is None or node.id != "mapping":
        raise fail(node, document, f"{describe(node)} stands here", "a mapping")
    found: list[tuple[Marked, Any]] = []
    seen: set[str] = set()
    for key, value in node.value:
        if key.id != "scalar":
            raise fail(key, document, f"{describe(key)} is used as a key", expected)
        if key.value in seen:
            raise fail(key, document, f"`{key.value}` stands here twice", "each key once")
        seen.add(key.value)
        found.append((_marked(key), value))
    return found
