"""The way in: which command is meant, and what is said when none is."""

from __future__ import annotations

import subprocess
import sys
from importlib import import_module

import pytest

import safeshell
from safeshell.cli.main import COMMANDS, main
from tests.cli.conftest import ENTRY


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_its_module(name):
    """With register and run, which the parser and main call."""
    module = import_module(COMMANDS[name][0])
    assert callable(module.register)
    assert callable(module.run)


def test_an_unknown_command_is_exit_2_with_the_nearest_name(capsys):
    """One line, not a page of usage."""
    assert main(["chekc"]) == 2
    assert capsys.readouterr().err == (
        "safeshell: there is no command 'chekc'; did you mean check? safeshell --help lists them\n"
    )
    assert main(["xyzzy"]) == 2
    assert "did you mean" not in capsys.readouterr().err


def test_a_script_instead_of_a_command_is_told_how_to_run_it(person):
    """Not by guessing: exit 2."""
    path = person.write("deploy.sh", "ls\n")
    done = person.run(str(path))
    assert done.returncode == 2
    assert "safeshell -c 'bash FILE'" in done.stderr


@pytest.mark.parametrize("word", ["--version", "-V"])
def test_version(person, word):
    """The package's own."""
    done = person.run(word)
    assert (done.returncode, done.stdout) == (0, f"safeshell {safeshell.__version__}\n")


def test_the_bare_call_needs_a_terminal(person):
    """In a script nothing is opened: exit 2, and what to use instead."""
    done = person.run()
    assert done.returncode == 2
    assert "safeshell check" in done.stderr


def test_options_alone_mean_the_shell(person):
    """`safeshell -c TEXT` and `safeshell shell -c TEXT` are the same."""
    assert person.run("-c", "echo $((40 + 2))").stdout == "42\n"
    assert person.run("shell", "-c", "echo $((40 + 2))").stdout == "42\n"


def test_an_interrupt_is_exit_130_without_a_traceback(person):
    """Ctrl-C while `check` waits for its text."""
    with subprocess.Popen(
        [sys.executable, "-c", _INTERRUPTED], stderr=subprocess.PIPE, env=person.environ, text=True
    ) as process:
        _, said = process.communicate(timeout=20)
    assert (process.returncode, said) == (130, "")


_INTERRUPTED = """
import os, signal, sys, threading
from safeshell.cli import check, main
check.text_of = lambda args: os.kill(os.getpid(), signal.SIGINT)
sys.exit(main.main(["check"]))
"""


def test_full_output_pipes_that_close_are_no_traceback(person):
    """`safeshell config schema | head -1`."""
    argv = ["bash", "-c", '"$@" config schema | head -1', "-", *ENTRY]
    done = subprocess.run(argv, capture_output=True, text=True, timeout=30, check=False, env=person.environ)
    assert (done.stdout, done.stderr) == ("{\n", "")
