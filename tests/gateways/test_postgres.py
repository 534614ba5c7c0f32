"""What the adapter tells the policy of a connection; conversations are driven by the live tests of the wire."""

from __future__ import annotations

from safeshell.gateways.postgres import PostgresAdapter
from safeshell.gateways.postgrestarget import Host, resolve


def adapter(**given):
    return PostgresAdapter(resolve(given, {}, user="ada", home="/nowhere"), None, session="s")


def test_where_a_connection_leads():
    """Host, database, user and port as the policy matches them; an address where there is no name."""
    made = adapter(host="db.prod", port="6432")
    place = made.place("ada", "shop")
    assert (place.kind, place.name) == ("database", "db.prod")
    assert place.detail == {"engine": "postgres", "database": "shop", "user": "ada", "port": "6432"}
    assert made.place("ada", "shop", Host("", 1, "10.0.0.1")).name == "10.0.0.1"


def test_a_cancel_for_a_session_that_nobody_knows_is_ignored():
    """Its key fits none."""
    adapter(host="db").cancel(1, b"none")


def test_connections_are_numbered():
    """So that the audit tells them apart."""
    made = adapter(host="db")
    assert (made.number(), made.number()) == (1, 2)
