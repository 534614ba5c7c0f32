"""The words of prompt and title."""

import shutil
import subprocess

import pytest

from safeshell.gateways.ports import PromptStatus
from safeshell.gateways.prompt import coloured, plain, segment, title, words
from safeshell.model.effects import Mode, Tier
from safeshell.shells import SHELLS


def status(**given) -> PromptStatus:
    return PromptStatus(**{"tier": Tier.PRODUCTION, "target": "web-3", "mode": Mode.READ_ONLY, **given})


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, "PROD web-3 ro"),
        ({"tier": Tier.STAGING, "mode": Mode.READ_WRITE}, "STAGING web-3 rw"),
        ({"tier": Tier.DEVELOPMENT, "mode": Mode.READ_WRITE}, "DEV web-3 rw"),
        ({"tier": Tier.UNKNOWN}, "UNKNOWN web-3 ro"),
        ({"mode": Mode.READ_WRITE, "minutes_left": 14}, "PROD web-3 rw 14m"),
        ({"pinned": True}, "PROD web-3 ro: pinned"),
        ({"unguarded": True}, "PROD web-3 UNGUARDED"),
        ({"target": "a\x1b]0;x\x07b\n"}, "PROD a]0;xb ro"),
    ],
)
def test_words(given, said):
    """Tier, target and mode in words, printable only."""
    assert words(status(**given)) == said


PRINTERS = {
    "bash": ["bash", "--norc", "-c", 'printf %s "${1@P}"', "bash"],
    "zsh": ["zsh", "-fc", 'setopt prompt_subst prompt_bang; print -rn -- "${(%%)1}"', "zsh"],
}
"""How a shell expands a text as its prompt."""


@pytest.mark.parametrize("shell", PRINTERS)
@pytest.mark.parametrize("target", ["$(touch x)", "`id`", "\\u\\h", "!!", "a'b\"c", "${x:=1}", "%n%~"])
def test_the_segment_expands_to_itself(target, shell):
    """In a shell's prompt expansion nothing of a target's name is run or replaced."""
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not installed")
    text = segment(status(target=target), SHELLS[shell].invisible, colour=False)
    shown = subprocess.run([*PRINTERS[shell], text], capture_output=True, text=True, check=True, timeout=5).stdout
    assert shown == text
    assert shown.startswith("[PROD ")
    assert shown.endswith(" ro] ")


def test_colours_are_marked_as_without_width():
    r"""Escapes stand inside `\[ \]` or `%{ %}`, so that the line editor counts right."""
    assert segment(status(), SHELLS["bash"].invisible, colour=True) == "\\[\\e[1;97;41m\\][PROD web-3 ro]\\[\\e[0m\\] "
    assert segment(status(), SHELLS["zsh"].invisible, colour=True) == "%{\x1b[1;97;41m%}[PROD web-3 ro]%{\x1b[0m%} "


def test_titles():
    """The head comes first; control characters of a program's title are dropped."""
    assert title(status()) == b"\x1b]2;PROD web-3 ro\x07"
    assert title(status(), "mine\x1b\x07") == b"\x1b]2;PROD web-3 ro | mine\x07"
    assert title(status(), stranger="zsh") == b"\x1b]2;PROD web-3 ro UNGUARDED: zsh\x07"


def test_where_escapes_and_colours_are_wanted():
    """NO_COLOR, dumb terminals and Emacs."""
    assert coloured({"TERM": "xterm"})
    assert not coloured({"TERM": "xterm", "NO_COLOR": "1"})
    assert coloured({"TERM": "xterm", "NO_COLOR": ""})
    assert plain({"TERM": "dumb"})
    assert plain({})
    assert plain({"TERM": "xterm", "INSIDE_EMACS": "29"})
    assert not plain({"TERM": "xterm", "NO_COLOR": "1"})
