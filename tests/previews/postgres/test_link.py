"""The shapes that others fill: what the tests' own link and plans have to be."""

from __future__ import annotations

from safeshell.model.values import fields
from safeshell.previews.postgres.link import Limits, Link, Plan, Unit
from tests.previews.postgres import linking


def test_a_limit_is_there_for_everything():
    """Without configuration a kit is taken up to 64 MiB, five rows are shown, no disk is looked at."""
    limits = Limits()
    assert (limits.sample, limits.undo_bytes, limits.same_host) == (5, 64 << 20, False)
    assert {one.name for one in fields(Limits)} == {"sample", "undo_bytes", "backups", "same_host", "wait", "tries"}


def test_the_tests_link_and_plans_have_the_shapes():
    """What is tested against is what the gateway and the language give."""
    for shape, made in ((Link, linking.PqLink), (Plan, linking.Plan), (Unit, linking.Unit)):
        wanted = {name for name in vars(shape) if not name.startswith("_")}
        known = set(vars(made)) | set(getattr(made, "__annotations__", ())) | {"server"}
        assert wanted <= known, wanted - known
