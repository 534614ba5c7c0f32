"""What the session of a login tells safeshell-login; the session itself: tests/live/test_login_commands."""

import os
import signal
from types import SimpleNamespace

import pytest

from safeshell.cli import loginsession
from safeshell.cli.loginsession import BROKEN, UNGUARDABLE, Teller, main


def test_a_shell_that_no_session_can_guard():
    """dash has no hook: 64, before anything is started."""
    assert main(["/bin/dash", "login"]) == UNGUARDABLE


def test_only_the_parent_is_told(monkeypatch):
    """A signal goes to our parent if it is safeshell-login, and to nobody else."""
    sent = []
    monkeypatch.setattr(os, "kill", lambda pid, number: sent.append((pid, number)))
    Teller(0)(signal.SIGUSR1)
    Teller(os.getppid() + 1)(signal.SIGUSR1)
    assert sent == []
    teller = Teller(os.getppid())
    assert not teller.stood
    teller(signal.SIGUSR1)
    assert sent == [(os.getppid(), signal.SIGUSR1)]
    assert teller.stood


def test_a_guard_that_never_stood_says_nothing(monkeypatch, capfd):
    """safeshell-login has one line for it; the variable is for us alone."""
    monkeypatch.setenv("SAFESHELL_LOGIN_STUB", "1")
    monkeypatch.setattr("safeshell.gateways.session.run_session", lambda *_, **__: 1 // 0)
    assert main(["/bin/bash", "login"]) == BROKEN
    assert "SAFESHELL_LOGIN_STUB" not in os.environ
    assert capfd.readouterr() == ("", "")
    assert loginsession.UNGUARDABLE != BROKEN


@pytest.mark.parametrize(
    ("status", "prompted", "code", "told"),
    [(127, False, BROKEN, True), (126, False, BROKEN, True), (127, True, 127, False), (0, False, 0, False)],
)
def test_a_shell_that_never_came_up(monkeypatch, status, prompted, code, told):
    """126 or 127 before any prompt means that the kernel did not start it: safeshell-login opens the real one."""
    sent = []
    monkeypatch.setenv("SAFESHELL_LOGIN_STUB", str(os.getppid()))
    monkeypatch.setattr(os, "kill", lambda _pid, number: sent.append(number))

    def factory(_tell, guards):
        guards.append(SimpleNamespace(prompted=prompted))

    monkeypatch.setattr(loginsession, "_factory", factory)
    monkeypatch.setattr("safeshell.gateways.session.run_session", lambda *_, **__: status)
    assert main(["/bin/bash", "login"]) == code
    assert (signal.SIGUSR2 in sent) is told
