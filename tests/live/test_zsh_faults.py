"""Faults around a session, in zsh: a full disk, a broken configuration, no parser; still a shell, and no hole."""

import pytest

from tests.live import test_house_faults
from tests.live.shared import adopt
from tests.live.test_house_faults import without_shfmt  # noqa: F401 - the adopted tests' fixture

pytestmark = [pytest.mark.live, pytest.mark.timeout(60)]

adopt(test_house_faults, globals(), without=set())


@pytest.fixture(scope="module")
def house_shell():
    return "zsh"
