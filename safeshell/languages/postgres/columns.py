"""New columns, changed types and constraints: what they cost a table.

Sources as in ddlwords. What must not live here: everything else that is defined (ddl).
"""

from __future__ import annotations

from safeshell.languages.postgres import ddlwords as words
from safeshell.languages.postgres import routines
from safeshell.languages.postgres.keywords import listed
from safeshell.languages.postgres.queries import look
from safeshell.languages.postgres.scope import Scope
from safeshell.languages.postgres.trees import Tree, constant, inner, qualified, quoted, strings
from safeshell.model.facts import Ask
from safeshell.model.values import dataclass

_UTC = frozenset({"UTC", "GMT", "ETC/UTC", "ETC/GMT", "UCT", "ZULU", "UNIVERSAL", "ETC/UCT", "GREENWICH"})
_BUILT_IN = frozenset({"pg_catalog"})
_PLAIN_TYPES = listed("""
    text uuid json jsonb jsonpath bytea date inet cidr macaddr macaddr8 money xml citext hstore ltree vector geometry
    geography int2 int4 int8 float4 float8 bool numeric varchar bpchar name oid regclass regtype timestamp timestamptz
    time timetz interval bit varbit point line lseg box path polygon circle tsvector tsquery int4range int8range numrange
    tsrange tstzrange daterange pg_lsn xid xid8
    """)
"""Types of the server and of well-known extensions: no domains."""
_TIMES = frozenset({"timestamp", "timestamptz"})
_ALIASES = {
    "character varying": "varchar",
    "timestamp without time zone": "timestamp",
    "timestamp with time zone": "timestamptz",
    "time without time zone": "time",
    "time with time zone": "timetz",
    "integer": "int4",
    "bigint": "int8",
    "smallint": "int2",
    "decimal": "numeric",
    "boolean": "bool",
    "double precision": "float8",
    "real": "float4",
    "character": "bpchar",
    "bit varying": "varbit",
}


@dataclass(frozen=True, slots=True)
class Cost:
    """The strongest lock on the table named, the work under it, locks on other tables, and conditions on that."""

    lock: str = ""
    work: str = "none"
    also: tuple[tuple[str, str], ...] = ()
    caveats: tuple[str, ...] = ()


def constraints(column: Tree) -> dict[str, Tree]:
    """The constraints of a column by their type, the last of each."""
    listed = (inner(item)[1] for item in column.get("constraints", ()))
    return {item.get("contype", ""): item for item in listed}


def rewriting(column: Tree, scope: Scope) -> bool:
    """Whether a new column has to be written into every row."""
    found = constraints(column)
    if type_of(column) in words.SERIAL or "CONSTR_IDENTITY" in found:
        return True
    if found.get("CONSTR_GENERATED", {}).get("generated_kind") == "s":
        return True
    return not steady(found.get("CONSTR_DEFAULT", {}).get("raw_expr"), scope)


def type_of(column: Tree) -> str:
    """The last part of a column's type name."""
    return (strings(column.get("typeName", {}).get("names")) or ("",))[-1]


def steady(expression: Tree | None, scope: Scope) -> bool:
    """Whether an expression is the same for every row: it calls nothing that is VOLATILE."""
    return all(
        routines.steady(schema, name) or scope.ask(Ask.ROUTINE, _subject(schema, name)) in {"stable", "immutable"}
        for schema, name, _ in look(expression).calls
    )


def _subject(schema: str, name: str) -> str:
    return f"{quoted(schema)}.{quoted(name)}" if schema else quoted(name)


def add_column(column: Tree, scope: Scope) -> Cost:
    """ADD COLUMN: instant, but for what has to be written, checked or indexed."""
    found = constraints(column)
    work, also, caveats = "none", [], list[str]()
    if "CONSTR_FOREIGN" in found:
        also.append((qualified(found["CONSTR_FOREIGN"]["pktable"]), words.SHARE_ROW))
        work = "scan" if "CONSTR_DEFAULT" in found else work
    if "CONSTR_CHECK" in found or ("CONSTR_NOTNULL" in found and "CONSTR_DEFAULT" not in found):
        work = "scan"
    if found.keys() & {"CONSTR_UNIQUE", "CONSTR_PRIMARY"}:
        work = "index"
    if rewriting(column, scope):
        work = "rewrite"
    if work != "rewrite" and _somebody_s_type(column):
        caveats.append("if its type is a domain with a constraint, the table is rewritten")
    return Cost(words.ACCESS_EXCLUSIVE, work, tuple(also), tuple(caveats))


def _somebody_s_type(column: Tree) -> bool:
    names = strings(column.get("typeName", {}).get("names"))
    return bool(names) and names[0] not in _BUILT_IN and names[-1] not in _PLAIN_TYPES | words.SERIAL.keys()


def add_constraint(item: Tree, scope: Scope) -> Cost:
    """ADD CONSTRAINT: checked by a scan unless NOT VALID; unique ones build an index unless they are given one."""
    kind = item.get("contype")
    unchecked = bool(item.get("skip_validation"))
    if kind == "CONSTR_FOREIGN":
        parent = qualified(item["pktable"])
        caveats: tuple[str, ...] = ()
        if unchecked and scope.major < 18:  # noqa: PLR2004 - the release that lifted it
            caveats = ("on a partitioned table NOT VALID foreign keys came with PostgreSQL 18",)
        return Cost(words.SHARE_ROW, "none" if unchecked else "scan", ((parent, words.SHARE_ROW),), caveats)
    if kind in ("CONSTR_CHECK", "CONSTR_NOTNULL"):
        return Cost(words.ACCESS_EXCLUSIVE, "none" if unchecked else "scan")
    if kind in ("CONSTR_PRIMARY", "CONSTR_UNIQUE"):
        scans = "it scans the table where a column is not yet NOT NULL"
        work = "none" if item.get("indexname") else "index"
        return Cost(words.ACCESS_EXCLUSIVE, work, caveats=(scans,) if kind == "CONSTR_PRIMARY" else ())
    return Cost(words.ACCESS_EXCLUSIVE, "index" if kind == "CONSTR_EXCLUSION" else "none")


def change_type(item: Tree, relation: str, scope: Scope) -> Cost:
    """ALTER COLUMN TYPE: instant only where the old values are valid as they stand; that needs the old type."""
    definition = inner(item.get("def"))[1]
    old = scope.ask(Ask.COLUMN, f"{relation}.{quoted(item.get('name', ''))}")
    new = (type_of(definition), _modifiers(definition))
    using = definition.get("raw_default")
    if not isinstance(old, str):
        caveat = (
            "no rewrite where the old type holds the same values in the same form (varchar to a longer one, or text)"
        )
        return Cost(words.ACCESS_EXCLUSIVE, "rewrite", caveats=(caveat,))
    same = using is None and fits(_parsed(old), new, scope.server.get("TimeZone", ""))
    return Cost(words.ACCESS_EXCLUSIVE, "none" if same else "rewrite")


def _modifiers(column: Tree) -> tuple[int, ...]:
    said = (constant(item) for item in column.get("typeName", {}).get("typmods", ()))
    return tuple(int(text) for text in said if text is not None and text.lstrip("-").isdigit())


def _parsed(old: str) -> tuple[str, tuple[int, ...]]:
    """Name and modifiers of a type as format_type() writes it (`numeric(10,2)`, `timestamp(3) with time zone`)."""
    head, bracket, rest = old.partition("(")
    numbers, _, tail = rest.partition(")")
    name = f"{head.strip()} {tail.strip()}".strip() if bracket else old
    parts = tuple(int(text) for text in numbers.split(",") if text.strip().lstrip("-").isdigit())
    return _ALIASES.get(name, name), parts


def fits(old: tuple[str, tuple[int, ...]], new: tuple[str, tuple[int, ...]], zone: str) -> bool:
    """Whether values of one type are values of the other as they are stored."""
    (was, had), (name, has) = old, new
    if {was, name} == _TIMES:
        return zone.upper() in _UTC and _longer(had, has)
    if was in ("varchar", "text", "citext") and name in ("text", "citext"):
        return True
    if was in ("varchar", "text") and name == "varchar":
        return not has or (was == "varchar" and _longer(had, has))
    if was == name == "numeric":
        return not has or (bool(had) and _scaled(had) == _scaled(has) and has[0] >= had[0])
    if was == name:
        return name in ("varbit", "timestamp", "timestamptz", "time", "timetz", "interval") and _longer(had, has)
    return (was, name) == ("cidr", "inet")


def _scaled(modifiers: tuple[int, ...]) -> int:
    return modifiers[1] if len(modifiers) > 1 else 0


def _longer(had: tuple[int, ...], has: tuple[int, ...]) -> bool:
    """Whether a length or precision is none, or no smaller than before."""
    return not has or (bool(had) and has[0] >= had[0])
