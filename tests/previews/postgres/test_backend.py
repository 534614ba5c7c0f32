"""Ending sessions: whose they are, and what goes with them."""

from __future__ import annotations

from safeshell.model.effects import Demand
from safeshell.model.judgement import Exactness
from safeshell.previews.postgres import backend
from safeshell.previews.postgres.desk import Desk
from safeshell.previews.postgres.values import Bound


def look(link, pids, select=None):
    desk = Desk(link, 2.0)
    desk.open()
    seen = backend.look(pids, select, Bound(), desk)
    desk.close()
    return seen


def test_a_session_in_the_middle_of_a_write(link, connect):
    """Who, from where, since when, what, and that its work is rolled back."""
    other = connect("importer")
    other.run("BEGIN; UPDATE orders SET total = 0 WHERE id = 1")
    pid = other.connection.backend_pid
    seen = look(link, [pid, 1])
    assert (seen.summary, seen.affected, seen.unit, seen.raises) == (
        "1 session: postgres, importer",
        1,
        "sessions",
        Demand.CONFIRM,
    )
    assert seen.sample[0].startswith(f"{pid}  postgres  importer  idle in transaction, ")
    assert seen.caveats == (
        "1 session of them in the middle of a write: that is rolled back",
        "no session has pid 1",
    )


def test_sessions_by_a_select(link, connect):
    """As pg_terminate_backend(pid) FROM pg_stat_activity names them."""
    connect("worker")
    connect("worker")
    seen = look(link, [], "SELECT pid FROM pg_stat_activity WHERE application_name = 'worker'")
    assert (seen.affected, seen.exactness) == (2, Exactness.EXACT)
    assert look(link, [], "SELECT 1 WHERE false").affected == 0


def test_what_only_running_tells_asks_harder(link):
    """No pid, no SELECT."""
    seen = look(link, [])
    assert (seen.exactness, seen.raises) == (Exactness.UNKNOWN, Demand.CONFIRM)


def test_the_servers_own_processes_are_named_as_such(link):
    """Ending the checkpointer is no ordinary thing."""
    pid = int(link.run("SELECT pid FROM pg_stat_activity WHERE backend_type = 'checkpointer'")[0][0])
    seen = look(link, [pid])
    assert f"processes of the server itself are meant, too: checkpointer (pid {pid})" in seen.caveats
    assert (seen.summary, seen.sample, seen.raises) == ("no client's session", (), Demand.CONFIRM)
