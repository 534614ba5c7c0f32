"""Programs that are asked something: bounded, and ended with their children."""

from __future__ import annotations

import time

import psutil

from safeshell.previews.programs import Program, output
from tests.previews.making import finding, subject


def test_lines_code_and_error():
    """Output by lines, the exit status, the first line of what it complained."""
    lines, program = output(["sh", "-c", "printf 'a\\nb'; echo no >&2; exit 3"], subject("x", finding("git")))
    assert lines == ["a", "b"]
    assert (program.code, program.finished, program.missing, program.error) == (3, True, False, "no")


def test_a_missing_program_is_said():
    """No such program: no lines, no exception."""
    lines, program = output(["safeshell-no-such-program"], subject("x", finding("git")))
    assert lines == []
    assert program.missing
    assert program.code is None


def test_a_program_that_hangs_is_ended_with_its_children():
    """At the deadline the whole group goes; what it had said stays."""
    began = time.monotonic()
    program = Program(["sh", "-c", "echo one; sleep 61.25 & wait"], subject("x", finding("git"), seconds=0.3))
    assert list(program.lines()) == ["one"]
    assert time.monotonic() - began < 1.5
    assert not program.finished
    assert not [p for p in psutil.process_iter(["cmdline"]) if p.info["cmdline"] == ["sleep", "61.25"]]


def test_it_is_never_interactive_and_speaks_plainly():
    """Standard input is empty, messages are not translated."""
    lines, _ = output(["sh", "-c", 'read x; echo "[$x] $LC_ALL"'], subject("x", finding("git")))
    assert lines == ["[] C.UTF-8"]
