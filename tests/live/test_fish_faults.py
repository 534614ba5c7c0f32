"""Faults around a session, in fish: a full disk, a broken configuration, no parser; still a shell, and no hole."""

import pytest

from tests.live import test_house_faults
from tests.live.house import FISHRC
from tests.live.shared import adopt
from tests.live.test_house_faults import without_shfmt  # noqa: F401 - the adopted tests' fixture

pytestmark = [pytest.mark.live, pytest.mark.timeout(60)]

adopt(
    test_house_faults, globals(), without={"test_a_start_file_that_exits_ends_the_session"}
)  # in fish it ends that file alone


@pytest.fixture(scope="module")
def house_shell():
    return "fish"


def test_what_the_shell_writes_before_the_guard_stands_is_shown(houses):
    """A start file that prints and sets the title, and a notice of a broken configuration: both are told, and the guard guards."""
    rc = FISHRC + "echo from-the-start-file; printf '\\e]2;mine\\a'; sleep 0.05\n" * 3
    house = houses(rc=rc, config="version: 1\n  foo: [\n")
    assert "from-the-start-file" in house.text()
    assert "config.yaml:2:6" in house.text()
    house.refuses("rm -rf ~/victims")
