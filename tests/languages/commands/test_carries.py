"""Packs say which commands open a shell that can be given the hook."""

from __future__ import annotations

import pytest

from tests.languages.commands.making import knowledge, run, unknown

TOOLS = knowledge("""
- name: become
  style: posix
  options: {"-u --user": value, "-i --login": flag, "-q": flag}
  operands: "rest..."
  wraps: [{argv: rest}, {interactive: true, when: {count: {slot: rest, max: 0}}}]
  carries:
    - {by: text, option: --run, user: -u, login: {option: -i}, ready: [-q], when: {count: {slot: rest, max: 0}}}
    - {by: inner, without: [-i], when: [{option: -i}, {count: {slot: rest, min: 1}}]}
""")


@pytest.mark.parametrize(
    ("line", "detail"),
    [
        ("become", {"carry": "text", "carry_option": "--run", "carry_ready": "-q", "carry_user": "root"}),
        (
            "become -i -u bob",
            {"carry": "text", "carry_option": "--run", "carry_ready": "-q", "carry_user": "bob", "carry_login": "yes"},
        ),
        ("become -i ls", {"carry": "inner", "carry_without": "-i --login|iq"}),
        ("become ls", {}),
    ],
)
def test_the_first_item_that_surely_applies(line, detail):
    """By option, user and login; nothing where the user or the words are only known while it runs."""
    assert {key: value for key, value in run(TOOLS, line).detail.items() if key.startswith("carry")} == detail


@pytest.mark.parametrize(
    "parts", [("become -u", unknown("$WHO")), ("become", unknown()), ("become", unknown(splits=True))]
)
def test_doubt_carries_nothing(parts):
    """A user or words that are only known while it runs."""
    assert "carry" not in run(TOOLS, *parts).detail
