"""sed scripts: what they write and run, and what only looks like it."""

from __future__ import annotations

import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from safeshell.languages.sed import read
from safeshell.model.knowledge import Knowledge
from safeshell.model.statements import Language, Span, Statement


def shell(text: str) -> tuple[Statement, ...]:
    return (Statement(Language.BASH, text, Span(0, 0), "shell"),)


def judge(script: str) -> Statement:
    (statement,) = read(script, Knowledge(), shell).statements
    return statement


READS = [
    "s/a/b/g",
    "1,10p",
    "/foo/,/bar/d",
    "$!{h;d};x;G",
    "y/abc/xyz/;p",
    "\\,w x,Id",
    "s,/a/b,c w x,",
    "a\\\nw file\ne rm",
    "a w file",
    "b end;p;:end",
    "r file",
    "w /dev/stdout",
    "0~3d",
    "1!G;h;$!d",
    "2q5",
    ":a;N;$!ba;s/\\n/ /g",
    "/x/I,+3d",
    "1~2{p}",
    "n;d",
    "s/w/e/2",
    "# e rm\np",
    "s/\\/w x/e/g",
    "s|a\\|b|w|",
    "/start/,/end/{//!p}",
    "$=",
    "s/a/b/;#c",
    "",
]


@pytest.mark.parametrize("script", READS)
def test_filters(script: str) -> None:
    """Only filter; an e or w inside a pattern, text, label or comment is none."""
    assert [claim.effect.value for claim in judge(script).claims] == ["reads"]
    assert judge(script).understood


@pytest.mark.parametrize("script", [script for script in READS if "\\,w" not in script and not script.startswith("r ")])
def test_sed_itself_takes_them(script: str) -> None:
    """The sed of this machine agrees that these are scripts."""
    done = subprocess.run(
        ["sed", "-n", "--", script], input="", text=True, capture_output=True, check=False, timeout=10
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("script", "file"),
    [
        ("w out", "out"),
        ("s/a/b/w out", "out"),
        ("s/a/b/gw out put", "out put"),
        ("/x/W out", "out"),
        ("{p\nw out\n}", "out"),
        ("s,a,b,;s/x/y/w out", "out"),
    ],
)
def test_files_written(script: str, file: str) -> None:
    """The rest of the line is the name; the file is emptied, so an existing one is lost."""
    (claim,) = judge(script).claims
    assert (claim.effect.value, claim.if_missing.value, claim.targets[0].value) == ("destroys_data", "writes", file)


def test_commands_run() -> None:
    """`e command` is a shell text; `e` alone and the flag run what stands in the line."""
    assert [inner.text for inner in judge("1e rm -rf /").nested] == ["rm -rf /"]
    assert [claim.effect.value for claim in judge("e").claims] == ["runs_opaque_code"]
    assert [claim.effect.value for claim in judge("s/x/rm y/ge").claims] == ["runs_opaque_code"]


@pytest.mark.parametrize("script", ["s/a/b", "zz", "s/a/b/k", "w", "1,", "y/a", "\\", "/open", "K"])
def test_what_sed_would_not_take_is_not_understood(script: str) -> None:
    """Half a command, an unknown one, a flag that is none."""
    assert not judge(script).understood


@given(st.one_of(st.text(max_size=40), st.text("swe/{};\n\\1, $!", max_size=30)))
def test_any_text_is_read(script: str) -> None:
    """No crash, and always a claim."""
    assert judge(script).claims


def test_unknown_parts_are_numbers_patterns_and_names():
    """As a command, a flag or what stands between the parts of one, they could be anything."""
    for script in ("safeshell_unknownp", "1,safeshell_unknownd", "/safeshell_unknown/d", "s/a/safeshell_unknown/g"):
        assert judge(script).understood
    for script in ("safeshell_unknown", "1safeshell_unknown", "s/a/b/safeshell_unknown", "ssafeshell_unknown/a/b/"):
        assert not judge(script).understood
    assert judge("w safeshell_unknown").claims[0].targets[0].value is None
