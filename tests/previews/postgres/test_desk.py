"""Questions on somebody else's connection leave it exactly as it was."""

from __future__ import annotations

import pytest

from safeshell.previews.postgres.desk import LOCKED, Desk, Refused


def opened(link, deadline=2.0):
    desk = Desk(link, deadline)
    desk.open()
    return desk


def test_outside_a_transaction_it_has_its_own_and_ends_it(link):
    """State I before and after; what was asked could not write."""
    desk = opened(link)
    with pytest.raises(Refused, match="read-only"):
        desk.table("INSERT INTO refunds VALUES (9, 9)")
    assert desk.table("SELECT 1") == [("1",)]
    desk.close()
    assert link.state == "I"
    assert link.run("SHOW statement_timeout") == (("0",),)


def test_inside_a_transaction_a_savepoint_keeps_everything(link):
    """The client's uncommitted rows are seen, its cursor keeps its place, it may still write, and settings are back."""
    link.run("BEGIN; INSERT INTO refunds VALUES (2, 5); DECLARE c CURSOR FOR SELECT id FROM orders ORDER BY id")
    assert link.run("FETCH 2 FROM c") == (("1",), ("2",))
    desk = opened(link)
    assert desk.table("SELECT count(*) FROM refunds") == [("2",)]
    with pytest.raises(Refused):
        desk.table("DELETE FROM refunds")
    desk.close()
    assert link.state == "T"
    assert link.run("FETCH 1 FROM c") == (("3",),)
    link.run("INSERT INTO refunds VALUES (3, 6)")
    assert link.run("SHOW lock_timeout") == (("0",),)
    link.run("COMMIT")
    assert link.run("SELECT count(*) FROM refunds") == (("3",),)


def test_a_question_that_fails_costs_only_itself(link):
    """The next one is answered."""
    desk = opened(link)
    with pytest.raises(Refused) as caught:
        desk.table("SELECT * FROM nowhere")
    assert caught.value.sqlstate == "42P01"
    assert desk.table("SELECT 2") == [("2",)]
    desk.close()


def test_a_lock_of_somebody_else_is_not_waited_for(link, connect):
    """A table under ACCESS EXCLUSIVE gives up after a moment."""
    other = connect()
    other.run("BEGIN; LOCK orders")
    desk = opened(link)
    with pytest.raises(Refused) as caught:
        desk.table("SELECT count(*) FROM orders")
    assert caught.value.sqlstate == LOCKED
    desk.close()
    assert link.state == "I"


def test_the_deadline_is_the_servers_too(link):
    """A question that takes too long ends; no question starts after the end."""
    desk = opened(link, 0.3)
    with pytest.raises(Refused) as caught:
        desk.table("SELECT pg_sleep(5)")
    assert caught.value.timed_out
    with pytest.raises(Refused) as late:
        desk.ask("SELECT 1")
    assert late.value.timed_out
    desk.close()
    assert link.state == "I"


def test_a_failed_transaction_and_a_pipeline_are_left_alone(link):
    """Nothing is sent at all."""
    link.run("BEGIN")
    with pytest.raises(Exception, match="nowhere"):
        link.run("SELECT * FROM nowhere")
    link.sent.clear()
    with pytest.raises(Refused, match="failed already"):
        opened(link)
    link.run("ROLLBACK")
    link.pipeline = True
    with pytest.raises(Refused, match="pipeline"):
        opened(link)
    assert not link.sent


def test_a_question_is_one_message(link):
    """A distant server is asked once a question: what prepares it and what undoes the last one come along."""
    desk = opened(link)
    before = len(link.sent)
    for _ in range(5):
        desk.table("SELECT 1")
    assert len(link.sent) - before == 5
    desk.close()
    assert len(link.sent) <= 8
