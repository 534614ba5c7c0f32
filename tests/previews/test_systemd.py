"""What systemctl answers, read; a stand-in program answers where systemd does not run (in its own words)."""

from __future__ import annotations

import os

import pytest

from safeshell.previews import systemd
from tests.previews.making import finding, subject

SHOW = """Id=nginx.service
LoadState=loaded
ActiveState=active
SubState=running
MainPID={pid}
ActiveEnterTimestamp=Mon 2026-11-02 03:04:05 UTC
ActiveEnterTimestampMonotonic=5000000
TriggeredBy=nginx.socket
"""
REVERSE = """nginx.service
● app.service
○   worker.service
●   multi-user.target
●     graphical.target
"""
UNITS = "cron.service loaded active running Regular background program processing daemon\nssh.service loaded active running OpenBSD\n"


@pytest.fixture
def systemctl(tmp_path, monkeypatch):
    """Puts a systemctl first on PATH that prints these answers as systemd 252 does, or fails."""

    def answers(show=SHOW, reverse=REVERSE, units=UNITS, code=0):
        for name, text in (
            ("show", show.format(pid=os.getpid())),
            ("list-dependencies", reverse),
            ("list-units", units),
        ):
            (tmp_path / name).write_text(text)
        (tmp_path / "systemctl").write_text(f'#!/bin/sh\ncat {tmp_path}/"$1"\nexit {code}\n')
        (tmp_path / "systemctl").chmod(0o755)
        monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
        monkeypatch.setattr(systemd, "running", lambda: True)

    return answers


ABOUT = subject("systemctl stop nginx", finding("service"), seconds=60)


def test_a_unit_is_read(systemctl):
    """State, main process, time of its start in seconds, what triggers it."""
    systemctl()
    unit = systemd.unit("nginx", subject("x", finding("service")))
    assert (unit.name, unit.loaded, unit.state, unit.main_pid) == ("nginx.service", True, "active", os.getpid())
    assert unit.entered == 5.0
    assert unit.triggers == ("nginx.socket",)


def test_who_needs_it(systemctl):
    """Units at any depth, without marks, without the targets of the boot and the unit itself."""
    systemctl()
    assert systemd.needed_by("nginx", subject("x", finding("service"))) == ["app.service", "worker.service"]


def test_how_many_services_run(systemctl):
    """One a line."""
    systemctl()
    assert systemd.services_running(subject("x", finding("service"))) == 2


def test_a_systemd_that_does_not_answer(systemctl):
    """None, never an empty answer."""
    systemctl(code=1)
    about = subject("x", finding("service"))
    assert systemd.unit("nginx", about) is None
    assert systemd.needed_by("nginx", about) is None
    assert systemd.services_running(about) is None


def test_whether_it_runs_is_a_fact_of_the_host():
    """As sd_booted(3) tells it."""
    assert systemd.running() is os.path.isdir("/run/systemd/system")
