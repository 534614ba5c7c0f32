"""Words to selections; with real processes in test_processes.py."""

from __future__ import annotations

import pytest

from safeshell.model.judgement import Exactness
from safeshell.previews.selection import Selection, _without_signal, by_name, by_pattern, unknown
from tests.previews.making import finding, subject


@pytest.mark.parametrize(
    ("line", "left"),
    [
        ("-9 -f worker", ["-f", "worker"]),
        ("-SIGKILL java", ["java"]),
        ("-kill java", ["java"]),
        ("--signal=TERM app", ["app"]),
        ("--signal TERM app", ["app"]),
        ("-q 5 app", ["app"]),
        ("-u bob -e", ["-u", "bob"]),
        ("-- -9", ["--", "-9"]),
        ("-f -x app", ["-f", "-x", "app"]),
    ],
)
def test_only_the_signal_is_taken_away(line, left):
    """What pgrep does not know goes, everything that selects stays."""
    assert list(_without_signal(line.split())) == left


def test_unknown_words_are_unknown_processes():
    """One word that only running tells, and nothing is claimed."""
    one = finding("processes")
    about = subject("pkill x", one)
    from safeshell.model.values import replace

    hidden = replace(about, statement=replace(about.statement, words=("pkill", None)))
    assert by_pattern(hidden).exactness is Exactness.UNKNOWN
    assert by_name(hidden).exactness is Exactness.UNKNOWN


def test_joined_selections_are_as_sure_as_the_weaker():
    """Exact and unknown is unknown, ids add up."""
    both = Selection(frozenset({1})).joined(unknown("why"))
    assert (both.pids, both.exactness, both.notes) == ({1}, Exactness.UNKNOWN, ("why",))


@pytest.mark.parametrize("line", ["killall", "killall --nonsense x", "killall -u"])
def test_options_that_killall_would_refuse(line):
    """Not guessed: unknown, and why."""
    chosen = by_name(subject(line, finding("processes")))
    assert chosen.exactness is Exactness.UNKNOWN
    assert chosen.notes
