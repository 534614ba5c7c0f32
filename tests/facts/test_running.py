"""Asking programs."""

from __future__ import annotations

import time

from safeshell.facts.running import answer


def test_an_answer_is_what_is_printed():
    """Standard output, in the C locale, of a program that ended with 0."""
    assert answer(["sh", "-c", "echo $LC_ALL; echo no >&2"], deadline=5, environ={"PATH": "/usr/bin:/bin"}) == "C\n"


def test_no_answer():
    """A failure, a missing program, a missing directory: None."""
    assert answer(["sh", "-c", "echo x; exit 3"], deadline=5) is None
    assert answer(["no-such-program-here"], deadline=5) is None
    assert answer(["true"], deadline=5, cwd="/no/such/directory") is None


def test_the_deadline_holds():
    """A program that takes too long is ended, and standard input is empty rather than the terminal."""
    start = time.monotonic()
    assert answer(["sleep", "30"], deadline=0.2) is None
    assert answer(["cat"], deadline=5) == ""
    assert time.monotonic() - start < 4
