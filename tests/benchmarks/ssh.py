"""A followed ssh session beside plain ssh, over a private sshd: bulk output. Needs root, for a throwaway user."""

from __future__ import annotations

import os
import sys
import tempfile
import time
from pathlib import Path

import pexpect

from tests.benchmarks.measuring import ROOT, Row

_SIZE = 40_000_000


def throughput() -> Row:
    from tests.live.loginhost import Host, why_not

    what, budget = "40 MB cat over ssh, followed (best of 3)", ">= 0.9 of plain ssh"
    if why := why_not():
        return Row(what, "-", f"not measured: {why}", "-", budget, None)
    host = Host()
    try:
        host.add("plain", "/bin/bash")
        host.aliases["prod-web"] = "plain"
        host.start()
        host.put("plain", "big", (b"0123456789abcdef" * 4 + b"\n") * (_SIZE // 65))
        with tempfile.TemporaryDirectory(prefix="safeshell-bench-") as home:
            Path(home, "client").write_text(host.client.read_text(), encoding="utf-8")
            plain = ["ssh", "-F", "client", "-tt", "prod-web"]
            guarded = [sys.executable, "-m", "safeshell.cli.safessh", "-F", "client", "--guard-follow", "prod-web"]
            pairs = [(_cat(plain, home), _cat(guarded, home)) for _ in range(3)]
    finally:
        host.close()
    base, took = min(pair[0] for pair in pairs), min(pair[1] for pair in pairs)
    return Row(what, f"{base:.2f} s in ssh", f"{took:.2f} s", f"{base / took:.2f} of ssh", budget, base / took >= 0.9)


def _cat(argv: list[str], home: str) -> float:
    env = {"PATH": os.environ["PATH"], "HOME": home, "TERM": "xterm", "LANG": "C.UTF-8", "PYTHONPATH": str(ROOT)}
    child = pexpect.spawn(argv[0], argv[1:], env=env, cwd=home, dimensions=(24, 80), timeout=60)
    child.delaybeforesend = None
    child.expect(r"home\$ ")
    time.sleep(1.0)
    begun = time.perf_counter()
    child.send("cat big; echo end-$((1+1))\r")
    seen = b""
    while b"end-2" not in seen:
        seen = seen[-64:] + child.read_nonblocking(65536, 60)
    took = time.perf_counter() - begun
    child.close(force=True)
    return took
