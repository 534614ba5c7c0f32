"""The damage elsewhere, by looks that a probe runs; here the probe is a shell of this host."""

import subprocess

import pytest

from safeshell.gateways.sshpreview import remote_preview, word_of
from safeshell.model.effects import Effect, Risk, Tier
from safeshell.model.judgement import Assessment, Exactness, Finding
from safeshell.model.places import Environment
from safeshell.model.statements import Action, Context, Language, Target, TargetKind

THERE = Environment("prod", Tier.PRODUCTION, "prod")


def look(text: str, deadline: float) -> str | None:
    done = subprocess.run(["sh", "-c", text], capture_output=True, check=False, timeout=deadline, text=True)
    return done.stdout if done.returncode == 0 else None


def assessment(*targets: Target, effect: Effect = Effect.DESTROYS_DATA, preview: str = "files") -> Assessment:
    finding = Finding("r", effect, Risk.CRITICAL, "why", THERE, preview=preview, targets=targets)
    return Assessment(Action("1", "s", Language.BASH, "x", Context(), THERE, 0.0), (), (finding,))


def path(value: str | None, *, glob: bool = False) -> Target:
    return Target(TargetKind.PATH, value or "$X", value, glob=glob)


@pytest.fixture
def folder(tmp_path):
    for name in ("a", "b c", "sub/'d"):
        file = tmp_path / "data" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("12345")
    return tmp_path


@pytest.mark.parametrize(("value", "glob", "count"), [("data", False, 3), ("data/*", True, 3), ("data/b c", False, 1), ("data/sub/'d", False, 1), ("data/$(touch x)", False, 0)])  # fmt: skip
def test_files_are_counted(folder, value, glob, count):
    """Relative to the directory there; names with blanks and quotes; globs; nothing in a name is run."""
    seen = remote_preview(assessment(path(value, glob=glob)), str(folder), look, 5.0)
    assert (seen.affected, seen.unit, seen.exactness) == (count, "files", Exactness.EXACT)
    assert seen.summary.startswith(f"{count} files, {count * 5} bytes")
    assert len(seen.sample) == count
    assert not (folder / "x").exists()


def test_what_cannot_be_looked_at_says_so(folder):
    """An unknown path, a probe that fails, garbage: a caveat and unknown exactness, never a number."""
    for target, probe in (
        (path(None), look),
        (path("data"), lambda _t, _d: None),
        (path("data"), lambda _t, _d: "x y\n"),
    ):
        seen = remote_preview(assessment(target), str(folder), probe, 1.0)
        assert seen.exactness is Exactness.UNKNOWN
        assert seen.caveats
        assert seen.affected is None


def test_a_host_is_looked_at():
    """For what halts it: people and connections."""
    seen = remote_preview(assessment(effect=Effect.HALTS_HOST, preview="host"), "/", look, 5.0)
    assert "logged in" in seen.summary
    assert seen.exactness is Exactness.EXACT


@pytest.mark.parametrize(("value", "word"), [("~/a b", "\"$HOME\"/a' 'b"), ("/x", "/x"), ("-rf", "./-rf"), ("", "")])
def test_words_for_sh(value, word):
    """The home is the one there; a name that begins with a dash is no option."""
    assert word_of(path(value)) == word
