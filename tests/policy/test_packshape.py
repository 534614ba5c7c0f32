"""The JSON Schema of packs and the loader agree."""

from __future__ import annotations

from typing import Any

import jsonschema
import pytest

from safeshell.model.errors import ConfigError
from safeshell.policy.packnodes import compose
from safeshell.policy.packs import load_packs
from safeshell.policy.packshape import schema
from tests.config.checking import pack_texts
from tests.policy.test_packs import PACK

VALIDATOR = jsonschema.Draft202012Validator(schema())
TEXTS = pack_texts()


def as_json(node: Any) -> Any:
    """A YAML node as an editor with YAML 1.2 sees it: only true, false and numbers are not text."""
    if node.id == "mapping":
        return {key.value: as_json(value) for key, value in node.value}
    if node.id == "sequence":
        return [as_json(item) for item in node.value]
    if not node.style and node.value in ("true", "false"):
        return node.value == "true"
    return int(node.value) if not node.style and node.value.isdigit() else node.value


def test_the_schema_is_a_schema() -> None:
    """It is valid by the meta-schema of its draft."""
    jsonschema.Draft202012Validator.check_schema(schema())


@pytest.mark.parametrize("source", TEXTS, ids=[source.rpartition("/")[2] for source in TEXTS])
def test_every_pack_is_valid_by_the_schema(source: str) -> None:
    """Editors accept what the loader accepts."""
    assert [error.message for error in VALIDATOR.iter_errors(as_json(compose(TEXTS[source], source)))] == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("version: 1\n", ""),
        ("operands:", "operandz:"),
        ("effect: writes", "effect: wirtes"),
        ("examples: [a b], ", ""),
        ("examples: [a b]", "examples: []"),
        ("effect: writes,", "effect: writes, when: {},"),
        ("effect: writes,", "effect: writes, when: {value: {of: -x}},"),
        ("- name: a", "- summary: a"),
    ],
)
def test_both_refuse_the_same_mistakes(old: str, new: str) -> None:
    """A fault of shape is one for the schema and for the loader."""
    text = PACK.replace(old, new, 1)
    assert list(VALIDATOR.iter_errors(as_json(compose(text, "x"))))
    with pytest.raises(ConfigError):
        load_packs({"x": text})
