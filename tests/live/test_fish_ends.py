"""Every way out of a question and of a session, in fish: nothing ran, nothing stays."""

import pytest

from tests.live import test_house_ends
from tests.live.shared import adopt

pytestmark = [pytest.mark.live, pytest.mark.timeout(60)]

# Left out: `( ... ) &` and what needs a backstop, which are no fish; a counterpart stands below.
adopt(
    test_house_ends,
    globals(),
    without={"test_background_output_waits_for_the_answer", "test_a_full_screen_program_gets_its_screen_back"},
)


@pytest.fixture(scope="module")
def house_shell():
    return "fish"


def test_background_output_waits_for_the_question(shared):
    """What a job prints while a question is open comes after the answer, whole."""
    since = len(shared.raw)
    assert not shared.line("sh -c 'sleep 0.6; echo from-be\"\"hind; seq 1 300 | tail -1' &")
    shared.line("rm -rf ~/victims")
    assert shared.question()
    shared.rest(1.0)
    assert b"from-behind" not in shared.raw[since:]
    shared.no()
    shared.until(lambda: b"from-behind" in shared.raw[since:])
