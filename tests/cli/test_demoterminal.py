"""How the demos begin and end."""

from __future__ import annotations

import contextlib
import os
import signal
import sys

import pexpect
import pytest

from safeshell.cli.demoterminal import DemoError, at_a_terminal, plain_environ

PROGRAM = """
import contextlib, sys, time
from safeshell.cli.demoterminal import DemoError, at_a_terminal

@contextlib.contextmanager
def server():
    if sys.argv[1] == "none":
        raise DemoError("there is no server here")
    try:
        yield "a server"
    finally:
        print("taken down", flush=True)

def session(running):
    print("running", running, flush=True)
    time.sleep(float(sys.argv[1]))
    return 7

sys.exit(at_a_terminal(server, session))
"""


def in_a_terminal(seconds: str) -> pexpect.spawn:
    return pexpect.spawn(sys.executable, ["-c", PROGRAM, seconds], env=dict(os.environ), timeout=30)


def ended(child: pexpect.spawn) -> int | None:
    child.expect(pexpect.EOF)
    child.close()
    return child.exitstatus


def test_the_sessions_status_is_the_demos():
    """And the server is taken down."""
    child = in_a_terminal("0")
    child.expect("taken down")
    assert ended(child) == 7


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_ended_from_outside_it_takes_the_server_down(number):
    """As after a closed window."""
    child = in_a_terminal("60")
    child.expect("running a server")
    child.kill(number)
    child.expect("taken down")
    assert ended(child) == 128 + number


def test_no_server_is_told_in_a_sentence():
    """With status 1."""
    child = in_a_terminal("none")
    child.expect("safeshell: there is no server here")
    assert ended(child) == 1


def test_without_a_terminal_nothing_is_started(capsys):
    """With status 2."""

    def server() -> contextlib.AbstractContextManager[None]:
        raise DemoError("started")

    assert at_a_terminal(server, lambda _: 0) == 2
    assert "needs a terminal" in capsys.readouterr().err


def test_nothing_that_leads_elsewhere_is_kept():
    """The terminal and the language only."""
    environ = {"TERM": "xterm", "LC_ALL": "C", "PGHOST": "db", "REDISCLI_AUTH": "x", "HOME": "/root"}
    assert plain_environ(environ) == {"TERM": "xterm", "LC_ALL": "C"}
