"""An undo kit as SQL that puts the rows back, by primary key. Pure.

One text, to be sent as one message, and the data that its COPYs read; or both as a script for psql.
What must not live here: running it.
"""

from __future__ import annotations

from collections.abc import Iterator

from safeshell.previews.postgres.kit import INSERT, NOTHING, UPDATE, Kit, Part
from safeshell.previews.postgres.values import identifier, literal, qualified

_TEMPORARY = "safeshell_undo_{}"


def statements(kit: Kit) -> list[str]:
    """What puts a kit back, in order, from BEGIN to COMMIT."""
    told = ["BEGIN READ WRITE", f"SET LOCAL client_encoding = {literal(kit.encoding)}"]
    numbered = [(number, part) for number, part in enumerate(kit.parts, 1) if part.how != NOTHING]
    for number, part in numbered:
        told += _load(number, part)
    for number, part in numbered:
        told += _put_back(number, part)
    told += [
        f"SELECT pg_catalog.setval({literal(qualified(one.schema, one.name))}, greatest({one.last}, last_value))"
        f" FROM {qualified(one.schema, one.name)}"
        for one in kit.sequences
    ]
    return [*told, "COMMIT"]


def message(kit: Kit) -> str:
    """The same as one text."""
    return ";\n".join(statements(kit))


def data(kit: Kit) -> bytes:
    """What the COPYs of `message` read, one after the other."""
    return b"".join(part.data + b"\\.\n" for part in kit.parts if part.how != NOTHING)


def script(kit: Kit, head: str) -> bytes:
    """A file for `psql -f`, with the data in it; `head` are lines of comment."""
    lines = [f"-- {line}" for line in head.splitlines()]
    told = ("\n".join([*lines, r"\set ON_ERROR_STOP on", ""])).encode("utf-8", "surrogateescape")
    parts = iter([part for part in kit.parts if part.how != NOTHING])
    for statement in statements(kit):
        told += f"{statement};\n".encode("utf-8", "surrogateescape")
        if statement.startswith("COPY "):
            told += next(parts).data + b"\\.\n"
    return told


def _load(number: int, part: Part) -> Iterator[str]:
    """The kept rows in a temporary table of the same columns."""
    name, columns = _TEMPORARY.format(number), _list(part.columns)
    table = qualified(part.schema, part.table)
    yield f"CREATE TEMPORARY TABLE {name} ON COMMIT DROP AS SELECT {columns} FROM {table} WITH NO DATA"
    yield f"COPY {name} ({columns}) FROM STDIN"


def _put_back(number: int, part: Part) -> Iterator[str]:
    """The statement itself, with triggers that would change rows switched off around it."""
    table = qualified(part.schema, part.table)
    yield from (f"ALTER TABLE {table} DISABLE TRIGGER {identifier(name)}" for name, _ in part.silenced)
    yield from _update(number, part, table) if part.how == UPDATE else _insert(number, part, table)
    for name, always in part.silenced:
        yield f"ALTER TABLE {table} ENABLE {'ALWAYS ' * always}TRIGGER {identifier(name)}"


def _insert(number: int, part: Part, table: str) -> Iterator[str]:
    """INSERT ... ON CONFLICT: what is there again stays as it is, unless the kit is of rows that changed."""
    columns = _list(part.columns)
    text = (
        f"INSERT INTO {table} ({columns}) OVERRIDING SYSTEM VALUE"
        f" SELECT {columns} FROM pg_temp.{_TEMPORARY.format(number)}"
    )
    if part.how == INSERT:
        yield f"{text} ON CONFLICT DO NOTHING"
        return
    changes = ", ".join(f"{identifier(name)} = excluded.{identifier(name)}" for name in _free(part))
    yield f"{text} ON CONFLICT ({_list(part.key)}) DO " + (f"UPDATE SET {changes}" if changes else "NOTHING")


def _update(number: int, part: Part, table: str) -> Iterator[str]:
    """UPDATE by key; a table that is nothing but its key has nothing to give back."""
    changes = ", ".join(f"{identifier(name)} = k.{identifier(name)}" for name in _free(part))
    same = " AND ".join(f"t.{identifier(name)} = k.{identifier(name)}" for name in part.key)
    if changes:
        yield f"UPDATE {table} AS t SET {changes} FROM pg_temp.{_TEMPORARY.format(number)} AS k WHERE {same}"


def _free(part: Part) -> list[str]:
    return [name for name in part.columns if name not in part.key and name not in part.fixed]


def _list(names: tuple[str, ...]) -> str:
    return ", ".join(identifier(name) for name in names)
