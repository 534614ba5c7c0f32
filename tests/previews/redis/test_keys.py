"""What exact keys hold."""

from __future__ import annotations

import pytest

from safeshell.model.judgement import Exactness, Reversibility
from safeshell.previews.redis import keys

MEGABYTE = 1 << 20


def look(server, line, undo=MEGABYTE):
    words = line.encode().split()
    return keys.look(server, line.split()[0], words, undo)


def test_exact_keys(server):
    """Type, length, expiry and memory of each; names that are no key are told."""
    server.call(b"HSET", b"h", b"a", b"1", b"b", b"2")
    server.call(b"SET", b"s", b"hello", b"EX", b"7300")
    preview = look(server, "DEL h s gone")
    assert preview.summary.startswith("2 keys, ")
    assert (preview.affected, preview.exactness) == (2, Exactness.EXACT)
    assert preview.sample[0].startswith("h: hash, 2 fields, no expiry, ")
    assert preview.sample[1].startswith("s: string, 5 bytes, expires in 2 hours, ")
    assert preview.caveats == ("1 of the names is no key",)
    assert preview.reversibility is Reversibility.UNDO_KIT
    assert look(server, "DEL h s", 10).reversibility is Reversibility.IRREVERSIBLE


@pytest.mark.parametrize(
    ("line", "changed"),
    [
        ("RENAME a b", [b"a", b"b"]),
        ("COPY a b REPLACE", [b"b"]),
        ("SET a 1", [b"a"]),
        ("EXPIRE a 10", [b"a"]),
        ("SINTERSTORE d a b", [b"d"]),
        ("ZUNIONSTORE d 2 a b", [b"d"]),
        ("LMOVE a b LEFT LEFT", [b"a"]),
    ],
)
def test_only_keys_that_change_count(server, line, changed):
    """The server's own account of the command says which."""
    assert keys.changed(server, line.split()[0], line.encode().split()) == changed


def test_without_the_servers_account_our_table_counts(server):
    """An old server, or one that forbids COMMAND."""
    server.call(b"ACL", b"SETUSER", b"poor", b"on", b">pw", b"~*", b"+@all", b"-command")
    server.call(b"AUTH", b"poor", b"pw")
    assert keys.changed(server, "RENAME", [b"RENAME", b"a", b"b"]) == [b"a", b"b"]
    assert keys.changed(server, "LMOVE", b"LMOVE a b LEFT LEFT".split()) == [b"a"]
    assert keys.written(server, "LMOVE", b"LMOVE a b LEFT LEFT".split()) == [b"a", b"b"]
    assert keys.written(server, "SORT", b"SORT a BY nosort STORE d".split()) == [b"d"]


@pytest.mark.parametrize(
    ("line", "database"),
    [("COPY a b DB 5 REPLACE", 5), ("COPY a db REPLACE", 3), ("copy a b replace db 3", 3), ("DEL DB 5", 3)],
)
def test_another_database_is_looked_at_there(server, line, database):
    """What COPY overwrites in another database is shown as it is there."""
    server.many([(b"SET", b"b", b"here"), (b"SELECT", b"5"), (b"SET", b"b", b"much longer there"), (b"SELECT", b"3")])
    assert keys.at_its_database(server, line.split()[0].upper(), line.encode().split(), 3) == database
    assert server.call(b"GET", b"b") == (b"much longer there" if database == 5 else b"here")


def test_many_keys_are_grouped(server):
    """And beyond a thousand only the first are looked at."""
    server.many([(b"SET", b"cart:%d" % n, b"1") for n in range(1500)])
    names = " ".join(f"cart:{n}" for n in range(20))
    assert look(server, f"DEL {names}").sample[0].startswith("cart:*  100 %")
    every = " ".join(f"cart:{n}" for n in range(1500))
    preview = look(server, f"DEL {every}")
    assert (preview.affected, preview.exactness) == (1000, Exactness.AT_LEAST)


def test_a_key_with_odd_bytes(server):
    """Is looked up by its bytes; one key alone is told in one line, not twice."""
    server.call(b"SET", b"\xff\x00", b"12345")
    preview = keys.look(server, "DEL", [b"DEL", b"\xff\x00"], MEGABYTE)
    assert preview.affected == 1
    assert preview.summary.startswith("\\xff\x00: string, 5 bytes, no expiry, ")
    assert preview.sample == ()


def test_no_such_key(server):
    """Is said."""
    assert look(server, "DEL gone too").summary == "gone, too: no such key"
