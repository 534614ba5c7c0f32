"""Every way out of a question and of a session, in zsh: nothing ran, nothing stays."""

import pytest

from tests.live import test_house_ends
from tests.live.shared import adopt

pytestmark = [pytest.mark.live, pytest.mark.timeout(60)]

adopt(test_house_ends, globals(), without=set())


@pytest.fixture(scope="module")
def house_shell():
    return "zsh"
