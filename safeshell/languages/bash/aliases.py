"""Aliases: the text is rewritten as bash's lexer would, and parsed again.

What must not live here: running anything. Rules from the bash manual, section 6.6: the first word of
a simple command, unquoted; again in what it became, but not the same name; and the next word too
where the alias ends in a blank.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from safeshell.languages.bash.desk import Desk
from safeshell.languages.bash.limits import MAX_TEXT, TooMuchError
from safeshell.languages.bash.reserved import DECLARATIONS, KEYWORDS, SIGNS
from safeshell.languages.reading import ParseFailure
from safeshell.model.facts import Ask
from safeshell.model.values import dataclass

Node = Mapping[str, Any]
_ROUNDS = 20
_BEFORE_PARSING = KEYWORDS | DECLARATIONS | SIGNS


@dataclass(frozen=True, slots=True)
class Edit:
    """`length` bytes at `start` became `made` bytes."""

    start: int
    length: int
    made: int


@dataclass(slots=True)
class Region:
    """Text that came out of aliases: these names are not expanded in it again."""

    start: int
    end: int
    names: frozenset[str]
    next_word: bool


@dataclass(frozen=True, slots=True)
class Expanded:
    """A text after its aliases: its bytes, its tree, and how to find the way back."""

    raw: bytes
    tree: Node
    edits: tuple[Edit, ...] = ()

    def original(self, offset: int) -> tuple[int, int]:
        """The least and the greatest offset that this one may have had before."""
        low = high = offset
        for edit in reversed(self.edits):
            low = _before(edit, low, edit.start)
            high = _before(edit, high, edit.start + edit.length)
        return low, high


def _before(edit: Edit, offset: int, inside: int) -> int:
    if offset <= edit.start:
        return offset
    return offset - edit.made + edit.length if offset >= edit.start + edit.made else inside


def expand_aliases(text: str, desk: Desk, defined: Mapping[str, str | None]) -> Expanded | ParseFailure:
    """Parse `text`, with the aliases of the session and those `defined` on earlier lines."""
    raw = text.encode("utf-8", "surrogateescape")
    tree = desk.tree(text)
    names = desk.names.aliases | defined.keys()
    if isinstance(tree, ParseFailure) or (not names and desk.names.complete):
        return tree if isinstance(tree, ParseFailure) else Expanded(raw, tree)
    if desk.names.complete and not any(_bare(name) in text for name in names):
        return Expanded(raw, tree)  # an alias is spelled out in the text, or it is not there at all
    odd = names & _BEFORE_PARSING
    if odd and not odd.isdisjoint(text.split()):
        return ParseFailure(f"{min(odd)} is an alias here, which changes how the line is read")
    edits: list[Edit] = []
    regions: list[Region] = []
    for _ in range(_ROUNDS):
        found = _next_edit(raw, tree, desk, defined, regions)
        if found is None:
            return Expanded(raw, tree, tuple(edits))
        edit, value, name = found
        raw = raw[: edit.start] + value + raw[edit.start + edit.length :]
        _shift(regions, edit, name, ends_blank=value[-1:] in (b" ", b"\t"))
        edits.append(edit)
        if len(raw) > MAX_TEXT:
            raise TooMuchError("its aliases make it longer than safeshell reads")
        tree = desk.tree(raw.decode("utf-8", "surrogateescape"))
        if isinstance(tree, ParseFailure):
            return tree
    raise TooMuchError("its aliases go on longer than safeshell follows")


def _bare(name: str) -> str:
    """The name of an alias of whatever kind, as it stands in a text."""
    return name.rpartition(" ")[2]


def _next_edit(
    raw: bytes, tree: Node, desk: Desk, defined: Mapping[str, str | None], regions: list[Region]
) -> tuple[Edit, bytes, str] | None:
    for start, end, first in _candidates(tree, everywhere=any(name.startswith("-g ") for name in desk.names.aliases)):
        name = raw[start:end].decode("utf-8", "surrogateescape")
        if any(region.start <= start < region.end and name in region.names for region in regions):
            continue
        if f"-g {name}" in desk.names.aliases:
            value = _value(f"-g {name}", desk, defined)
        elif first is None or (not first and not _follows_blank(raw, start, regions)):
            continue
        else:
            value = _value(name, desk, defined)
            if value is None and first:
                value = _by_suffix(name, desk, defined)
        if value is not None:
            made = value.encode("utf-8", "surrogateescape")
            return Edit(start, end - start, len(made)), made, name
    return None


def _by_suffix(name: str, desk: Desk, defined: Mapping[str, str | None]) -> str | None:
    """zsh: a command that ends in .txt is given to the command that `alias -s txt` names."""
    stem, _, suffix = name.rpartition(".")
    if not stem or f"-s {suffix}" not in desk.names.aliases:
        return None
    value = _value(f"-s {suffix}", desk, defined)
    return None if value is None else f"{value} {name}"


def _candidates(node: Any, *, everywhere: bool = False) -> Iterator[tuple[int, int, bool | None]]:
    """Unquoted literal words of simple commands, and whether each is the command word.

    `everywhere`: words of other places too (None), which zsh's global aliases reach.
    """
    if isinstance(node, list):
        for item in node:
            yield from _candidates(item, everywhere=everywhere)
    elif isinstance(node, Mapping):
        if node.get("Type") == "CallExpr":
            for number, word in enumerate(node.get("Args", ())):
                if _is_bare(word):
                    yield word["Pos"]["Offset"], word["End"]["Offset"], number == 0
        elif everywhere and _is_bare(node):
            yield node["Pos"]["Offset"], node["End"]["Offset"], None
        for key, value in node.items():
            if key not in ("Pos", "End") and isinstance(value, (dict, list)):
                yield from _candidates(value, everywhere=everywhere)


def _is_bare(word: Node) -> bool:
    parts = word.get("Parts", ())
    return len(parts) == 1 and parts[0].get("Type") == "Lit" and "\\" not in parts[0]["Value"]


def _follows_blank(raw: bytes, start: int, regions: list[Region]) -> bool:
    return any(
        region.next_word and region.end <= start and not raw[region.end : start].strip(b" \t") for region in regions
    )


def _value(name: str, desk: Desk, defined: Mapping[str, str | None]) -> str | None:
    if name in defined:
        return defined[name]
    if name not in desk.names.aliases and desk.names.complete:
        return None
    answered, value = desk.ask(Ask.ALIAS, name)
    if not answered and name in desk.names.aliases:
        desk.unknown_aliases.add(name)
    return value


def _shift(regions: list[Region], edit: Edit, name: str, *, ends_blank: bool) -> None:
    """Move the regions behind an edit, widen those around it, and add the new one."""
    growth = edit.made - edit.length
    names = frozenset({name})
    for region in regions:
        if region.start <= edit.start < region.end:
            names |= region.names
            region.end += growth
        elif region.start > edit.start:
            region.start += growth
            region.end += growth
    regions.append(Region(edit.start, edit.start + edit.made, names, ends_blank))
