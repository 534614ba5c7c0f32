"""The end of a supervised run, against a real server: a COMMIT that fails is told, one that rolls back is none."""

from __future__ import annotations

import psycopg
import pytest

from safeshell.model.judgement import Confirmation, Consent
from tests.gateways.patient import agreeing
from tests.live.wires import guarded
from tests.servers import postgres_binaries, postgres_server

pytestmark = pytest.mark.skipif(postgres_binaries() is None, reason="no PostgreSQL server is installed")
SCHEMA = """
create table parents (id int primary key); create table children (parent int);
insert into children values (1);
alter table children add foreign key (parent) references parents deferrable initially deferred not valid;
"""


@pytest.fixture
def guard(tmp_path):
    with postgres_server() as server, guarded(server, tmp_path) as made:
        with made.direct() as owner:
            owner.execute(SCHEMA)
        yield made


def test_a_commit_that_fails_is_the_answer(guard, monkeypatch):
    """A deferred constraint speaks at the COMMIT: the client reads that error, nothing stays, the tag is not told."""
    agreeing(monkeypatch, lambda question: Confirmation(question.digest, "ada", Consent.TYPED, granted=True, at=0.0))
    with guard.connect() as client:
        with pytest.raises(psycopg.errors.ForeignKeyViolation):
            client.execute("update children set parent = 2")
        assert client.execute("select parent from children").fetchone() == (1,)
    assert guard.value("select parent from children") == 1
