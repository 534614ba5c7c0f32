"""One private PostgreSQL for the tests of this folder."""

from __future__ import annotations

import pytest

from tests.servers import postgres_binaries, postgres_server


@pytest.fixture(scope="session")
def postgres():
    """A server that is started once and ended with the run."""
    if postgres_binaries() is None:
        pytest.skip("PostgreSQL is not installed")
    with postgres_server() as server:
        yield server
