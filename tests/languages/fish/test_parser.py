"""fish's grammar: what runs is found wherever it stands, and other texts are not understood."""

from __future__ import annotations

import pytest

from tests.languages.fish.lines import effects, reading, targets


@pytest.mark.parametrize(
    "line",
    [
        "rm x", "true; and rm x", "false; or rm x", "ls && rm x", "ls || rm x", "not rm x", "! rm x", "ls | rm x", "rm x | ls", "rm x &", "time rm x",
        "begin; rm x; end", "if rm x; end", "if true; rm x; end", "if a; else if b; rm x; end", "if a; else; rm x; end", "if a; and rm x; end",
        "while rm x; end", "while true; rm x; end", "for i in a; rm x; end", "switch a; case b; rm x; end", "function f; rm x; end; f",
        "echo (rm x)", "echo $(rm x)", 'echo "$(rm x)"', "echo {(rm x),b}", "set a (rm x)", "A=(rm x) ls", "A=b rm x", "echo $a[(rm x)]",
        "ls (echo (rm x))", "echo a;rm x", "echo a\nrm x", "ls \\\n; rm x", "begin\nrm x\nend | cat", "rm x 2>| cat", "ls &| rm x",
        "function f --on-event fish_prompt; rm x; end", "function fish_prompt; rm x; end", "# remark\nrm x", "echo 'a' # b\nrm x",
        "if true\n and rm x\nend", "for i in (rm x); end", "switch (rm x); case a; end", "r'm' x", r"\x72m x",
    ],
)  # fmt: skip
def test_what_runs_is_found(line):
    """In every place where fish runs commands."""
    assert "destroys_data" in effects(line)
    assert "not_understood" not in effects(line)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("echo a > f", ["f"]), ("echo a >? f", ["f"]), ("echo a &> f", ["f"]), ("echo a 2> f", ["f"]), ("begin; ls; end > f", ["f"]),
        ("for i in a; ls; end > f", ["f"]), ("ls > f | cat", ["f"]), ("echo a >f b", ["f"]), ("ls 2>&1", []), ("ls > /dev/null", []), ("ls >&2", []),
        ("for i in a b; rm $i; end", ["a", "b"]), ("set d a b; rm $d", ["a", "b"]), ("set d a b; rm $d[2]", ["b"]), ("set d '/a b'; rm $d", ["/a b"]),
        ("set d a b; rm x$d", [None]), ("rm {a,b}.txt", ["a.txt", "b.txt"]), ("function f; rm $argv; end; f a b", ["a", "b"]),
        ("function f; rm $argv[2]; end; f a b", ["b"]),
    ],
)  # fmt: skip
def test_targets(line, said):
    """What is emptied or removed."""
    assert targets(line) == said


@pytest.mark.parametrize(
    "line",
    [
        "ls )",
        "end",
        "ls; else",
        "case a",
        "a&b",
        "{ rm x }",
        "function $f; end",
        "ls > a b >",
        "> f",
        "begin; end x",
        "for i; end",
        "A=b",
    ],
)
def test_what_fish_rejects_or_is_not_read(line):
    """Never taken for something else."""
    assert effects(line) == {"not_understood"}
    assert not reading(line).invalid


@pytest.mark.parametrize(
    "line",
    [
        "begin; ls",
        "if true",
        "while true; ls",
        "for i in a",
        "switch a",
        "function f",
        "ls |",
        "ls &&",
        "not",
        "echo (ls",
    ],
)
def test_unfinished_texts(line):
    """fish would wait for the rest."""
    assert not reading(line).complete


@pytest.mark.parametrize(
    "line",
    [
        "ls -la", "echo (count $argv)", "string match -r 'a(b)' c", "test -d x; and echo yes; or echo no", "set -l x (math 1 + 2); echo $x",
        "for f in *.log; echo $f; end", "while read -l x; echo $x; end", "if test 1 -eq 1; echo a; else; echo b; end | sort", "echo $status", "# remark", "",
        "begin; echo a; end; and echo b", "switch (uname); case Linux '*BSD'; echo a; case '*'; echo b; end", "ls 2>/dev/null | cat -", "echo a;",
    ],
)  # fmt: skip
def test_everyday_lines_are_silent(line):
    """They only read."""
    assert effects(line) <= {"reads", "unknown_program"}
