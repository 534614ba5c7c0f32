"""The fast path takes only what it understands exactly: its tree is shfmt's tree."""

from __future__ import annotations

import os
import random

import pytest

from safeshell.languages.bash.expand import merged_literals
from safeshell.languages.bash.fast import fast_tree
from tests.languages.bash import generated
from tests.languages.bash.lines import PARSE, judge

_KEPT = ("Type", "Pos", "Stmts", "Cmd", "Args", "Parts", "Op", "X", "Y", "Value")


def _essence(node):
    """What the reader looks at; where a statement ends is shfmt's own affair (it counts a semicolon in)."""
    if isinstance(node, list):
        return [_essence(item) for item in node]
    if not isinstance(node, dict):
        return node
    if "Offset" in node:
        return node["Offset"]
    if "Parts" in node:
        node = {**node, "Parts": merged_literals(node["Parts"])}
    kept = {key: _essence(node[key]) for key in _KEPT if node.get(key) not in (None, "", [])}
    kept.pop("Pos" if node.get("Type") == "File" else "", None)
    if node.get("Type") in ("Lit", "SglQuoted", "DblQuoted") or "Args" in node:
        kept["End"] = _essence(node["End"])
    return kept


@pytest.mark.parametrize("seed", range(2))
def test_the_fast_tree_is_the_slow_tree(seed):
    """On generated lines, whatever the fast path accepts has the very tree that shfmt makes of it."""
    chance = random.Random(seed)
    lines = [generated.plain_line(chance) for _ in range(int(os.environ.get("SAFESHELL_FUZZ", "4000")))]
    taken = [(line, tree) for line in lines if (tree := fast_tree(line)) is not None]
    assert len(taken) > len(lines) // 20
    slow = PARSE.parse_many([line for line, _ in taken])
    wrong = [line for (line, fast), tree in zip(taken, slow, strict=True) if _essence(fast) != _essence(tree)]
    assert wrong == []


def test_readings_by_both_ways_are_equal(monkeypatch):
    """Statements, spans, claims and questions are the same, not only the trees."""
    chance = random.Random(11)
    lines = [line for _ in range(400) if fast_tree(line := generated.plain_line(chance)) is not None]
    fast = [judge(line) for line in lines]
    PARSE.prime(lines)
    monkeypatch.setattr("safeshell.languages.bash.builtins.fast_tree", lambda text: None)
    assert [judge(line) for line in lines] == fast


@pytest.mark.parametrize(
    "line",
    [
        "ls", "ls -la /var/log", "cat a.log | grep -c 'some words' | sort", "cd /srv && ls; pwd", "rm -rf *",
        'git commit -m "a message"', "dd if=/dev/zero of=x", "[ -f x ] && echo yes", "ls ;", "  ls  ",
    ],
)  # fmt: skip
def test_everyday_lines_need_no_process(line):
    """Plain lines are read without the parser."""
    assert fast_tree(line) is not None


@pytest.mark.parametrize(
    "line",
    [
        "", " ", ";", "ls |", "| ls", "ls &&", "ls ;; ls", "ls & ls", "ls &", "ls |& cat", "A=b ls", "A=b", "if true",
        "time ls", "export A=b", "declare A", "! ls", "{ ls", "ls > x", "ls < x", "ls $A", 'ls "$A"', "ls `x`", "ls \\a",
        "(ls)", "ls # x", "ls 'a", 'ls "a', "'ls' a", '"rm" x', "r''m x", "*", "ls\nrm", "ls\trm", "éa", "ls é", "a[1]=2 ls",
        "function f", "coproc ls", "let x", "select", "[[ a ]]", "x+=1", "ls !x", 'ls "!x"', "ls\x7f", "a" * 5000,
    ],
)  # fmt: skip
def test_everything_else_goes_to_the_parser(line):
    """Reserved words, assignments, expansions, redirections, comments, other characters: not for the fast path."""
    assert fast_tree(line) is None
