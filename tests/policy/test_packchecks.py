"""Names that a pack speaks of must exist: each place where one can stand."""

from __future__ import annotations

import pytest

from safeshell.model.errors import ConfigError
from safeshell.policy.packs import load_packs
from tests.policy.test_packs import RULE


def load(command: str) -> None:
    load_packs({"x": f"pack: x\nversion: 1\ncommands:\n  - name: a\n    options: {{-x: value}}\n{command}"})


@pytest.mark.parametrize(
    "command",
    [
        "    operands_when: [{options: [-q], operands: a}]",
        "    kinds: {q: host}",
        "    dry_run: [{option: -q}]",
        "    wraps: [{argv: q}]",
        "    wraps: [{text: -q, language: bash}]",
        "    wraps: [{opaque: -q}]",
        "    wraps: [{argv: rest, placeholder: -q}]",
        "    wraps: [{stdin: bash, when: {count: {slot: q, max: 0}}}]",
        "    place: {kind: host, name: q}",
        "    place: {kind: host, name: -x, detail: {user: q}}",
        f"    rules: [{RULE.replace('effect', 'unbounded: {not: {option: -q}}, effect')}]",
        f"    rules: [{RULE.replace('effect', 'when: {any: [{value: {of: -q, in: [a]}}]}, effect')}]",
        f"    subcommands: [{{name: b, rules: [{RULE.replace('effect', 'on: [q], effect')}]}}]",
        "    default_subcommand: q",
        "    subcommands: [{name: b}, {names: [c, b]}]",
        '    operands: "b b"',
    ],
)
def test_a_name_that_is_not_there_is_a_fault(command: str) -> None:
    """Because the rule, wrap or place would silently never count."""
    with pytest.raises(ConfigError) as caught:
        load(command)
    assert caught.value.line >= 6


@pytest.mark.parametrize(
    "command",
    [
        "    dry_run: [-q]",
        "    informational: [--usage]",
        "    wraps: [{opaque: true}]",
        '    wraps: [{argv: rest, placeholder: "{}"}]',
        f"    subcommands: [{{name: b, rules: [{RULE.replace('effect', 'on: [-x], effect')}]}}]",
        "    operands: c\n    operands_when: [{options: [-x], operands: d}]\n    kinds: {c: host, d: user, -x: path}",
    ],
)
def test_names_that_count_by_themselves(command: str) -> None:
    """Soft options need no declaration, subcommands may speak of the options around them."""
    load(command)
