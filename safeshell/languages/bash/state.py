"""What the shell would know at a point of the text: variables, functions, aliases, the directory.

A State is copied where control flow forks and joined where it meets again; what differs between
the two ways is then unknown. What must not live here: syntax trees' meaning, words, statements.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from safeshell.languages.words import Piece, PieceKind
from safeshell.model.values import dataclass, field

Pieces = tuple[Piece, ...]


@dataclass(frozen=True, slots=True)
class Known:
    """A variable whose value is the text of `pieces` (some of which may be unknown themselves)."""

    pieces: Pieces


@dataclass(frozen=True, slots=True)
class Listed:
    """An indexed array, or the positional parameters, item by item."""

    items: tuple[Pieces, ...]


@dataclass(frozen=True, slots=True)
class Unset:
    """Certainly not set: expands to nothing."""


@dataclass(frozen=True, slots=True)
class Unknown:
    """Set by this text to something that only running tells (`read D`, a branch, a loop)."""


Value = Known | Listed | Unset | Unknown
UNSET = Unset()
UNKNOWN = Unknown()


def known_text(text: str) -> Known:
    """A variable holding exactly this text."""
    return Known((Piece(PieceKind.LITERAL, text),) if text else ())


@dataclass(frozen=True, slots=True)
class Function:
    """A function's body: a statement of a syntax tree, and the source (UTF-8) that its offsets point into."""

    body: Mapping[str, Any]
    raw: bytes


Directory = tuple[str | None, ...]
"""Where the shell may be, each relative to where the text starts: "" is there, None is unknown."""
STAY: Directory = ("",)
_MOST_DIRECTORIES = 4


@dataclass(slots=True)
class State:
    """The shell at one point. `blind`: something ran that may have set any variable.

    `positional` is None where the parameters are not known. `programs` maps command names to what
    `hash -p` or `enable -n` made of them (None: not known). `lookup_changed` says why a command name
    may no longer mean the usual program ("" when it does). `dead`: control never gets here.
    """

    variables: dict[str, Value] = field(default_factory=dict)
    exported: frozenset[str] = frozenset()
    positional: Listed | None = None
    functions: dict[str, Function | None] = field(default_factory=dict)
    aliases: dict[str, str | None] = field(default_factory=dict)
    programs: dict[str, str | None] = field(default_factory=dict)
    directory: Directory = STAY
    lookup_changed: str = ""
    blind: bool = False
    dead: bool = False

    def lose_variables(self) -> None:
        """From here on any variable may hold anything."""
        self.blind = True
        self.variables.clear()

    def copy(self) -> State:
        """A state that can change without changing this one."""
        # spelled out: dataclasses.replace takes longer than everything else that a plain line needs
        return State(
            dict(self.variables),
            self.exported,
            self.positional,
            dict(self.functions),
            dict(self.aliases),
            dict(self.programs),
            self.directory,
            self.lookup_changed,
            self.blind,
            self.dead,
        )


def join(one: State, other: State) -> State:
    """The state where two ways meet: what they agree on; a way that ended does not count."""
    if one.dead or other.dead:
        return other if one.dead else one
    if one is other or one == other:
        return one
    return State(
        variables=_join_variables(one.variables, other.variables),
        exported=one.exported | other.exported,
        positional=one.positional if one.positional == other.positional else None,
        functions=_agreed(one.functions, other.functions),
        aliases=_agreed(one.aliases, other.aliases),
        programs=_agreed(one.programs, other.programs),
        directory=_join_directories(one.directory, other.directory),
        lookup_changed=one.lookup_changed or other.lookup_changed,
        blind=one.blind or other.blind,
    )


def _join_variables(one: dict[str, Value], other: dict[str, Value]) -> dict[str, Value]:
    joined = {}
    for name in one.keys() | other.keys():
        left, right = one.get(name), other.get(name)
        joined[name] = left if left is not None and left == right else UNKNOWN
    return joined


def _agreed(one: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    """What both say; None (not known) where only one says it or they differ."""
    return {name: one.get(name) if one.get(name) == other.get(name) else None for name in one.keys() | other.keys()}


def _join_directories(one: Directory, other: Directory) -> Directory:
    both = tuple(dict.fromkeys(one + other))
    return both if len(both) <= _MOST_DIRECTORIES else (None,)


def enter(directory: Directory, to: str | None) -> Directory:
    """The directory after `cd to`; `to` may start with `/` or `~`, None is unknown."""
    if to is None:
        return (None,)
    return tuple(dict.fromkeys(locate(place, to) for place in directory))


def locate(place: str | None, path: str) -> str | None:
    """`path` as seen from where the text starts, when the shell is in `place`; None: cannot be told."""
    if path.startswith(("/", "~")):
        return path
    if place is None:
        return None
    if place == "":
        return path
    return tidy(f"{place}/{path}")


def tidy(path: str) -> str:
    """Without `.`, double slashes and a `name/..`; a leading `..` stays (it is relative to the unknown)."""
    rooted = path.startswith("/")
    parts: list[str] = []
    for part in path.split("/"):
        if part in ("", "."):
            continue
        if part == ".." and parts and parts[-1] not in ("..", "~") and not parts[-1].startswith("~"):
            parts.pop()
        elif not (part == ".." and rooted and not parts):
            parts.append(part)
    joined = "/".join(parts)
    tail = "/" if path.endswith("/") and joined else ""
    return f"/{joined}{tail}" if rooted else (joined or ".") + tail
