"""Prompt and screen in zsh and fish: colours where they are wanted, plain text where not, what was refused is told."""

import re
import shutil

import pytest

from tests.live import test_house_prompt
from tests.live.house import plain_text
from tests.live.shared import adopt

pytestmark = [pytest.mark.live, pytest.mark.timeout(60)]

# Left out: prompts in bash's own words.
adopt(
    test_house_prompt,
    globals(),
    without={
        "test_any_prompt_carries_the_segment_and_wraps_right",
        "test_a_generated_prompt_runs_once_a_prompt",
        "test_hooks_like_bash_preexec_run_beside_ours",
        "test_no_colour_is_respected",
        "test_a_dumb_terminal_gets_plain_text",
    },
)


@pytest.fixture(scope="module", params=["zsh", "fish"])
def house_shell(request):
    if shutil.which(request.param) is None:
        pytest.skip(f"{request.param} is not installed")
    return request.param


RC = {
    "zsh": "PS1='# '\nunsetopt prompt_sp\n",
    "fish": "set -g fish_greeting\nfunction fish_prompt; echo -n '# '; end\nfunction fish_title; end\n",
}
COLOUR = re.compile(rb"\x1b\[[0-9;]*4[0-9][;m]|\x1b\[[0-9;]*9[0-7][;m]")


def test_no_colour_is_wanted(houses, house_shell):
    """NO_COLOR: the segment is there without a colour of ours (fish goes on painting what is typed)."""
    house = houses(rc=RC[house_shell], NO_COLOR="1")
    assert b"[PROD " in house.raw
    assert not COLOUR.search(house.raw)
    house.refuses("rm -rf ~/victims")


def test_a_dumb_terminal(houses, house_shell):
    """TERM=dumb: segment and question as plain text, beside what the shell itself says of pastes; an empty answer runs nothing."""
    house = houses(rc=RC[house_shell], TERM="dumb", wait=False)
    house.until("[PROD ")
    house.rest(0.3)
    before = len(house.raw)
    house.send("rm -rf ~/victims\r").until(house.question)
    assert b"\x1b" not in re.sub(rb"\x1b\[\?2004[hl]", b"", house.raw[before:])
    house.send("\r").rest(0.3)
    assert house.intact()
    assert "refused: `rm -rf ~/victims` removes" in plain_text(house.raw).replace("\n", "")
    house.send("echo al''ive\r").until("\nalive")
