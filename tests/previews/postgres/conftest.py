"""A server for these tests, a fresh database with the shop for each, and links to it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import count

import pytest

from tests.previews.postgres.linking import SHOP, PqLink
from tests.servers import Server, postgres_binaries, postgres_server

_numbers = count(1)


@pytest.fixture(scope="session", params=[15, 16, 18])
def server(request) -> Iterator[Server]:
    if postgres_binaries(request.param) is None:
        pytest.skip(f"PostgreSQL {request.param} is not installed")
    with postgres_server(major=request.param, settings={"max_prepared_transactions": "4"}) as running:
        yield running


@pytest.fixture(scope="session")
def template(server: Server) -> str:
    """A database with the shop in it, to be copied."""
    root = PqLink(server.conninfo())
    root.run("CREATE DATABASE shop_template")
    root.close()
    filled = PqLink(server.conninfo("shop_template"))
    filled.run(SHOP)
    filled.close()
    return "shop_template"


@pytest.fixture
def connect(server: Server, template: str) -> Iterator[Callable[..., PqLink]]:
    """Open connections to this test's own database."""
    name = f"shop{next(_numbers)}"
    root = PqLink(server.conninfo())
    root.run(f"CREATE DATABASE {name} TEMPLATE {template}")
    opened: list[PqLink] = []

    def make(application: str = "psql", user: str = "postgres") -> PqLink:
        opened.append(PqLink(server.conninfo(name, user), application))
        opened[-1].sent.clear()
        return opened[-1]

    yield make
    for link in opened:
        link.close()
    root.run(f"DROP DATABASE {name} WITH (FORCE)")
    root.close()


@pytest.fixture
def link(connect: Callable[..., PqLink]) -> PqLink:
    """A connection to a database with the shop in it."""
    return connect()
