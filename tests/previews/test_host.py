"""What halting this host would end, on this host as it is."""

from __future__ import annotations

import os
import re
import socket
import time

import psutil

from safeshell.model.effects import Effect
from safeshell.model.judgement import Exactness, Reversibility
from safeshell.previews import host
from tests.previews.making import finding, subject


def of():
    return list(host.look(subject("shutdown -h now", finding("host", effect=Effect.HALTS_HOST))))


def test_uptime_and_people_come_at_once():
    """The first answer is there before any socket was counted, and does not claim to be all."""
    first = of()[0]
    assert re.match(rf"{re.escape(os.uname().nodename)} has been up for ", first.summary)
    assert first.exactness is Exactness.AT_LEAST
    assert first.reversibility is Reversibility.IRREVERSIBLE
    assert first.affected is None


def test_uptime_is_the_kernels():
    """The span since boot, as psutil reads it from the kernel."""
    from safeshell.previews.telling import span

    assert f"up for {span(time.time() - psutil.boot_time())}" in of()[0].summary


def test_services_and_connections_are_counted():
    """A listener of this test with two connections stands in the sample under its process's name."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        clients = [socket.create_connection(("127.0.0.1", port)) for _ in range(2)]
        accepted = [server.accept()[0] for _ in clients]
        seen = of()[-1]
        for one in (*clients, *accepted):
            one.close()
    row = next(line for line in seen.sample if line.startswith(f"{port}/tcp"))
    assert row.split()[1:] == [psutil.Process().name(), "2", "connections"]
    assert re.search(r"\d+ connections to \d+ service", seen.summary)
    assert (
        any(caveat.endswith("from here to other hosts") for caveat in seen.caveats) or seen.exactness is Exactness.EXACT
    )


def test_your_own_ssh_connection_is_said(monkeypatch):
    """You are on this host over ssh, and from where."""
    monkeypatch.setenv("SSH_CONNECTION", "10.2.0.7 50123 10.2.0.5 22")
    assert f"you are on {os.uname().nodename} over ssh, from 10.2.0.7" in of()[-1].caveats


def test_a_planned_shutdown_is_said(monkeypatch, tmp_path):
    """systemd's own note tells what and when."""
    note = tmp_path / "scheduled"
    note.write_text(f"USEC={int((time.time() + 7300) * 1_000_000)}\nWARN_WALL=1\nMODE=reboot\n")
    monkeypatch.setattr(host, "_SCHEDULED", str(note))
    assert "a reboot is already planned, in 2 hours" in of()[-1].caveats
    note.write_text("nonsense")
    assert "a shutdown is already planned" in of()[-1].caveats


def test_what_cannot_be_counted_is_said(monkeypatch):
    """Connections that the kernel does not show make it a lower bound."""

    def refused(*_args, **_more):
        raise psutil.AccessDenied

    monkeypatch.setattr(psutil, "net_connections", refused)
    seen = of()[-1]
    assert seen.exactness is Exactness.AT_LEAST
    assert any("could not be counted" in caveat for caveat in seen.caveats)
