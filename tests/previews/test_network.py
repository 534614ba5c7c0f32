"""What cutting the network would cut off, on the interfaces of this machine."""

from __future__ import annotations

import os

import psutil
import pytest

from safeshell.model.effects import Effect
from safeshell.model.judgement import Exactness
from safeshell.model.statements import TargetKind
from safeshell.previews.network import look
from tests.previews.making import finding, last, subject, target


def of(line: str, *names: str | None):
    targets = [target(name, TargetKind.NETWORK) for name in names]
    return last(look, subject(line, finding("network", *targets, effect=Effect.CUTS_NETWORK)))


def addresses() -> list[tuple[str, str]]:
    return [
        (name, item.address) for name, items in psutil.net_if_addrs().items() for item in items if int(item.family) == 2
    ]


def test_a_named_interface():
    """By its name, and by an address of its own."""
    assert of("ip link set lo down", "lo", "down").summary.startswith(f"lo of {os.uname().nodename}")
    assert of("ip addr del 127.0.0.1/8 dev lo", "127.0.0.1/8").summary.startswith("lo of ")


def test_your_own_line_is_the_first_thing_said(monkeypatch):
    """The interface that your ssh connection comes in over, and that this cuts it off."""
    name, address = addresses()[-1]
    monkeypatch.setenv("SSH_CONNECTION", f"198.51.100.7 50123 {address} 22")
    seen = of(f"ip link set {name} down", name, "down")
    assert seen.caveats[0] == f"your own ssh connection from 198.51.100.7 comes in over {name} ({address})"
    assert seen.caveats[1] == "this cuts it off"
    assert "this cuts it off" not in of("ip link set other down", "other").caveats


def test_firewall_rules_are_counted_or_said_to_be_unknown(tmp_path, monkeypatch):
    """A stand-in iptables answers in the real one's form; without any, nothing is claimed."""
    (tmp_path / "iptables").write_text(
        "#!/bin/sh\nprintf -- '-P INPUT ACCEPT\\n-A INPUT -p tcp --dport 22 -j ACCEPT\\n'\n"
    )
    (tmp_path / "iptables").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin:/usr/bin")
    seen = of("iptables -F")
    assert "2 rules in force" in seen.summary
    assert "-A INPUT -p tcp --dport 22 -j ACCEPT" in seen.sample
    assert seen.exactness is Exactness.EXACT
    monkeypatch.setenv("PATH", "/nonexistent")
    unknown = of("iptables -F")
    assert unknown.exactness is Exactness.UNKNOWN
    assert any("rules could not be read" in caveat for caveat in unknown.caveats)


@pytest.mark.parametrize("line", ["ip route del default", "systemctl restart networking"])
def test_without_a_name_all_of_it_counts(line):
    """A route or a restart touches every interface."""
    assert " is reached over " in of(line).summary
