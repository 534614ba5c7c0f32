"""The Redis wire against a direct connection: redis-benchmark through the proxy, as a ratio of the same run.

Budget: one connection with pipelines of 16 keeps at least 0.6 of the direct rate. What must not live here: the
other benchmarks.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

from safeshell.cli.rediscourt import open_redis
from safeshell.gateways.redistarget import RedisTarget
from safeshell.model.tiers import Tier
from tests.benchmarks.measuring import Row
from tests.cli.redismaking import setting_in
from tests.servers import redis_server

ROUNDS = 3
BUDGET = 0.6
PIPELINE = ("-P", "16", "-c", "1", "-n", "300000")


def rate(socket: str, options: tuple[str, ...]) -> float:
    """Requests a second, as redis-benchmark says."""
    argv = ["redis-benchmark", "-s", socket, "--csv", *options]
    done = subprocess.run(argv, capture_output=True, text=True, check=True, timeout=300)
    return float(done.stdout.strip().splitlines()[-1].split(",")[1].strip('"'))


def measure(tier: Tier, options: tuple[str, ...]) -> tuple[float, float]:
    """The best of some direct rates, and of some through the guard, taken in turns."""
    with redis_server() as server, tempfile.TemporaryDirectory() as state:
        argv = [sys.executable, "-c", _PROXY, state, str(server.socket), tier.value]
        with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as proxy:
            assert proxy.stdout is not None
            assert proxy.stdin is not None
            socket = proxy.stdout.readline().strip()
            pairs = [(rate(str(server.socket), options), rate(socket, options)) for _ in range(ROUNDS)]
            proxy.stdin.close()
    return max(direct for direct, _ in pairs), max(guarded for _, guarded in pairs)


def row(what: str, tier: Tier, options: tuple[str, ...], budget: float | None = None) -> Row:
    """One line of the report."""
    direct, guarded = measure(tier, options)
    ratio = guarded / direct
    held = None if budget is None else ratio >= budget
    told = "-" if budget is None else f"at least {budget}"
    return Row(f"redis-benchmark, {what}", f"{direct:,.0f}/s", f"{guarded:,.0f}/s", f"{ratio:.2f}", told, held)


def pipelined_reads() -> Row:
    """The design's budget."""
    return row("GET -P16 -c1 in production", Tier.PRODUCTION, ("-t", "get", *PIPELINE), BUDGET)


def pipelined_writes() -> Row:
    """Allowed writes, with their audit."""
    return row("SET -P16 -c1 in development", Tier.DEVELOPMENT, ("-t", "set", *PIPELINE), BUDGET)


def varied_reads() -> Row:
    """Every pipeline another one."""
    return row(
        "GET of random keys -P16 -c1 in production", Tier.PRODUCTION, ("-t", "get", "-r", "100000", *PIPELINE), BUDGET
    )


def single_reads() -> Row:
    """One command a round trip: latency."""
    return row("GET -P1 -c1 in production", Tier.PRODUCTION, ("-t", "get", "-c", "1", "-n", "30000"))


def many_clients() -> Row:
    """Fifty connections on one loop."""
    return row("GET -P1 -c50 in production", Tier.PRODUCTION, ("-t", "get", "-c", "50", "-n", "60000"))


def serve(state: str, socket: str, tier: str) -> None:
    """In a process of its own: the proxy, until standard input ends."""
    with open_redis(setting_in(Path(state), Tier(tier)), RedisTarget(socket=socket)) as wire, wire.proxy.serving():
        print(wire.proxy.socket_path, flush=True)
        sys.stdin.read()


_PROXY = "import sys; from tests.benchmarks.redis import serve; serve(*sys.argv[1:])"
