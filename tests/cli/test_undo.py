"""What was deleted through the guard comes back through the guard, confirmed by a person."""

# ruff: noqa: F811 - imported fixtures are arguments of tests

from __future__ import annotations

import json
import sys

import pytest

from tests.cli.conftest import Terminal
from tests.previews.postgres.conftest import connect, link, server, template  # noqa: F401 - fixtures
from tests.previews.postgres.restoring import fingerprint

TABLES = ("orders", "order_items", "notes", "visits")
PSQL = [sys.executable, "-m", "safeshell.cli.safepsql"]


@pytest.fixture
def shop(operator, server, link):
    """The operator's environment leads to the shop, which is production."""
    database = link.run("SELECT current_database()")[0][0]
    operator.environ |= {"PGHOST": str(server.directory), "PGPORT": str(server.port)}
    operator.environ |= {"PGUSER": "postgres", "PGDATABASE": database}
    return operator


def confirm(person, argv, env=None):
    """Run a command in a terminal and type what its full dialog asks for."""
    terminal = Terminal(argv, {**person.environ, **(env or {})}, person.home, 100, 40)
    person.terminals.append(terminal)
    terminal.until("to run it, Esc to cancel")
    screen = terminal.text()
    terminal.rest(0.6)
    terminal.send(terminal.challenge() + "\r")
    code = terminal.end()
    return code, screen, terminal.text()


def deleted(shop, text="DELETE FROM orders WHERE id <= 20"):
    code, screen, after = confirm(shop, [*PSQL, "-X", "-c", text])
    assert code == 0, after
    return screen, after


def only_kit(shop):
    (line,) = shop.run("undo").stdout.splitlines()
    return line.split()[0], line


def test_a_delete_is_listed_and_taken_back(shop, link):
    """With children and grandchildren; the kit says what, where and how much; a second time it says that it was."""
    before = fingerprint(link, *TABLES)
    screen, after = deleted(shop)
    assert "20 rows of orders" in screen
    assert "40 rows of order_items go too" in " ".join(screen.split())
    assert "DELETE 20" in after
    identity, line = only_kit(shop)
    assert f"safeshell undo {identity}" in after
    assert "DELETE FROM orders WHERE id <= 20" in line
    assert fingerprint(link, *TABLES) != before
    code, screen, after = confirm(shop, [sys.executable, "-m", "safeshell.cli.main", "undo", identity])
    assert code == 0, after
    assert "puts back 20 rows of orders" in " ".join(screen.split())
    assert fingerprint(link, *TABLES) == before
    assert "taken back" in only_kit(shop)[1]
    assert "safeshell_undo_1" in shop.run("audit", "search", "--json", "--text", "safeshell_undo_1").stdout
    assert shop.run("audit", "verify").returncode == 0


def test_another_server_in_the_environment_changes_nothing(shop, link):
    """The kit knows where its rows belong."""
    before = fingerprint(link, *TABLES)
    deleted(shop)
    identity, _ = only_kit(shop)
    wrong = {"PGHOST": "/nowhere", "PGDATABASE": "other"}
    code, _, after = confirm(shop, [sys.executable, "-m", "safeshell.cli.main", "undo", identity], wrong)
    assert code == 0, after
    assert fingerprint(link, *TABLES) == before


def test_no_is_no(shop, link):
    """Esc leaves everything as it is, the kit too."""
    deleted(shop)
    identity, _ = only_kit(shop)
    after_delete = fingerprint(link, *TABLES)
    terminal = shop.terminal("undo", identity)
    terminal.until("Esc to cancel").rest(0.6).send("\x1b")
    assert terminal.end() == 1
    assert "nothing was put back" in terminal.words()
    assert fingerprint(link, *TABLES) == after_delete
    assert only_kit(shop)[0] == identity


def test_a_failure_changes_nothing(shop, link):
    """The server refuses: the whole message is rolled back, the kit stays."""
    deleted(shop)
    identity, _ = only_kit(shop)
    link.run("ALTER TABLE orders ADD CHECK (total > 10) NOT VALID")
    now = fingerprint(link, *TABLES)
    code, _, after = confirm(shop, [sys.executable, "-m", "safeshell.cli.main", "undo", identity])
    assert code == 1
    assert "violates check constraint" in after
    assert "nothing was changed" in " ".join(after.split())
    assert fingerprint(link, *TABLES) == now
    assert "taken back" not in only_kit(shop)[1]


def test_without_a_terminal_it_only_lists(shop, link):
    """Putting back is a person's business; listing is anybody's."""
    deleted(shop)
    identity, _ = only_kit(shop)
    refused = shop.run("undo", identity)
    assert refused.returncode == 2
    assert "needs a person at a terminal" in refused.stderr
    (one,) = [json.loads(line) for line in shop.run("undo", "--json").stdout.splitlines()]
    assert (one["id"], one["restorable"], one["tables"][0]) == (
        identity,
        True,
        {"table": "orders", "rows": 20, "how": "insert"},
    )
    folder = shop.run("undo", "--files", identity).stdout.strip()
    assert folder.endswith(identity)
    assert shop.run("undo", "--drop", identity).returncode == 0
    assert shop.run("undo").stdout == ""
    assert shop.run("undo", "x-1").returncode == 1


def test_a_view_that_was_dropped_is_made_again(shop, link):
    """The dialog promises it, the list names it, undo shows its text and runs it through the guard."""
    link.run("CREATE VIEW open_orders AS SELECT id FROM orders WHERE status = 'open'")
    count = "SELECT count(*) FROM open_orders"
    before = link.run(count)
    screen, after = deleted(shop, "DROP VIEW open_orders")
    assert "safeshell keeps what is needed to take it back" in " ".join(screen.split())
    assert "DROP VIEW" in after
    identity, line = only_kit(shop)
    assert "view public.open_orders" in line
    assert "rows of" not in line
    code, screen, after = confirm(shop, [sys.executable, "-m", "safeshell.cli.main", "undo", identity])
    assert code == 0, after
    assert "puts back view public.open_orders" in " ".join(screen.split())
    assert "CREATE VIEW public.open_orders AS" in screen
    assert link.run(count) == before
    assert shop.run("audit", "verify").returncode == 0
