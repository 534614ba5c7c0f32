"""Which statement a finding came of, where it runs, and what is looked at together."""

from __future__ import annotations

import pytest

from safeshell.model.effects import Effect
from safeshell.model.places import Place
from safeshell.previews.subject import subjects
from tests.previews.making import assessment, finding, statement, target


def test_findings_of_one_statement_and_preview_go_together():
    """`rm a b` whose targets settled to two effects is one look."""
    one, two = finding("files", target("a")), finding("files", target("b"), effect=Effect.WRITES)
    both = statement("rm a b", finding("files", target("a"), target("b")))
    found = subjects(assessment((both, (one, two))), "/srv", 9.0)
    assert [len(item.findings) for item in found] == [2]
    assert [item.value for item in found[0].targets] == ["a", "b"]
    assert found[0].words == ("rm", "a", "b")


def test_the_riskiest_comes_first():
    """A deletion before a restart, whatever stands first on the line."""
    mild, bad = finding("service", effect=Effect.WRITES, rule="t.mild"), finding("files", target("a"), rule="t.bad")
    line = assessment((statement("restart", mild), (mild,)), (statement("rm a", bad), (bad,)))
    assert [item.name for item in subjects(line, "/", 9.0)] == ["files", "service"]


def test_harmless_findings_are_not_looked_at():
    """Scratch and reads need no preview, even where the rule names one."""
    one = finding("files", target("a"), effect=Effect.WRITES_SCRATCH)
    assert subjects(assessment((statement("rm a", one), (one,))), "/", 9.0) == []


def test_another_machine_is_far():
    """What runs inside `ssh web-3 '...'` is not looked for here, and the place's name is kept."""
    one = finding("files", target("/data"))
    inner = statement("rm -rf /data", one)
    from safeshell.model.values import replace

    outer = replace(statement("ssh web-3", place=Place("host", "web-3")), nested=(inner,))
    found = subjects(assessment((outer, (one,))), "/", 9.0)
    assert [item.far for item in found] == ["web-3"]


def test_what_the_shell_told_of_a_pattern_counts():
    """Its names, relative ones from where the action starts; nothing of a pattern of which it told nothing."""
    one = finding("files", target("x*"), target("y*"), target("z*"))
    line = assessment((statement("rm x* y* z*", one), (one,)))
    found = subjects(line, "/srv", 9.0, {"x*": ["xa", "/b/x c"], "y*": []})[0]
    assert [found.matched(item) for item in found.targets] == [["/srv/xa", "/b/x c"], [], None]


def test_the_same_rule_twice_belongs_to_two_statements():
    """Two `git clean` in two directories are two looks, each in its own."""
    one = finding("git")
    here, there = statement("git clean -f", one), statement("git clean -f", one, directory=("app",))
    found = subjects(assessment((here, (one,)), (there, (one,))), "/srv", 9.0)
    assert [item.cwd for item in found] == ["/srv", "/srv/app"]


@pytest.mark.parametrize(
    ("directory", "cwd"),
    [
        (("",), "/srv"),
        (("app",), "/srv/app"),
        (("../x",), "/x"),
        (("/opt",), "/opt"),
        ((None,), None),
        (("", "app"), None),
    ],
)
def test_where_a_statement_runs(directory, cwd):
    """After `cd`: joined, absolute, or not known."""
    one = finding("git")
    line = assessment((statement("git clean", one, directory=directory), (one,)))
    assert subjects(line, "/srv", 9.0)[0].cwd == cwd


def test_places_of_paths(monkeypatch):
    """`~` is the home; targets are relative to where the action starts, words to where the command runs."""
    monkeypatch.setenv("HOME", "/home/ada")
    one = finding("files", target("a"))
    moved = subjects(assessment((statement("rm a", one, directory=("app",)), (one,))), "/srv", 9.0)[0]
    assert moved.place("~/a") == "/home/ada/a"
    assert moved.place("app/a") == "/srv/app/a"
    assert moved.beside("a") == "/srv/app/a"
    assert moved.place("/a") == moved.beside("/a") == "/a"
    lost = subjects(assessment((statement("rm a", one, directory=(None,)), (one,))), "/srv", 9.0)[0]
    assert lost.beside("a") is None
    assert lost.beside("/a") == "/a"
