"""`safeshell status`, outside of a session and inside one."""

from __future__ import annotations

import json


def test_outside_of_a_session_it_says_so(person):
    """Tier, mode and reasons are those that a session would have."""
    done = person.run("status", SAFESHELL_TIER="staging")
    assert done.returncode == 0
    lines = done.stdout.splitlines()
    assert lines[0].endswith(": staging, read-write")
    assert "  because SAFESHELL_TIER makes it staging" in lines
    assert "guarded   no: this shell is not guarded (start one: safeshell)" in lines
    assert f"state     {person.home}/.local/state/safeshell" in lines


def test_json_says_the_same(person):
    """For prompts and scripts."""
    found = json.loads(person.run("status", "--json", SAFESHELL_TIER="production").stdout)
    assert (found["tier"], found["mode"], found["minutes"], found["guarded"]) == ("production", "ro", 0, False)
    assert found["reasons"][0] == "SAFESHELL_TIER makes it production"


def test_a_place_that_nobody_knows_comes_with_the_line_that_settles_it(person):
    """Entered over ssh and named nowhere: unknown, and what to write where."""
    done = person.run("status", SSH_CONNECTION="192.0.2.1 5000 192.0.2.2 22")
    assert ": unknown, read-only" in done.stdout
    assert "environments: [{name: " in done.stdout
    assert "config.yaml" in done.stdout


def test_configuration_files_and_their_faults_are_listed(person):
    """What counts, and what does not because it is wrong."""
    config = person.write(".config/safeshell/config.yaml", "version: 1\nunlock: {max: 5m}\n")
    assert f"config    {config}" in person.run("status").stdout
    config.write_text("version: 1\nunlock: {max: soon}\n")
    assert f"notice    {config}:2:15: " in person.run("status").stdout


def test_inside_a_session_the_session_itself_is_asked(operator):
    """Guarded, with the session's name, and the minutes that an unlock has left."""
    terminal = operator.terminal(columns=120)
    terminal.until("P>").send("safeshell status\r").until("guarded   yes, session ")
    assert ": production, read-only" in terminal.text()
    terminal.send("safeshell unlock 7\r").until("no:").rest(0.3).send("u").until("unlocked for 7 minutes")
    terminal.send("clear; safeshell status\r").until("minutes left")
    assert ": production, read-write, 7 minutes left" in terminal.text()
