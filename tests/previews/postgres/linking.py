"""A Link over libpq, and a shop to look at, for tests against a real server.

What must not live here: assertions.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from psycopg import pq

from safeshell.model.errors import PreviewError
from safeshell.model.judgement import Exactness

STATES = {pq.TransactionStatus.IDLE: "I", pq.TransactionStatus.INTRANS: "T", pq.TransactionStatus.INERROR: "E"}
TOLD = ("server_version_num", "TimeZone", "DateStyle", "standard_conforming_strings")


class LinkError(PreviewError):
    """What the gateway's link raises, in the same shape."""

    def __init__(self, problem: str, code: str, *, late: bool) -> None:
        self.code = code
        self.late = late
        super().__init__(problem)


@dataclass
class Rows:
    columns: tuple[str, ...]
    rows: tuple[tuple[str | None, ...], ...]
    tag: str


class PqLink:
    """The client's own connection; `sent` are the texts that went to the server."""

    pipeline = False

    def __init__(self, conninfo: str, application: str = "psql") -> None:
        self.connection = pq.PGconn.connect(f"{conninfo} application_name='{application}'".encode())
        assert self.connection.status == pq.ConnStatus.OK, self.connection.error_message
        self.sent: list[str] = []
        self.server: Mapping[str, str] = {name: self.run(f"SHOW {name}")[0][0] for name in TOLD}

    @property
    def state(self) -> str:
        return STATES.get(self.connection.transaction_status, "?")

    def query(
        self,
        sql: str,
        *,
        parameters: Sequence[bytes | None] = (),
        formats: Sequence[int] = (),
        types: Sequence[int] = (),
        deadline: float,
    ) -> Rows:
        self.sent.append(sql)
        assert deadline > time.monotonic() - 1
        if parameters:
            result = self.connection.exec_params(
                sql.encode(), list(parameters), list(types) or None, list(formats) or None
            )
        else:
            result = self.connection.exec_(sql.encode())
        return _rows(result)

    def run(self, sql: str) -> tuple[tuple[str | None, ...], ...]:
        """What the client itself does."""
        return _rows(self.connection.exec_(sql.encode())).rows

    def tag(self, sql: str, parameters: Sequence[bytes | None] = ()) -> str:
        """The command tag of a statement of the client."""
        if parameters:
            return _rows(self.connection.exec_params(sql.encode(), list(parameters))).tag
        return _rows(self.connection.exec_(sql.encode())).tag

    def close(self) -> None:
        self.connection.finish()


def _rows(result: pq.PGresult) -> Rows:
    if result.status not in (pq.ExecStatus.COMMAND_OK, pq.ExecStatus.TUPLES_OK, pq.ExecStatus.EMPTY_QUERY):
        code = (result.error_field(pq.DiagnosticField.SQLSTATE) or b"").decode()
        message = (result.error_field(pq.DiagnosticField.MESSAGE_PRIMARY) or b"").decode()
        raise LinkError(message, code, late=code == "57014")
    columns = tuple((result.fname(index) or b"").decode() for index in range(result.nfields))
    rows = tuple(
        tuple(_text(result.get_value(row, column)) for column in range(result.nfields)) for row in range(result.ntuples)
    )
    return Rows(columns, rows, (result.command_status or b"").decode())


def _text(value: bytes | None) -> str | None:
    return None if value is None else value.decode()


@dataclass(frozen=True)
class Unit:
    text: str
    parameters: tuple[bytes | None, ...] = ()
    formats: tuple[int, ...] = ()
    types: tuple[int, ...] = ()


@dataclass(frozen=True)
class Relation:
    name: str
    schema: str = ""
    only: bool = False
    alias: str = ""


@dataclass(frozen=True)
class Plan:
    """As languages.postgres.plans makes them."""

    kind: str
    verb: str
    relations: tuple[Relation, ...] = ()
    text: str = ""
    count: str | None = None
    fixed: int | None = None
    sample: str | None = None
    before_after: str | None = None
    undo_select: str | None = None
    lock_rows: str = ""
    parameters: tuple[int, ...] = ()
    exactness: Exactness = Exactness.EXACT
    caveats: tuple[str, ...] = ()
    returning: bool = False
    lock: str = ""
    work: str = "none"
    safer: tuple[str, ...] = ()
    transactional: bool = True
    transaction_control: bool = False
    also_locks: tuple[tuple[str, str], ...] = ()
    parts: tuple[Plan, ...] = ()
    sets: tuple[str, ...] = ()


SHOP = """
CREATE TABLE customers (id int PRIMARY KEY, name text NOT NULL, email text);
CREATE TABLE orders (id int PRIMARY KEY, customer_id int REFERENCES customers, status text, total numeric(10,2),
                     placed timestamptz DEFAULT now());
CREATE INDEX ON orders (customer_id);
CREATE TABLE order_items (order_id int REFERENCES orders ON DELETE CASCADE, line int, sku text,
                          PRIMARY KEY (order_id, line));
CREATE TABLE notes (id int PRIMARY KEY, item_order int, item_line int, said text,
                    FOREIGN KEY (item_order, item_line) REFERENCES order_items ON DELETE CASCADE);
CREATE TABLE visits (id int PRIMARY KEY, order_id int REFERENCES orders ON DELETE SET NULL);
CREATE TABLE refunds (id int PRIMARY KEY, order_id int REFERENCES orders);
INSERT INTO customers SELECT n, 'customer ' || n, n || '@example.org' FROM generate_series(1, 500) n;
INSERT INTO orders SELECT n, 1 + n % 500, CASE WHEN n % 3 = 0 THEN 'paid' ELSE 'open' END, n * 1.5
  FROM generate_series(1, 3000) n;
INSERT INTO order_items SELECT o, l, 'sku-' || l FROM generate_series(1, 3000) o, generate_series(1, 2) l;
INSERT INTO notes SELECT n, n, 1, 'said ' || n FROM generate_series(1, 100) n;
INSERT INTO visits SELECT n, 1 + n % 3000 FROM generate_series(1, 20000) n;
INSERT INTO refunds VALUES (1, 2999);
ANALYZE;
"""


def rows_plan(verb: str, table: str, where: str = "", used: tuple[int, ...] = (), **more: object) -> Plan:
    """A plan of a plain DELETE or UPDATE."""
    select = f"FROM {table} {where}"
    given = {
        "parameters": used,
        "lock_rows": f" FOR UPDATE OF {table}",
        "count": f"SELECT 1 {select}",
        "sample": f"SELECT * {select}",
        "undo_select": f"SELECT * {select}",
    }
    return Plan("rows", verb, (Relation(table),), **{**given, **more})


def ddl_plan(table: str, work: str, lock: str = "AccessExclusiveLock", **more: object) -> Plan:
    return Plan("ddl", "alter table", (Relation(table),), lock=lock, work=work, **more)
