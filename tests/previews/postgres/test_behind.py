"""Changes through views: counted, cascades told, kept from the table behind, and put back there whole."""

from __future__ import annotations

import pytest

from safeshell.languages.postgres.plans import plan
from safeshell.model.judgement import Reversibility
from safeshell.previews.postgres.desk import Desk, Refused
from safeshell.previews.postgres.kit import take_kit
from safeshell.previews.postgres.link import Limits
from safeshell.previews.postgres.rows import look
from tests.previews.postgres.linking import Unit
from tests.previews.postgres.restoring import fingerprint, kept, put_back

VIEWS = """
CREATE VIEW cheap AS SELECT id AS number, status FROM orders WHERE total < 50;
CREATE VIEW cheaper AS SELECT number, status AS state FROM cheap WHERE number % 2 = 0;
CREATE VIEW blind AS SELECT status, total FROM orders;
CREATE VIEW joined AS SELECT o.id, c.name FROM orders o JOIN customers c ON c.id = o.customer_id;
CREATE VIEW acted AS SELECT id, status FROM orders;
CREATE FUNCTION act() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN OLD; END';
CREATE TRIGGER act INSTEAD OF DELETE OR UPDATE ON acted FOR EACH ROW EXECUTE FUNCTION act();
CREATE VIEW ruled AS SELECT id FROM orders;
CREATE RULE r AS ON DELETE TO ruled DO INSTEAD NOTHING;
CREATE EXTENSION IF NOT EXISTS plpgsql;
CREATE FOREIGN DATA WRAPPER nobody; CREATE SERVER far FOREIGN DATA WRAPPER nobody;
CREATE FOREIGN TABLE distant (id int) SERVER far;
CREATE VIEW over_there AS SELECT id FROM distant;
"""
TABLES = ("orders", "order_items", "notes", "visits")


@pytest.fixture
def shop(link):
    link.run("SET client_min_messages = warning")
    link.run(VIEWS)
    link.run("DELETE FROM refunds")
    return link


def seen(link, text):
    (one,) = plan(text, server=link.server)
    desk = Desk(link, 5.0)
    desk.open()
    try:
        return look(one, Unit(text), desk, Limits())
    finally:
        desk.close()


@pytest.mark.parametrize("text", ["DELETE FROM cheap WHERE number < 300", "DELETE FROM cheaper WHERE state = 'open'"])
def test_deleted_through_a_view_they_come_back_whole(shop, server, text):
    """Columns that the view hides, and what foreign keys took along: all of it is the table's."""
    told = seen(shop, text)
    assert told.reversibility is Reversibility.UNDO_KIT
    assert any("order_items go too" in caveat for caveat in told.caveats)
    before = fingerprint(shop, *TABLES)
    kit = kept(shop, plan(text)[0], text)
    assert kit.rows == told.affected
    assert kit.parts[0].table == "orders"
    assert fingerprint(shop, *TABLES) != before
    done = put_back(server, shop, kit)
    assert done.returncode == 0, done.stderr
    assert fingerprint(shop, *TABLES) == before


def test_changed_through_a_view_they_get_their_values_back(shop, server):
    """By the table's key; a view upon a view renames the columns twice."""
    text = "UPDATE cheaper SET state = 'gone' WHERE number < 100"
    before = fingerprint(shop, "orders")
    kit = kept(shop, plan(text)[0], text)
    assert (kit.parts[0].how, kit.parts[0].key) == ("update", ("id",))
    assert fingerprint(shop, "orders") != before
    assert put_back(server, shop, kit).returncode == 0
    assert fingerprint(shop, "orders") == before


def test_a_key_that_is_changed_by_its_other_name_is_known(shop):
    """The view calls it number, the table id."""
    told = seen(shop, "UPDATE cheap SET number = number + 100000")
    assert told.reversibility is Reversibility.IRREVERSIBLE
    assert any("the key of orders is changed itself (id)" in caveat for caveat in told.caveats)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("DELETE FROM blind WHERE total < 10", "blind does not show the key of orders (id)"),
        ("DELETE FROM acted WHERE id = 1", "a trigger or a rule of acted"),
        ("DELETE FROM ruled WHERE id = 1", "a trigger or a rule of ruled"),
        ("DELETE FROM joined WHERE id = 1", "the rows of joined are not those of one table"),
        ("DELETE FROM over_there WHERE id = 1", "distant is a foreign table"),
        ("DELETE FROM distant WHERE id = 1", "distant is a foreign table"),
    ],
)
def test_where_no_kit_is_possible_the_dialog_says_why(shop, text, why):
    """And none is taken that would give back half of the rows."""
    told = seen(shop, text)
    assert told.reversibility is Reversibility.IRREVERSIBLE
    assert any(f"no undo kit: {why}" in caveat for caveat in told.caveats), told.caveats
    shop.run("BEGIN")
    with pytest.raises(Refused) as refused:
        take_kit(plan(text)[0], Unit(text), shop, limit=1 << 20, until=1e12)
    assert why in str(refused.value)
    assert shop.run("SELECT 1") == (("1",),)
    shop.run("ROLLBACK")
