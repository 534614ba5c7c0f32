"""`safeshell check --language postgres FILE`: each statement with its verdict, lock and work."""

from __future__ import annotations

import json

MIGRATION = """begin;
alter table orders add column paid_at timestamptz;
alter table orders add constraint positive check (total > 0);
create index on orders (user_id);
select count(*) from orders;
delete from orders where id = 3;
commit;
"""


def test_each_statement_is_told_by_itself(person):
    """One line for each that does more than read; the whole goes by the strictest."""
    path = person.write("migration.sql", MIGRATION)
    done = person.run("check", "--language", "postgres", "--tier", "production", str(path))
    assert done.returncode == 3
    lines = [line for line in done.stdout.splitlines() if line.startswith("  line ")]
    assert lines == [
        "  line 2: alter table: one key (lock AccessExclusiveLock)",
        "  line 3: alter table: one key (lock AccessExclusiveLock; work scan)",
        "  line 4: create index: one key (lock ShareLock; work index)",
        "  line 6: delete: full dialog (lock RowExclusiveLock)",
    ]
    assert "instead: CREATE INDEX CONCURRENTLY ON orders" in done.stdout


def test_the_same_as_json(person):
    """With the ready line of each, and reads beside the rest."""
    path = person.write("migration.sql", MIGRATION)
    done = person.run("check", "--language", "postgres", "--tier", "production", "--json", str(path))
    statements = json.loads(done.stdout)["statements"]
    assert [(item["line"], item["verb"], item["question"], item["lock"], item["work"]) for item in statements] == [
        (1, "begin", "none", "none", "none"),
        (2, "alter table", "key", "AccessExclusiveLock", "none"),
        (3, "alter table", "key", "AccessExclusiveLock", "scan"),
        (4, "create index", "key", "ShareLock", "index"),
        (5, "select", "none", "none", "none"),
        (6, "delete", "full", "RowExclusiveLock", "none"),
        (7, "commit", "none", "none", "none"),
    ]
    assert "VALIDATE CONSTRAINT positive" in statements[2]["instead"]
    assert statements[5]["effects"] == ["destroys_rows"]


def test_other_languages_have_no_statements_of_their_own(person):
    """A shell line is one verdict."""
    assert "statements" not in json.loads(person.run("check", "--json", "--", "ls; rm x").stdout)


def test_what_does_not_parse_is_told_with_its_line(person):
    """The other statements of the file are judged all the same."""
    path = person.write("broken.sql", "select 1;\nfrobnicate;\ndrop table t;\n")
    done = person.run("check", "--language", "postgres", "--tier", "development", str(path))
    assert "  line 2: unread: one key" in done.stdout
    assert "  line 3: drop table: full dialog (lock AccessExclusiveLock" in done.stdout
