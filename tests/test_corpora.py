"""The corpora, judged in read-only production: nothing destructive passes, reads are left alone."""

from __future__ import annotations

import pytest

from tests.corpus import HERE, asking, judge, lines_of, silent

SPELLINGS = HERE / "spellings"
BYPASSES = HERE / "bypasses"


def matrix() -> list[str]:
    """Every dangerous action in every wrapper that can hold it."""
    actions = lines_of(SPELLINGS / "actions.txt")
    wrappers = lines_of(SPELLINGS / "wrappers.txt")
    return [_wrapped(wrapper, action) for wrapper in wrappers for action in actions]


def _wrapped(wrapper: str, action: str) -> str:
    inside_double = '"{}' in wrapper or '{}"' in wrapper
    return wrapper.replace("{}", action.replace('"', '\\"') if inside_double else action)


def test_spelling_matrix():
    """A dangerous action is seen through every wrapper."""
    assert silent(judge(matrix(), tier="production")) == []


@pytest.mark.parametrize("path", sorted((BYPASSES / "refused").glob("*.txt")), ids=lambda path: path.stem)
def test_odd_spellings_are_asked(path):
    """No spelling of a destructive line passes silently."""
    assert silent(judge(lines_of(path), tier="production")) == []


@pytest.mark.parametrize("path", sorted((BYPASSES / "allowed").glob("*.txt")), ids=lambda path: path.stem)
def test_look_alikes_pass(path):
    """What only looks dangerous is not asked about."""
    assert asking(judge(lines_of(path), tier="production")) == []


def test_a_shift_on_call_is_left_alone():
    """At most 3 % of a shift's lines ask, and no program asks twice."""
    lines = lines_of(HERE / "oncall.txt")
    asked = asking(judge(lines, tier="production"))
    assert len(lines) >= 300
    assert len(asked) <= 0.03 * len(lines), asked
    programs = [next(word for word in line.split() if word != "sudo") for line in asked]
    assert len(programs) == len(set(programs)), asked


@pytest.mark.parametrize("tier", ["production", "unknown", "staging", "development"])
def test_recursive_deletion_of_everything_is_asked_in_every_tier(tier):
    """Some lines are a question on every machine in the world."""
    lines = ["rm -rf /", 'rm -rf "$UNSET"/', "shutdown -h now", "rm -rf ~", "git push --force", "mkfs.ext4 /dev/sda1"]
    answers = judge(lines, tier=tier)
    assert [answer["question"] for answer in answers] == ["full"] * len(lines)
