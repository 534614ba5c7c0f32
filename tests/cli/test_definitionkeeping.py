"""The undo kit of a definition, through a real wire: kept when it runs, gone when it does not, put back by its text."""

from __future__ import annotations

import psycopg
import pytest

from safeshell.cli.undokeeping import kits_of
from safeshell.model.judgement import Confirmation, Consent, Reversibility
from safeshell.state.undo import DEFINITION, DONE
from tests.gateways.patient import agreeing, by_remedy
from tests.live.wires import guarded
from tests.servers import postgres_binaries, postgres_server

pytestmark = pytest.mark.skipif(postgres_binaries() is None, reason="no PostgreSQL server is installed")
SCHEMA = """
drop schema if exists app cascade; create schema app;
create table app.orders (id int primary key, state text);
create view app.open_orders as select id from app.orders where state = 'open';
create index by_state on app.orders (state);
create function app.one() returns int language sql as 'select 1';
"""


def plainly(question) -> Confirmation:
    return Confirmation(question.digest, "ada", Consent.TYPED, granted=True, at=0.0)


@pytest.fixture(scope="module")
def server():
    with postgres_server() as made:
        yield made


@pytest.fixture
def guard(server, tmp_path):
    with guarded(server, tmp_path) as made:
        with made.direct() as owner:
            owner.execute(SCHEMA)
        yield made


def kits(guard):
    return kits_of(guard.wire.setting).listing()


@pytest.mark.parametrize("answer", [plainly, by_remedy])
@pytest.mark.parametrize(
    ("text", "name", "there"),
    [
        ("drop view app.open_orders", "view app.open_orders", "to_regclass('app.open_orders') is not null"),
        ("drop index app.by_state", "index app.by_state", "to_regclass('app.by_state') is not null"),
        (
            "create or replace function app.one() returns int language sql as 'select 2'",
            "routine app.one()",
            "app.one() = 1",
        ),
    ],
)
def test_a_definition_is_kept_and_comes_back(guard, monkeypatch, text, name, there, answer):  # noqa: PLR0917 - two fixtures and a table
    """The dialog promised it; afterwards the server no longer has it, and the kit's text brings it back."""
    asked = agreeing(monkeypatch, answer)
    with guard.connect() as client:
        client.execute(text)
    assert asked[0].preview.reversibility is Reversibility.UNDO_KIT
    assert guard.value(f"select {there}") is False
    (kit,) = kits(guard)
    assert (kit.state, kit.parts, kit.text) == (DONE, ((name, 0, DEFINITION),), text)
    with guard.direct() as owner:
        owner.execute(kit.restore)
    assert guard.value(f"select {there}") is True


@pytest.mark.parametrize("answer", [plainly, by_remedy])
def test_what_fails_leaves_no_kit(guard, monkeypatch, answer):
    """A view depends on the column: the server says no, and nothing is kept."""
    agreeing(monkeypatch, answer)
    with guard.direct() as owner:
        owner.execute("create view app.upon as select id from app.open_orders")
    with guard.connect() as client, pytest.raises(psycopg.errors.DependentObjectsStillExist):
        client.execute("drop view app.open_orders")
    assert kits(guard) == []
    assert guard.value("select to_regclass('app.open_orders') is not null")


def test_several_statements_of_a_message_promise_none(guard, monkeypatch):
    """Nor is one taken."""
    asked = agreeing(monkeypatch, plainly)
    with guard.connect() as client:
        client.execute("drop index app.by_state; drop view app.open_orders")
    assert asked[0].preview.reversibility is not Reversibility.UNDO_KIT
    assert any("one of several statements" in caveat for caveat in asked[0].preview.caveats)
    assert kits(guard) == []


def test_in_the_clients_transaction_it_is_kept_too(guard, monkeypatch):
    """COMMIT is the client's, and the kit is there before it."""
    agreeing(monkeypatch, plainly)
    with guard.connect() as client:
        client.execute("begin")
        client.execute("drop view app.open_orders")
        client.execute("commit")
    assert [kit.parts[0][0] for kit in kits(guard)] == ["view app.open_orders"]
    assert guard.value("select to_regclass('app.open_orders') is null")
