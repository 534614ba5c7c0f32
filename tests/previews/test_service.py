"""What stopping a service would touch."""

from __future__ import annotations

import os
import shutil
import socket

from safeshell.model.effects import Effect
from safeshell.model.judgement import Exactness
from safeshell.model.statements import TargetKind
from safeshell.previews.service import look
from tests.previews.making import finding, last, subject, target
from tests.previews.test_systemd import systemctl

__all__ = ["systemctl"]


def of(line: str, *names: str | None, verb: str = ""):
    targets = [target(name, TargetKind.SERVICE) for name in names]
    return last(look, subject(line, finding("service", *targets, effect=Effect.STOPS_SERVICE), verb=verb))


def test_a_unit_of_systemd(systemctl):
    """How long it ran, who is connected to its processes (this test's own), who needs it, what restarts it."""
    systemctl()
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        client = socket.create_connection(("127.0.0.1", port))
        accepted = server.accept()[0]
        seen = of("systemctl stop nginx", "nginx", verb="systemctl stop")
        client.close()
        accepted.close()
    assert seen.summary.startswith("nginx.service has run for ")
    assert "from 1 address" in seen.summary
    assert any(line.startswith(f"{port}/tcp") for line in seen.sample)
    assert "nginx.service is needed by app.service, worker.service" in seen.caveats
    assert "nginx.socket may start it again" in seen.caveats
    assert seen.exactness is Exactness.EXACT


def test_a_unit_that_does_not_run(systemctl):
    """Stopped already, or not known at all: said."""
    systemctl(show="Id=nginx.service\nLoadState=loaded\nActiveState=inactive\nMainPID=0\n")
    assert of("systemctl stop nginx", "nginx").summary == "nginx.service is inactive"
    systemctl(show="Id=nope.service\nLoadState=not-found\nActiveState=inactive\nMainPID=0\n")
    assert of("systemctl stop nope", "nope").summary == "nope: systemd knows no such unit"


def test_a_systemd_that_does_not_answer_is_unknown(systemctl):
    """A failed look asks harder."""
    systemctl(code=1)
    seen = of("systemctl stop nginx", "nginx")
    assert seen.exactness is Exactness.UNKNOWN
    assert seen.caveats


def test_outside_systemd_the_processes_of_that_name_count(tmp_path, started, monkeypatch):
    """A supervisor's program: its processes are found by name, who needs them is not known."""
    path = tmp_path / "guardtest-svc"
    shutil.copy(shutil.which("sleep"), path)
    started(str(path), "300")
    started(str(path), "301")
    seen = of("supervisorctl stop guardtest-svc", "guardtest-svc")
    assert seen.summary.startswith("guardtest-svc has run for less than a minute")
    assert seen.summary.endswith("2 processes")
    assert seen.exactness is Exactness.AT_LEAST


def test_a_name_without_a_process_is_no_failure():
    """Nothing of that name runs: said, and no reason to ask harder."""
    seen = of("supervisorctl stop guardtest-none", "guardtest-none")
    assert "no process is called guardtest-none" in seen.caveats
    assert seen.exactness is Exactness.AT_LEAST


def test_a_command_without_a_name_is_its_own_service():
    """`nginx -s stop` stops nginx."""
    assert "no process is called guardtest-tool" in of("guardtest-tool -s stop").caveats


def test_a_name_that_only_running_tells():
    """Unknown, and asked harder."""
    assert of("systemctl stop x", None).exactness is Exactness.UNKNOWN
    assert os.getpid()
