"""How many rows a reply tells of; the verified run itself is driven by the live tests of the wire."""

from __future__ import annotations

import pytest

from safeshell.gateways.postgresrun import affected_rows
from safeshell.protocols.wire import Replied


@pytest.mark.parametrize(
    ("tags", "rows"),
    [
        (("DELETE 12",), 12),
        (("INSERT 0 3",), 3),
        (("UPDATE 1", "DELETE 0"), 0),
        (("TRUNCATE TABLE",), None),
        (("MERGE 7",), 7),
        ((), None),
    ],
)
def test_the_last_tag_counts(tags, rows):
    """Nothing is guessed where it counts nothing."""
    assert affected_rows(Replied("1", tags)) == rows
