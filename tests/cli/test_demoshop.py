"""The demo's shop: enough rows to show something, and a colleague in the way."""

from __future__ import annotations

import time

import pytest

from safeshell.cli.demoserver import PORT, demo_server, find_binaries
from safeshell.cli.demoshop import DATABASE, environment, fill, somebody_in_the_way
from tests.previews.postgres.linking import PqLink


@pytest.mark.skipif(find_binaries() is None, reason="no PostgreSQL server is installed")
def test_a_shop_with_somebody_in_the_way():
    """200,000 orders with items; a session idle in a transaction, which ends with us."""
    with demo_server() as server:
        fill(server)
        link = PqLink(f"host={server.directory} port={PORT} user=postgres dbname={DATABASE}")
        assert link.run("SELECT count(*) FROM orders") == (("200000",),)
        colleague = somebody_in_the_way(server)
        asked = "SELECT state FROM pg_stat_activity WHERE application_name = 'nightly-report'"
        until = time.monotonic() + 20
        while link.run(asked) != (("idle in transaction",),) and time.monotonic() < until:
            time.sleep(0.05)
        assert link.run(asked) == (("idle in transaction",),)
        colleague.stdin.close()
        assert colleague.wait(20) == 0
        link.close()
        assert environment(server)["PGDATABASE"] == DATABASE
