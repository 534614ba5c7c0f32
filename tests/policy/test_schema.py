"""The JSON Schema and the commented example, against the validator."""

from __future__ import annotations

import json
import re
from pathlib import Path

import jsonschema
import pytest
import yaml

from safeshell.policy.config import examine, parse
from safeshell.policy.layers import compose
from safeshell.policy.policy import Policy
from safeshell.policy.schema import leaves, schema
from tests.policy.test_config import DESIGN

CONFIG = Path(__file__).parents[2] / "config"
GOOD = [DESIGN, "version: 1", "tint: true", "unlock: {max: 0}", "remember: 0", "demands: {staging: {writes: deny}}"]
BAD = [
    *("enviroments: []", "version: 2", "tint: 3", "demands: {production: {writes: key}}", "tokens: other"),
    *("environments: [{name: x, tier: production}]", "environments: [{name: x, tier: x, match: {host: a}}]"),
    *("unlock: {max: 15}", "environments: [{name: x, tier: staging, match: {}}]", "login: {shell: bash}", "- a"),
]


class _Texts(yaml.SafeLoader):
    """Loads dates as the texts that an editor sees."""


_Texts.yaml_implicit_resolvers = {
    key: [item for item in items if item[0] != "tag:yaml.org,2002:timestamp"]
    for key, items in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def uncommented() -> str:
    lines = (CONFIG / "safeshell.yaml").read_text().splitlines()
    return "\n".join(line.removeprefix("#") for line in lines if not line.startswith("##"))


def test_the_schema_file_is_the_validators():
    """config/schema/safeshell.schema.json is what the code says; regenerate it with `config schema`."""
    assert json.loads((CONFIG / "schema" / "safeshell.schema.json").read_text()) == schema()


def test_the_schema_is_a_schema():
    """It is valid JSON Schema itself."""
    jsonschema.Draft202012Validator.check_schema(schema())


@pytest.mark.parametrize("text", [*GOOD, *BAD])
def test_schema_and_validator_agree(text: str):
    """An editor with the schema and safeshell itself accept and refuse the same files."""
    by_schema = jsonschema.Draft202012Validator(schema()).is_valid(yaml.load(text, _Texts))
    assert by_schema is (text in GOOD)
    assert (examine(text, "c.yaml")[0] == []) is (text in GOOD)


def test_the_example_changes_nothing_as_it_is():
    """The commented example is valid, and equal to having no file."""
    shipped = parse((CONFIG / "safeshell.yaml").read_text(), "safeshell.yaml")
    assert compose([shipped]) == compose([]).__class__(
        **{**_fields(Policy()), "approvals": compose([]).approvals, "sources": ("safeshell.yaml",)}
    )


def _fields(policy: Policy) -> dict[str, object]:
    return {name: getattr(policy, name) for name in policy.__slots__}


def test_the_example_shows_every_key():
    """With its comments taken away it is still valid, and no key of the schema is missing."""
    text = uncommented()
    layer = parse(text, "safeshell.yaml")
    missing = [path for path in leaves() if path not in layer.values and not path.startswith("demands.")]
    assert missing == []
    assert {path.split(".")[1] for path in layer.values if path.startswith("demands.")} >= {"production", "staging"}
    for key in ("host", "cidr", "file", "env", "database", "kubernetes", "cloud", "terraform", "app", "labels"):
        assert re.search(rf"\b{key}: ", text)


def test_the_examples_built_in_values_are_the_built_in_ones():
    """Keys whose example is meant as the default show the default."""
    layer = parse(uncommented(), "safeshell.yaml")
    for path, item in leaves().items():
        if item.default is not None:
            assert layer.values[path] == item.default, path


def test_an_empty_configuration_is_the_built_in_policy():
    """No layers give a Policy's own defaults: the two never drift apart."""
    assert _fields(compose([])) | {"approvals": {}} == _fields(Policy())
