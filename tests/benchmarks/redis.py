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
from tests.cli.redismaking import setting_in
from tests.servers import redis_server

ROUNDS = 3
CASES = (
    ("GET -P16 -c1, production", Tier.PRODUCTION, ("-t", "get", "-P", "16", "-c", "1", "-n", "300000")),
    ("SET -P16 -c1, development", Tier.DEVELOPMENT, ("-t", "set", "-P", "16", "-c", "1", "-n", "300000")),
    ("GET -P1 -c1, production", Tier.PRODUCTION, ("-t", "get", "-P", "1", "-c", "1", "-n", "40000")),
    ("GET -P16 -c50, production", Tier.PRODUCTION, ("-t", "get", "-P", "16", "-c", "50", "-n", "300000")),
    ("GET -P1 -c50, production", Tier.PRODUCTION, ("-t", "get", "-P", "1", "-c", "50", "-n", "60000")),
)


def rate(socket: str, options: tuple[str, ...]) -> float:
    """Requests a second, as redis-benchmark says."""
    argv = ["redis-benchmark", "-s", socket, "--csv", *options]
    done = subprocess.run(argv, capture_output=True, text=True, check=True, timeout=300)
    return float(done.stdout.strip().splitlines()[-1].split(",")[1].strip('"'))


def measure(case: tuple[str, Tier, tuple[str, ...]]) -> tuple[str, float, float]:
    """Name, the better of some direct rates, and of some through the guard, taken in turns."""
    name, tier, options = case
    with redis_server() as server, tempfile.TemporaryDirectory() as state:
        target = RedisTarget(socket=str(server.socket))
        argv = [sys.executable, "-c", _PROXY, state, str(server.socket), tier.value]
        with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as proxy:
            socket = proxy.stdout.readline().strip()
            pairs = [(rate(target.socket, options), rate(socket, options)) for _ in range(ROUNDS)]
            proxy.stdin.close()
    return name, max(direct for direct, _ in pairs), max(guarded for _, guarded in pairs)


def serve(state: str, socket: str, tier: str) -> None:
    """In a process of its own: the proxy, until standard input ends."""
    with open_redis(setting_in(Path(state), Tier(tier)), RedisTarget(socket=socket)) as wire, wire.proxy.serving():
        print(wire.proxy.socket_path, flush=True)
        sys.stdin.read()


_PROXY = "import sys; from tests.benchmarks.redis import serve; serve(*sys.argv[1:])"


def main() -> int:
    """Print a table."""
    print("| Redis wire | direct /s | guarded /s | ratio |\n|---|---|---|---|")
    for case in CASES:
        name, direct, guarded = measure(case)
        print(f"| {name} | {direct:,.0f} | {guarded:,.0f} | {guarded / direct:.2f} |", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
