"""Knowledge is plain data with a cache that is no part of its value."""

from __future__ import annotations

from safeshell.model.knowledge import Knowledge


def test_compiled_tables_are_no_part_of_the_value():
    """Two loads of the same packs are equal, used or not."""
    one, two = Knowledge({"rm": {}}), Knowledge({"rm": {}})
    one.compiled["rm"] = object()
    assert one == two
