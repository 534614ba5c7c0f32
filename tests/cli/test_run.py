"""`safeshell run`: usage, faults and exit codes. What goes through the wire is in tests/live."""

from __future__ import annotations

import sys

PYTHON = sys.executable


def test_without_a_command(operator):
    """Wrong usage, with an example."""
    done = operator.run("run")
    assert done.returncode == 2
    assert "safeshell run -- " in done.stderr


def test_the_command_is_not_judged_and_its_status_is_kept(operator):
    """Only what goes over the wire is; words, output and status pass."""
    done = operator.run("run", "--", "sh", "-c", 'echo "$1"; exit 3', "x", "a b")
    assert (done.returncode, done.stdout) == (3, "a b\n")


def test_a_command_that_connected_nowhere_is_told(operator):
    """It may have found its server in a settings file, past the guard."""
    done = operator.run("run", "--", "true")
    assert "made no connection through the guard" in done.stderr


def test_a_command_that_is_missing(operator):
    """127, as a shell has it."""
    done = operator.run("run", "--", "no-such-client-of-ours")
    assert done.returncode == 127
    assert "command not found" in done.stderr


def test_a_service_that_is_not_defined_runs_nothing(operator):
    """libpq's own complaint; the command never started."""
    operator.environ["PGSERVICE"] = "nonesuch"
    done = operator.run("run", "--", "sh", "-c", "echo ran")
    assert (done.returncode, done.stdout) == (2, "")
    assert 'definition of service "nonesuch" not found' in done.stderr
