"""SQL names and texts quoted, rows laid out for a screen, parameters for a question. Pure.

What must not live here: asking.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from safeshell.model.values import dataclass
from safeshell.previews.postgres.desk import Desk, Refused
from safeshell.previews.postgres.link import Answer, Unit

_CELL_MOST = 29
_CHANGE_MOST = 48
_NEW = " (new)"
"""Ends the name of a column that shows a value as an UPDATE would make it."""
_ROW_MOST = 100
_NULL = "NULL"
_TEXT_TYPE = 25
_UNTYPED = "42P18"
_NUMBER = re.compile(r"\$([0-9]{1,5})")


def identifier(name: str) -> str:
    """A name in double quotes."""
    return '"' + name.replace('"', '""') + '"'


def qualified(schema: str, name: str) -> str:
    """`"public"."orders"`; the bare name without a schema."""
    return f"{identifier(schema)}.{identifier(name)}" if schema else identifier(name)


def literal(text: str) -> str:
    """A text as an SQL constant, whatever standard_conforming_strings says."""
    escaped = text.replace("'", "''")
    return f"E'{escaped}'".replace("\\", "\\\\") if "\\" in text else f"'{escaped}'"


def spelled(schema: str, name: str) -> str:
    """A table as a person calls it: `orders`, `billing.orders`."""
    return name if schema in ("", "public") else f"{schema}.{name}"


def number(text: str | None) -> int:
    """A whole number of the catalogue, 0 for NULL."""
    return int(float(text)) if text else 0


def cut(text: str | None, most: int = _CELL_MOST) -> str:
    """A value on one line, shortened."""
    if text is None:
        return _NULL
    flat = " ".join(text.split()) if text.strip() else repr(text)
    return flat if len(flat) <= most else flat[: most - 1] + "…"


def tabulate(columns: Sequence[str], rows: Sequence[Sequence[str | None]]) -> tuple[str, ...]:
    """A header and the rows, in columns; what lies beyond a broad screen is left out, and said so."""
    cells = [[cut(name) for name in columns], *([cut(value, _CHANGE_MOST) for value in row] for row in rows)]
    widths = [max(len(row[index]) for row in cells) for index in range(len(columns))]
    kept = 0
    while kept < len(widths) and (kept == 0 or sum(widths[: kept + 1]) + 2 * kept <= _ROW_MOST):
        kept += 1
    more = "  …" if kept < len(widths) else ""
    return tuple(
        "  ".join(cell.ljust(width) for cell, width in zip(row[:kept], widths, strict=False)).rstrip() + more
        for row in cells
    )


def shown(columns: Sequence[str], rows: Sequence[Sequence[str | None]]) -> tuple[str, ...]:
    """A sample; a column `x (new)` is joined with its `x` and stands in front: `open -> paid`."""
    news = {name.removesuffix(_NEW): place for place, name in enumerate(columns) if name.endswith(_NEW)}
    olds = [place for place, name in enumerate(columns) if not name.endswith(_NEW)]
    changed = [place for place in olds if columns[place] in news]
    order = [*[p for p in olds[:1] if p not in changed], *changed, *[p for p in olds[1:] if p not in changed]]
    cells = [[_cell(columns, row, place, news) for place in order] for row in rows]
    return tabulate([columns[place] for place in order], cells)


def _cell(columns: Sequence[str], row: Sequence[str | None], place: int, news: Mapping[str, int]) -> str | None:
    new = news.get(columns[place])
    if new is None:
        return cut(row[place])
    before, after = cut(row[place]), cut(row[new])
    return f"{before} (as it is)" if row[place] == row[new] else f"{before} -> {after}"


@dataclass(frozen=True, slots=True)
class Bound:
    """The parameters of a statement, for questions that use some of them."""

    values: tuple[bytes | None, ...] = ()
    formats: tuple[int, ...] = ()
    types: tuple[int, ...] = ()

    @classmethod
    def of(cls, unit: Unit, used: Sequence[int]) -> Bound:
        """Those of a unit; what a question does not use (numbers from 1) is a NULL that has a type."""
        values, formats, types = list(unit.parameters), _each(unit.formats, len(unit.parameters)), list(unit.types)
        types += [0] * (len(values) - len(types))
        made = cls(tuple(values), formats, tuple(types[: len(values)]))
        for index in range(len(values)):
            if index + 1 not in used:
                made = made.without(index)
        return made

    def without(self, index: int) -> Bound:
        """The same with one parameter as a NULL of type text."""
        return Bound(_put(self.values, index, None), _put(self.formats, index, 0), _put(self.types, index, _TEXT_TYPE))


def ask_bound(desk: Desk, sql: str, bound: Bound, *, within: float = 1.0) -> Answer:
    """Ask with parameters. Those that this question turns out not to use are left out, one by one.

    Raises Refused. To be called inside `Desk.aside` when there are parameters: an attempt may fail.
    """
    for _ in range(len(bound.values) + 1):
        try:
            return _attempt(desk, sql, bound, within, last=not bound.values)
        except Refused as fault:
            unused = _NUMBER.search(str(fault)) if fault.sqlstate == _UNTYPED else None
            if unused is None or not 0 < int(unused[1]) <= len(bound.values):
                raise
            bound = bound.without(int(unused[1]) - 1)
    raise Refused("the types of its parameters could not be found out", _UNTYPED)


def _attempt(desk: Desk, sql: str, bound: Bound, within: float, *, last: bool) -> Answer:
    if last:
        return desk.ask(sql, within=within)
    with desk.retried():
        return desk.ask(sql, within=within, parameters=bound.values, formats=bound.formats, types=bound.types)


def _each(formats: Sequence[int], size: int) -> tuple[int, ...]:
    """One format code for each value: a Bind may give none (all text) or one for all."""
    if len(formats) == 1:
        return (formats[0],) * size
    return tuple(formats) if len(formats) == size else (0,) * size


def _put(values: tuple[object, ...], index: int, value: object) -> Any:
    return (*values[:index], value, *values[index + 1 :])
