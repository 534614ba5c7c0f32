"""What is told of rows before they change: the number is the number, or says what it is."""

from __future__ import annotations

import pytest

from safeshell.model.effects import Demand
from safeshell.model.judgement import Exactness, Reversibility
from safeshell.previews.postgres import rows
from safeshell.previews.postgres.desk import Desk
from safeshell.previews.postgres.link import Limits
from tests.previews.postgres.linking import Unit, rows_plan


def look(link, plan, unit=None, limits=None):
    desk = Desk(link, 2.0)
    desk.open()
    seen = rows.look(plan, unit or Unit("x"), desk, limits or Limits())
    desk.close()
    return seen


def test_a_delete_shows_number_rows_and_the_way_back(link):
    """The number is what DELETE then says."""
    seen = look(link, rows_plan("delete", "order_items", "WHERE line = 2"))
    assert (seen.summary, seen.affected, seen.unit) == ("3,000 rows of order_items", 3000, "rows")
    assert (seen.exactness, seen.reversibility, seen.raises) == (
        Exactness.EXACT,
        Reversibility.UNDO_KIT,
        Demand.ALLOW,
    )
    assert seen.sample[0].split() == ["order_id", "line", "sku"]
    assert len(seen.sample) == 6
    assert "that is 50% of the table's about 6,000 rows" in seen.caveats
    assert link.tag("DELETE FROM order_items WHERE line = 2") == "DELETE 3000"


def test_an_update_shows_before_and_after(link):
    """What the plan's SELECT gives stands as columns."""
    change = 'SELECT id, status, total, total * 2 AS "total (new)" FROM orders WHERE id < 3'
    seen = look(link, rows_plan("update", "orders", "WHERE id < 3", before_after=change))
    assert seen.sample == ("id  total         status", "1   1.50 -> 3.00  open", "2   3.00 -> 6.00  open")


def test_parameters_of_the_bind_count(link):
    """The values as they came, by the numbers that each SELECT uses."""
    unit = Unit("UPDATE orders SET status = $1 WHERE id <= $2", (b"new", b"7"))
    change = 'SELECT id, status, $1::text AS "status (new)" FROM orders WHERE id <= $2'
    plan = rows_plan("update", "orders", "WHERE id <= $2", used=(1, 2), before_after=change)
    seen = look(link, plan, unit)
    assert seen.affected == 7
    assert seen.sample[1] == "1   open -> new"


def test_a_before_trigger_makes_it_a_bound(link):
    """It may skip rows, and here it does."""
    link.run("""
        CREATE FUNCTION half() RETURNS trigger LANGUAGE plpgsql AS
          'BEGIN IF OLD.id % 2 = 0 THEN RETURN NULL; END IF; RETURN OLD; END';
        CREATE TRIGGER half BEFORE DELETE ON visits FOR EACH ROW EXECUTE FUNCTION half();
    """)
    seen = look(link, rows_plan("delete", "visits", "WHERE id <= 100"))
    assert (seen.affected, seen.exactness) == (100, Exactness.AT_MOST)
    assert seen.summary == "at most 100 rows of visits"
    assert "trigger half runs half() before each row, and may skip rows" in seen.caveats
    assert link.tag("DELETE FROM visits WHERE id <= 100") == "DELETE 50"


def test_a_rule_makes_it_an_estimate(link):
    """What happens is not what was counted."""
    link.run("CREATE RULE keep AS ON DELETE TO refunds DO INSTEAD NOTHING")
    seen = look(link, rows_plan("delete", "refunds"))
    assert seen.exactness is Exactness.ESTIMATE
    assert any("rule keep rewrites it" in caveat for caveat in seen.caveats)


def test_row_security_is_said_and_the_count_is_the_users(link):
    """Only what the user sees, as the DELETE itself."""
    link.run("""
        DO $$ BEGIN CREATE ROLE clerk; EXCEPTION WHEN duplicate_object THEN NULL; END $$;
        GRANT ALL ON visits TO clerk; ALTER TABLE visits ENABLE ROW LEVEL SECURITY;
        CREATE POLICY few ON visits USING (id <= 10); SET ROLE clerk
    """)
    seen = look(link, rows_plan("delete", "visits"))
    assert seen.affected == 10
    assert any("row security" in caveat for caveat in seen.caveats)
    assert link.tag("DELETE FROM visits") == "DELETE 10"
    link.run("RESET ROLE; DROP OWNED BY clerk")


@pytest.mark.parametrize(
    ("policies", "deleted"),
    [
        (
            "CREATE POLICY see ON visits USING (id <= 10); CREATE POLICY del ON visits AS RESTRICTIVE FOR DELETE USING (id < 4)",
            3,
        ),
        (
            "CREATE POLICY see ON visits FOR SELECT USING (id <= 10); CREATE POLICY del ON visits FOR DELETE USING (id < 30)",
            29,
        ),
    ],
)
def test_a_policy_for_deletes_alone_makes_the_number_a_guess(link, policies, deleted):
    """A SELECT is not under it: fewer rows may be hit than are seen, without a condition even more."""
    link.run(f"""
        DO $$ BEGIN CREATE ROLE clerk; EXCEPTION WHEN duplicate_object THEN NULL; END $$;
        GRANT ALL ON visits TO clerk; ALTER TABLE visits ENABLE ROW LEVEL SECURITY; {policies}; SET ROLE clerk
    """)
    seen = look(link, rows_plan("delete", "visits"))
    assert (seen.affected, seen.exactness) == (10, Exactness.ESTIMATE)
    assert any("for DELETE alone (del)" in caveat for caveat in seen.caveats)
    assert link.tag("DELETE FROM visits") == f"DELETE {deleted}"
    link.run("RESET ROLE; DROP OWNED BY clerk")


def test_somebody_who_holds_a_lock_is_named(link, connect):
    """A SHARE lock makes a DELETE wait."""
    other = connect("index-builder")
    other.run("BEGIN; LOCK visits IN SHARE MODE")
    seen = look(link, rows_plan("delete", "visits", "WHERE id = 1"))
    assert seen.caveats[0].startswith(f"it would wait for pid {other.connection.backend_pid}, postgres, index-builder")


def test_inside_a_transaction_rollback_is_the_way_back(link):
    """Uncommitted rows are counted too."""
    link.run("BEGIN; DELETE FROM visits WHERE id > 5")
    seen = look(link, rows_plan("delete", "visits"))
    assert seen.affected == 5
    assert seen.rollback


def test_what_cannot_be_counted_asks_harder(link):
    """The server's own words are a caveat; the connection is as it was."""
    seen = look(link, rows_plan("delete", "nowhere"))
    assert (seen.affected, seen.exactness, seen.raises) == (None, Exactness.UNKNOWN, Demand.CONFIRM)
    assert any('relation "nowhere" does not exist' in caveat for caveat in seen.caveats)
    assert link.state == "I"


def test_one_failing_part_does_not_hide_the_others(link):
    """A sample that fails is said, the count stands, and it asks harder."""
    seen = look(link, rows_plan("delete", "visits", "WHERE id < 4", sample="SELECT nothing FROM nowhere"))
    assert (seen.affected, seen.raises) == (3, Demand.CONFIRM)
    assert any("the sample could not be looked at" in caveat for caveat in seen.caveats)


@pytest.mark.parametrize(("known", "shown"), [(Exactness.AT_MOST, "at most "), (Exactness.ESTIMATE, "about ")])
def test_the_plans_own_doubt_is_kept(link, known, shown):
    """ON CONFLICT DO NOTHING is at most."""
    seen = look(link, rows_plan("insert", "visits", "WHERE id < 4", exactness=known))
    assert seen.summary == f"{shown}3 rows of visits"
    assert seen.exactness is known


def test_a_kit_is_promised_only_where_it_can_give_back(link):
    """A changed key, or none, cannot be found again: the dialog says so."""
    link.run("CREATE TABLE heap AS SELECT 1 AS a")
    for plan, why in (
        (rows_plan("update", "orders", sets=("id",)), "no undo kit: the key of orders is changed itself (id)"),
        (rows_plan("update", "heap", sets=("a",)), "no undo kit: heap has no key that tells its rows apart"),
    ):
        seen = look(link, plan)
        assert seen.reversibility is Reversibility.IRREVERSIBLE
        assert why in seen.caveats
    assert look(link, rows_plan("delete", "heap")).reversibility is Reversibility.UNDO_KIT


def test_where_no_row_goes_no_key_matters(link):
    """Nothing is said of what would go along, or of how long looking for it takes."""
    assert any("order_id" in caveat for caveat in look(link, rows_plan("delete", "orders", "WHERE id = 5")).caveats)
    seen = look(link, rows_plan("delete", "orders", "WHERE id = -5"))
    assert (seen.affected, seen.exactness) == (0, Exactness.EXACT)
    assert not any("order_id" in caveat or "ON DELETE" in caveat for caveat in seen.caveats)
