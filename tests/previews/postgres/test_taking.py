"""One message, all its statements, one preview; whatever fails asks harder."""

from __future__ import annotations

import time

import pytest

from safeshell.model.effects import Demand, Effect
from safeshell.model.judgement import Assessment, Exactness
from safeshell.model.statements import Target, TargetKind
from safeshell.previews.postgres import take
from tests.dialogs.samples import finding
from tests.making import action
from tests.previews.postgres.linking import LinkError, Plan, Relation, Unit, ddl_plan, rows_plan


def seen(link, *plans, findings=(), units=None, deadline=2.0):
    by_text = {str(number): plan for number, plan in enumerate(plans)}
    return take(
        Assessment(action(), (), findings),
        link,
        units=units or [Unit(text) for text in by_text],
        deadline=deadline,
        plans=lambda text, server: [by_text[text]],
    )


def test_each_kind_finds_its_look(link):
    """Rows, schema, TRUNCATE with CASCADE, DROP, LOCK, sessions."""
    cascade = finding(Effect.DESTROYS_DATA, "empties", preview="postgres.truncate", recursive=True)
    pid = str(link.connection.backend_pid)
    session = finding(Effect.STOPS_SERVICE, "ends", targets=(Target(TargetKind.PROCESS, pid, pid),))
    orders = (Relation("orders"),)
    assert seen(link, rows_plan("delete", "orders")).summary == "3,000 rows of orders"
    assert seen(link, ddl_plan("orders", "scan")).summary.startswith("nobody is in the way of orders")
    assert "4 more tables" in seen(link, Plan("truncate", "truncate", orders), findings=(cascade,)).summary
    assert seen(link, Plan("ddl", "drop table", orders)).summary.startswith("orders: 3,000 rows")
    assert seen(link, Plan("other", "lock", orders, lock="ShareLock")).summary == "locks orders in SHARE mode"
    assert seen(link, Plan("other", "select"), findings=(session,)).affected == 1


def test_a_read_costs_no_question(link):
    """Nothing is sent for a statement that nothing can be told of."""
    link.sent.clear()
    assert seen(link, Plan("other", "select")).caveats == ()
    assert link.sent == []


def test_later_statements_are_estimates(link):
    """They are counted before the first ones ran, and that is said."""
    both = seen(link, rows_plan("delete", "orders", "WHERE id < 5"), rows_plan("delete", "visits", "WHERE id < 5"))
    assert (both.affected, both.exactness) == (8, Exactness.ESTIMATE)
    assert any("counted as of now" in caveat for caveat in both.caveats)


def test_a_fault_of_our_own_is_a_caveat(link):
    """Not an error, not silence; the connection is as it was."""
    broken = seen(link, Plan("rows", "delete", count=object()))
    assert (broken.exactness, broken.raises) == (Exactness.UNKNOWN, Demand.CONFIRM)
    assert broken.caveats
    assert link.state == "I"


def test_a_failed_transaction_cannot_be_asked(link):
    """Said, and asked harder; the transaction stays what it was."""
    link.run("BEGIN")
    link.tag("SAVEPOINT s")
    with pytest.raises(LinkError):
        link.run("SELECT * FROM nowhere")
    failed = seen(link, rows_plan("delete", "orders"))
    assert failed.raises is Demand.CONFIRM
    assert "failed already" in failed.caveats[0]
    assert link.state == "E"


def test_the_deadline_holds_for_all_statements_together(link):
    """Twelve slow ones do not take twelve times as long."""
    slow = rows_plan("delete", "orders", "WHERE pg_sleep(0.01) IS NULL")
    began = time.monotonic()
    found = seen(link, *[slow] * 14, deadline=1.0)
    assert time.monotonic() - began < 2.5
    assert any("2 more statements" in caveat for caveat in found.caveats)
