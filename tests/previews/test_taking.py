"""Bounded in time, whatever hangs; honest about how it ended."""

from __future__ import annotations

import os
import threading
import time

import pytest

from safeshell import previews
from safeshell.model.judgement import Exactness, Preview
from safeshell.model.places import Place
from safeshell.previews import files
from tests.previews.making import assessment, finding, statement, target


def line(*targets, name="files", recursive=True, **more):
    one = finding(name, *targets, recursive=recursive)
    return assessment((statement("rm x", one, **more), (one,)))


def test_a_tree_is_counted(tmp_path):
    """End to end: exact, with the time that it took."""
    (tmp_path / "a").write_text("x")
    seen = previews.take(line(target("a")), cwd=str(tmp_path))
    assert (seen.affected, seen.exactness) == (1, Exactness.EXACT)
    assert 0 < seen.took < 2


def test_nothing_to_look_at_raises_nothing():
    """Findings without a preview give an empty one, without a caveat."""
    assert previews.take(line(target("a"), name=""), cwd="/").caveats == ()


def test_a_disk_that_hangs_costs_no_more_than_the_deadline(tmp_path, monkeypatch):
    """A stat that never returns: the answer comes in time, with what was counted before it."""
    for name in ("a", "b"):
        (tmp_path / name).write_text("x")
    real, never = os.lstat, threading.Event()

    def hanging(path, *rest):
        if str(path).endswith("/b"):
            never.wait(30)
        return real(path, *rest)

    def slowly(about):
        yield Preview("at least 1 file", 1, "files", Exactness.AT_LEAST)
        yield from files.look(about)

    monkeypatch.setattr(os, "lstat", hanging)
    monkeypatch.setattr("safeshell.previews.taking.look_for", lambda _subject: slowly)
    began = time.monotonic()
    seen = previews.take(line(target("a"), target("b")), cwd=str(tmp_path), deadline=0.4)
    assert time.monotonic() - began < 1.0
    assert (seen.affected, seen.exactness) == (1, Exactness.AT_LEAST)
    assert "stopped after 0.4 seconds" in seen.caveats
    never.set()


def test_a_hang_before_the_first_count_says_so(tmp_path, monkeypatch):
    """Nothing counted is not zero: unknown, with the reason."""
    never = threading.Event()
    monkeypatch.setattr(os, "lstat", lambda *_: never.wait(30))
    seen = previews.take(line(target("a")), cwd=str(tmp_path), deadline=0.2)
    never.set()
    assert (seen.affected, seen.exactness) == (None, Exactness.UNKNOWN)
    assert seen.caveats == ("nothing could be counted within 0.2 seconds",)


def test_a_fault_is_a_caveat(monkeypatch):
    """A look that crashes costs its answer, not the session."""

    def crashing(_about):
        yield Preview("1 file", 1, "files", Exactness.EXACT)
        raise OSError("the disk is on fire")

    monkeypatch.setattr("safeshell.previews.taking.look_for", lambda _subject: crashing)
    seen = previews.take(line(target("a")), cwd="/")
    assert seen.exactness is Exactness.UNKNOWN
    assert seen.caveats == ("the preview of files failed (OSError: the disk is on fire)",)


def test_a_name_without_a_module_is_a_caveat():
    """A pack may name a preview that this version lacks."""
    assert previews.take(line(name="rockets"), cwd="/").caveats == ("there is no preview called rockets",)


def test_another_machine_is_not_looked_at(tmp_path):
    """`ssh web-3 rm -rf DIR`: nothing here is counted, and it is said."""
    seen = previews.take(line(target(str(tmp_path)), place=Place("host", "web-3")), cwd="/")
    assert (seen.affected, seen.exactness) == (None, Exactness.UNKNOWN)
    assert "web-3" in seen.caveats[0]


@pytest.mark.slow
def test_a_big_tree_under_a_short_deadline_is_at_least(tmp_path):
    """200,000 files in no time: a number that is true, marked as a lower bound, in time."""
    for folder in range(200):
        (tmp_path / str(folder)).mkdir()
        where = os.open(tmp_path / str(folder), os.O_RDONLY)
        for name in range(1000):
            os.close(os.open(str(name), os.O_CREAT | os.O_WRONLY, dir_fd=where))
        os.close(where)
    said = []
    began = time.monotonic()
    seen = previews.take(line(target(".")), cwd=str(tmp_path), deadline=0.3, progress=said.append)
    assert time.monotonic() - began < 0.8
    assert seen.exactness is Exactness.AT_LEAST
    assert 0 < seen.affected < 200_000
    assert seen.summary.startswith("at least ")
    assert said
    assert all(text.endswith("so far") or text == "looking at the damage" for text in said)


def test_progress_may_cancel(tmp_path):
    """What `progress` raises comes through, at once: Ctrl-C while it counts."""
    for name in range(3000):
        (tmp_path / str(name)).touch()

    class StopError(Exception):
        pass

    def stop(_text):
        raise StopError

    never = threading.Event()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("safeshell.previews.taking.look_for", lambda _s: lambda _a: iter([never.wait(5)]))
        with pytest.raises(StopError):
            previews.take(line(target(".")), cwd=str(tmp_path), progress=stop)
    never.set()


def test_one_that_hangs_does_not_hide_the_others(tmp_path, monkeypatch):
    """Two commands on a line: the one that can be counted is."""
    (tmp_path / "a").write_text("x")
    good, bad = finding("files", target("a"), rule="t.good"), finding("host", rule="t.bad")
    never = threading.Event()
    from safeshell.previews import taking

    real = taking.look_for
    hanging = lambda about: real(about) if about.name == "files" else (lambda _s: iter([never.wait(30)]))  # noqa: E731
    monkeypatch.setattr(taking, "look_for", hanging)
    both = assessment((statement("rm a", good), (good,)), (statement("halt", bad), (bad,)))
    seen = previews.take(both, cwd=str(tmp_path), deadline=0.5)
    never.set()
    assert seen.affected == 1
    assert seen.exactness is Exactness.UNKNOWN


def test_what_only_a_connection_shows_is_said_and_asks_no_harder():
    """SQL inside a shell line: nothing is connected, so nothing is counted, and nothing has failed."""
    seen = previews.take(line(target("orders"), name="postgres.rows"), cwd="/")
    assert seen.exactness is not Exactness.UNKNOWN
    assert (seen.affected, "safe-psql" in seen.caveats[0]) == (None, True)
