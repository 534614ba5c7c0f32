"""The session in zsh and in fish: first prompt, one line there and back, echo, loops.

What must not live here: bash (terminal.py).
"""

from __future__ import annotations

import re
import shutil
import time
from pathlib import Path

from tests.benchmarks.measuring import GUARDED, PROMPT, Row, environ, home, ms, p50, spawn, us
from tests.benchmarks.terminal import _command, _drain

_START = {
    "zsh": (".zshrc", f"PS1='{PROMPT}'\nunsetopt prompt_sp\nHISTFILE=\nbindkey -e\n"),
    "fish": (
        ".config/fish/config.fish",
        f"set -g fish_greeting\nfunction fish_prompt; echo -n '{PROMPT}'; end\nfunction fish_title; end\n",
    ),
}
_LOOPS = {
    "zsh": ("f() { local i; for ((i = 0; i < 300000; i++)); do x=$i; done }", "typeset -F SECONDS; s=$SECONDS; f; printf 'took-%.3f\\n' $((SECONDS - s))"),
    "fish": ("function f; for i in (seq 60000); set x $i; end; end", "set s (date +%s.%N); f; printf 'took-%.3f\\n' (math (date +%s.%N) - $s)"),
}  # fmt: skip
_PROMPTS = 25


def _argv(shell: str, *, guarded: bool) -> list[str]:
    return [*GUARDED, "--shell", shell] if guarded else [shell, "-i"]


def _house(shell: str):
    place = home()
    file = Path(place.name, _START[shell][0])
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(_START[shell][1], encoding="utf-8")
    # Where this is missing fish reads every manual page of the machine in the background.
    Path(place.name, ".local/share/fish/generated_completions").mkdir(parents=True, exist_ok=True)
    return place


def _open(argv: list[str], house: str):
    child = spawn(argv, environ(house, XDG_CONFIG_HOME=f"{house}/.config"), house)
    child.expect_exact(PROMPT)
    time.sleep(0.7)
    _drain(child)
    return child


def _quiet(child) -> None:
    """Read until nothing has come for a moment: an editor may draw a key in several pieces."""
    import pexpect

    try:
        while True:
            child.read_nonblocking(4096, 0.01)
    except pexpect.TIMEOUT:
        return


def _missing(what: str, shell: str) -> Row | None:
    return None if shutil.which(shell) else Row(f"{what}, {shell}", "-", "not installed", "-", "-", None)


def first_prompt(shell: str) -> Row:
    if row := _missing("first prompt", shell):
        return row
    with _house(shell) as house:

        def start(*, guarded: bool) -> float:
            begun = time.perf_counter()
            child = spawn(_argv(shell, guarded=guarded), environ(house, XDG_CONFIG_HOME=f"{house}/.config"), house)
            child.expect_exact(PROMPT)
            took = time.perf_counter() - begun
            child.close(force=True)
            return took

        start(guarded=True)
        pairs = [(start(guarded=False), start(guarded=True)) for _ in range(11)]
    base, took = p50([pair[0] for pair in pairs]), p50([pair[1] for pair in pairs])
    held = took - base <= 0.035
    return Row(
        f"first prompt, {shell} (p50 of 11)", ms(base), ms(took), f"{ms(took - base)} more", f"<= {shell} + 35 ms", held
    )


def line(shell: str) -> Row:
    """From Enter to the next prompt, `true` typed: the verdict and the prompt's frame together."""
    if row := _missing("a plain line", shell):
        return row
    with _house(shell) as house:
        samples: dict[bool, list[float]] = {}
        for guarded in (False, True):
            child = _open(_argv(shell, guarded=guarded), house)
            samples[guarded] = []
            for _ in range(_PROMPTS):
                child.send("true")
                _drain(child)
                begun = time.perf_counter()
                child.send("\r")
                child.expect_exact(PROMPT)
                samples[guarded].append(time.perf_counter() - begun)
                _drain(child)
            child.close(force=True)
    base, took = p50(samples[False]), p50(samples[True])
    return Row(
        f"a plain line to the next prompt, {shell} (p50)", ms(base), ms(took), f"{ms(took - base)} more", "-", None
    )


def echo(shell: str) -> Row:
    if row := _missing("keystroke echo", shell):
        return row
    with _house(shell) as house:
        ways = {
            "plain": [shell, "-i"],
            "guarded": _argv(shell, guarded=True),
            "script": ["script", "-qc", f"{shell} -i", "/dev/null"],
        }
        children = {name: _open(argv, house) for name, argv in ways.items()}
        samples: dict[str, list[float]] = {name: [] for name in ways}
        for _ in range(200):
            for name, child in children.items():
                begun = time.perf_counter()
                child.send("a")
                child.read_nonblocking(64, 5)
                samples[name].append(time.perf_counter() - begun)
                child.send("\x7f")
                _quiet(child)
        for child in children.values():
            child.close(force=True)
    base, took, copied = (p50(samples[name]) for name in ("plain", "guarded", "script"))
    return Row(
        f"keystroke echo, {shell} (p50); `script`, which only copies, adds {us(copied - base)}",
        us(base),
        us(took),
        f"{us(took - base)} more",
        "<= 100 us added",
        took - base <= 1e-4,
    )


def loops(shell: str) -> Row:
    if row := _missing("a function with a loop", shell):
        return row
    with _house(shell) as house:
        # In turns, and more than a few: the processors of a rented machine have two speeds.
        children = [_open(_argv(shell, guarded=guarded), house) for guarded in (False, True)]
        taken: list[list[float]] = [[], []]
        for child in children:
            _command(child, _LOOPS[shell][0], re.escape(PROMPT))
            _drain(child)
        for turn in range(20):
            child = children[turn % 2]
            child.send(_LOOPS[shell][1] + "\r")
            child.expect(rb"took-([0-9]+\.[0-9]+)")
            taken[turn % 2].append(float(child.match.group(1)))
            child.expect_exact(PROMPT)
            _drain(child)
        for child in children:
            child.close(force=True)
    base, took = min(taken[0]), min(taken[1])
    held = took / base <= 1.1
    return Row(
        f"a function with a loop, {shell}, cleared line (best of 10, in turns)",
        f"{base:.3f} s",
        f"{took:.3f} s",
        f"{took / base:.2f}",
        f"<= 1.1 of {shell}",
        held,
    )
