"""The last backup as configuration tells it, and a dump that can be run as it stands."""

from __future__ import annotations

import os
import shlex
import subprocess
import time

from safeshell.previews.postgres import relations
from safeshell.previews.postgres.backups import backup_note, dump_of
from safeshell.previews.postgres.desk import Desk
from tests.previews.postgres.linking import Relation


def note(**backups):
    return list(backup_note(backups, within=1.0))


def test_the_age_of_a_file(tmp_path):
    """In the words of people; a file that is not there is no backup."""
    stamp = tmp_path / "last"
    stamp.touch()
    os.utime(stamp, (time.time() - 3 * 86400, time.time() - 3 * 86400))
    assert note(file=str(stamp)) == [f"the last known backup is of 3 days ago ({stamp})"]
    assert note(file=str(tmp_path / "none"))[0].startswith("no backup is known")
    assert note() == []


def test_what_a_command_prints():
    """Its first line; a failure or a hang is said."""
    assert note(command="echo 'base_0042, 02:00'") == ["the last known backup: base_0042, 02:00"]
    assert note(command="false") == ["the last backup is not known: false ended with 1"]
    began = time.monotonic()
    assert "TimeoutExpired" in note(command="sleep 20")[0]
    assert time.monotonic() - began < 5


def test_the_offered_dump_runs(link, server, tmp_path):
    """pg_dump takes the line, for plain and for odd names."""
    link.run('CREATE SCHEMA "Odd S"; CREATE TABLE "Odd S"."t\'x" AS SELECT 1 AS one')
    database = link.run("SELECT current_database()")[0][0]
    desk = Desk(link, 2.0)
    desk.open()
    plain = dump_of(relations.facts_of(desk, Relation("orders")), database)
    odd = dump_of(relations.facts_of(desk, Relation("t'x", "Odd S")), database)
    desk.close()
    assert plain == f"pg_dump -Fc -t public.orders -f orders.dump {database}"
    for line in (plain, odd):
        words = [str(server.binaries / "pg_dump"), *shlex.split(line)[1:]]
        environ = {**os.environ, "PGHOST": str(server.directory), "PGPORT": str(server.port), "PGUSER": "postgres"}
        subprocess.run(words, cwd=tmp_path, env=environ, check=True, timeout=60)
    assert len(list(tmp_path.iterdir())) == 2
