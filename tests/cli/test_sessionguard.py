"""What a session says of itself: prompt, notices, answers over its socket."""

from __future__ import annotations

import pytest

from tests.cli.conftest import Terminal


@pytest.mark.parametrize(
    ("tier", "segment"),
    [("production", "PROD"), ("staging", "STAGING"), ("unknown", "UNKNOWN")],
)
def test_the_prompt_says_tier_host_and_mode_before_the_persons_own(operator, tier, segment):
    """The person's own prompt follows unchanged."""
    terminal = operator.terminal(columns=100, SAFESHELL_TIER=tier).until("P>")
    mode = "rw" if tier == "staging" else "ro"
    line = terminal.lines()[0]
    assert line.startswith(f"[{segment} ")
    assert line.endswith(f" {mode}] P>")


def test_read_only_that_cannot_be_unlocked_is_pinned(operator):
    """Where the policy allows no unlock at all."""
    operator.write(".config/safeshell/config.yaml", "version: 1\nunlock: {max: 0}\n")
    terminal = operator.terminal(columns=100).until("P>")
    assert " ro: pinned] P>" in terminal.text()
    terminal.send("chmod 600 data/1\r").until("[Esc] no:").rest(0.3)
    assert "unlock" not in terminal.text()
    terminal.send("u").rest(0.5).send("\x1b").until("refused")
    assert (operator.home / "data/1").stat().st_mode & 0o777 == 0o644


def test_faults_of_the_configuration_are_told_before_the_first_prompt(operator):
    """The shell is usable all the same, by the strictest policy."""
    path = operator.write(".config/safeshell/config.yaml", "version: 1\ntint: perhaps\n")
    terminal = operator.terminal(columns=160).until("P>")
    assert f"safeshell: {path}:2:7: " in terminal.text()
    terminal.send("echo $((40 + 2))\r").until("42")


def test_the_socket_answers_what_it_knows_and_nothing_else(operator):
    """status is answered at once; an unknown verb is no."""
    code = (
        "import os; from safeshell.gateways.control import request;"
        'print("ANSWER", request(os.environ["SAFESHELL_SESSION"], "open-sesame", {}))'
    )
    operator.write("ask", f"#!/bin/sh\nexec python3 -c '{code}'\n").chmod(0o755)
    operator.environ["SAFESHELL_TIER"] = "development"
    terminal = operator.terminal(columns=120).until("P>").send("./ask\r").until("ANSWER")
    assert "unknown request" in terminal.words()
    assert "'ok': 'yes'" not in terminal.words()


def test_suspending_the_session_takes_every_unlock_back(operator):
    """Somebody else may sit there when it goes on."""
    operator.write("run", '#!/bin/bash\nset -m\nsafeshell\necho "stopped with $?"\nfg\n').chmod(0o755)
    outer = Terminal(["bash", "run"], operator.environ, operator.home, columns=100)
    operator.terminals.append(outer)
    outer.until("P>").send("safeshell unlock\r").until("[Esc] no:").rest(0.3).send("u").until(" rw ")
    outer.send("clear; suspend -f\r").until("stopped with").rest(0.5).send("\r").until(" ro] P>")
