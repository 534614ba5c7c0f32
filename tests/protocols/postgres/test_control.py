"""The small language of transaction control."""

import pytest

from safeshell.protocols.postgres.control import Control, classify, surely_read_only


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("BEGIN", Control.BEGIN),
        ("begin;", Control.BEGIN),
        ("BEGIN ISOLATION LEVEL SERIALIZABLE, READ ONLY, DEFERRABLE", Control.BEGIN),
        ("start transaction read write", Control.BEGIN),
        ("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ", Control.MODES),
        ("SET TRANSACTION SNAPSHOT '00000003-0000001B-1'", Control.MODES),
        ('SAVEPOINT "_pg3_1"', Control.SAVEPOINTS),
        ('ROLLBACK TO "_pg3_1"; RELEASE "_pg3_1"', Control.SAVEPOINTS),
        ("rollback work to savepoint a;", Control.SAVEPOINTS),
        ("release savepoint s$1", Control.SAVEPOINTS),
        ("DISCARD ALL;", Control.DISCARD),
        ("", Control.OTHER),
        (";", Control.OTHER),
        ("BEGIN; DELETE FROM t", Control.OTHER),
        ("BEGIN; SAVEPOINT a", Control.OTHER),
        ("SAVEPOINT a; DELETE FROM t", Control.OTHER),
        ("SAVEPOINT a DELETE", Control.OTHER),
        ('SAVEPOINT "a;b"', Control.OTHER),
        ('SAVEPOINT "a" "', Control.OTHER),
        ("SAVEPOINT é", Control.OTHER),
        ("SAVEPOINT a -- x", Control.OTHER),
        ("SAVEPOINT /* */ a", Control.OTHER),
        ("ROLLBACK", Control.OTHER),
        ("ROLLBACK TO", Control.OTHER),
        ("RELEASE", Control.OTHER),
        ("COMMIT", Control.OTHER),
        ("SET TRANSACTION SNAPSHOT 'x'", Control.OTHER),
        ("SET TRANSACTION", Control.OTHER),
        ("BEGIN TRANSACTION WORK", Control.OTHER),
        ("SAVEPOINT " + "a" * 500, Control.OTHER),
    ],
)
def test_only_the_whole_message_counts(text, kind):
    """What is not exactly one of these is an ordinary statement."""
    assert classify(text) is kind


def test_who_asks_for_read_only():
    """Only when nothing asks for READ WRITE."""
    assert surely_read_only(["BEGIN READ ONLY"])
    assert surely_read_only(["BEGIN", "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ,\n READ ONLY"])
    assert not surely_read_only(["BEGIN READ ONLY", "SET TRANSACTION READ WRITE"])
    assert not surely_read_only(["BEGIN ISOLATION LEVEL READ COMMITTED"])
