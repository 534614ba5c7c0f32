"""What is in the demo's database: a small shop with a big table, and a forgotten transaction in the way.

What must not live here: the server, the session.
"""

from __future__ import annotations

import contextlib
import os
import subprocess

from safeshell.cli.demoserver import PORT, DemoServer
from safeshell.cli.demoterminal import DemoError

DATABASE = "shop"
_PATIENCE = 120.0
_SHOP = """
CREATE TABLE customers (id int PRIMARY KEY, name text NOT NULL, email text);
CREATE TABLE products (id int PRIMARY KEY, name text NOT NULL, price numeric(10, 2) NOT NULL);
CREATE TABLE orders (
  id int PRIMARY KEY, customer_id int NOT NULL REFERENCES customers, status text NOT NULL,
  total numeric(10, 2) NOT NULL, placed timestamptz NOT NULL);
CREATE TABLE order_items (
  order_id int REFERENCES orders ON DELETE CASCADE, line int, product_id int REFERENCES products, quantity int,
  PRIMARY KEY (order_id, line));
CREATE TABLE invoices (id int PRIMARY KEY, order_id int REFERENCES orders ON DELETE SET NULL, sent boolean);
CREATE FUNCTION note_order() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
CREATE TRIGGER orders_changed AFTER UPDATE OR DELETE ON orders FOR EACH STATEMENT EXECUTE FUNCTION note_order();
INSERT INTO customers SELECT n, 'Customer ' || n, 'customer' || n || '@shop.example' FROM generate_series(1, 5000) n;
INSERT INTO products SELECT n, 'Product ' || n, 5 + n % 90 FROM generate_series(1, 200) n;
INSERT INTO orders
  SELECT n, 1 + n % 5000, (ARRAY['open', 'paid', 'sent', 'cancelled'])[1 + (n % 97) % 4], 10 + n % 400,
         now() - (200000 - n) * interval '2 minutes'
    FROM generate_series(1, 200000) n;
INSERT INTO order_items SELECT n, line, 1 + n % 200, 1 FROM generate_series(1, 200000) n, generate_series(1, 2) line;
INSERT INTO invoices SELECT n, n, true FROM generate_series(1, 50000) n;
CREATE INDEX ON orders (customer_id);
CREATE INDEX ON orders (placed);
VACUUM ANALYZE;
"""
_IN_THE_WAY = "BEGIN;\nSELECT count(*) FROM orders WHERE status = 'open';\n"


def fill(server: DemoServer) -> None:
    """Make the shop. Raises DemoError."""
    try:
        _psql(server, "postgres", f"CREATE DATABASE {DATABASE}")
        _psql(server, DATABASE, _SHOP)
    except (OSError, subprocess.SubprocessError) as fault:
        told = getattr(fault, "stderr", b"") or str(fault).encode()
        raise DemoError(f"the demo's shop could not be made: {told.decode('utf-8', 'replace').strip()}") from fault


def environment(server: DemoServer) -> dict[str, str]:
    """The variables that lead a client to the shop."""
    return {"PGHOST": server.directory, "PGPORT": str(PORT), "PGUSER": "postgres", "PGDATABASE": DATABASE}


def _psql(server: DemoServer, database: str, text: str) -> None:
    subprocess.run(
        [server.binaries.psql, "-X", "-q", "-v", "ON_ERROR_STOP=1", "-f", "-"],
        input=text.encode(),
        capture_output=True,
        check=True,
        timeout=_PATIENCE,
        env=_environ(server, "demo") | {"PGDATABASE": database},
    )


def somebody_in_the_way(server: DemoServer) -> subprocess.Popen[bytes]:
    """A colleague's session that was left in a transaction: it ends when we do, its input being ours."""
    colleague = subprocess.Popen(
        [server.binaries.psql, "-X", "-q", "-At", "-f", "-"],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        env=_environ(server, "nightly-report"),
    )
    if colleague.stdin is not None:
        with contextlib.suppress(OSError):
            colleague.stdin.write(_IN_THE_WAY.encode())
            colleague.stdin.flush()
    return colleague


def _environ(server: DemoServer, application: str) -> dict[str, str]:
    return (
        {"PATH": os.environ.get("PATH", os.defpath), "LANG": "C.UTF-8"}
        | environment(server)
        | {"PGAPPNAME": application}
    )
