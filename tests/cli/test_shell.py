"""`safeshell` itself: its options, what it needs, and what it starts."""

from __future__ import annotations

import subprocess
import sys


def test_it_is_the_persons_own_bash_with_their_start_file(operator):
    """Aliases and variables of ~/.bashrc are there; the exit status passes through."""
    operator.write(".bashrc", "PS1='P> '\nalias hello='echo mine $((40 + 2))'\n")
    terminal = operator.terminal().until("P>").send("hello\r").until("mine 42").send("exit 7\r")
    assert terminal.end() == 7


def test_a_login_shell_reads_the_profile(operator):
    """With -l."""
    operator.write(".profile", "PS1='LOGIN> '\n")
    operator.terminal("-l").until("LOGIN>")


def test_guard_tier_makes_a_session_stricter(operator):
    """On a host that would be development."""
    operator.environ["SAFESHELL_TIER"] = ""
    terminal = operator.terminal("--guard-tier", "production").until("P>")
    assert "[PROD " in terminal.text()


def test_config_counts_for_the_session(operator):
    """A deny is no question."""
    path = operator.write("c.yaml", "version: 1\ndemands: {production: {destroys_data: deny}}\n")
    terminal = operator.terminal("--config", str(path), columns=100).until("P>").send("rm -rf data\r")
    terminal.until("safeshell: refused: ")
    assert "to run it" not in terminal.text()
    assert (operator.home / "data").exists()


def test_without_a_terminal_nothing_is_opened(person):
    """Exit 2 with what to use instead."""
    done = person.run("--guard-tier", "production")
    assert done.returncode == 2
    assert "needs a terminal" in done.stderr


def test_wrong_options_are_told(person):
    """Exit 2."""
    for words in (("--nonsense",), ("--shell", "tcsh"), ("-c",)):
        done = person.run(*words)
        assert done.returncode == 2
        assert done.stderr.splitlines()[-1].startswith("safeshell: error: ")


def test_the_bare_call_imports_little_before_the_fork(person):
    """The shell starts at once: no argparse, YAML, JSON or prompt_toolkit is loaded for it."""
    code = (
        "import sys; from safeshell.cli.main import main; import safeshell.cli.shell, safeshell.gateways.session;"
        "print(sorted({'argparse', 'yaml', 'prompt_toolkit', 'psutil', 'json', 'logging'} & set(sys.modules)))"
    )
    argv = [sys.executable, "-IS", "-c", f"import sys; sys.path[:0] = {sys.path!r}; {code}"]
    done = subprocess.run(argv, capture_output=True, text=True, timeout=20, check=True, env=person.environ)
    assert done.stdout == "[]\n"
