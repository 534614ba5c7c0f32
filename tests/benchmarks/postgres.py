"""PostgreSQL through the guard beside direct, a bare Python relay and pgbouncer, all in the same run.

Rounds are interleaved, and the best round of each way counts: other work on the machine only ever slows down. What must not live here: the
budgets' reasons (design).
"""

from __future__ import annotations

import contextlib
import os
import re
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg

from tests.benchmarks.measuring import ENTRY, PYTHON, ROOT, Row, environ, home, ms, us
from tests.live.pooling import pgbouncer, pooler
from tests.servers import Server, postgres_server

ROUNDS = 5
_ROWS = 500_000
_BULK = f"select g, md5(g::text), repeat('x', 60) from generate_series(1, {_ROWS}) g"
_GUARD = """
import os, sys
sys.path[:0] = {paths!r}
from safeshell.cli.setting import load_setting
from safeshell.cli.wirecourt import open_postgres
from safeshell.gateways.postgrestarget import resolve
words = {{"host": sys.argv[1], "port": sys.argv[2], "user": "postgres", "dbname": "postgres"}}
with open_postgres(load_setting(), resolve(words, {{}}, user="postgres", home=os.environ["HOME"])) as wire:
    print(wire.proxy.socket_directory, flush=True)
    wire.proxy.hub.run(lambda: False)
"""
Place = tuple[str, int]


@contextlib.contextmanager
def _started(argv: list[str], env: dict[str, str]) -> Iterator[tuple[int, str]]:
    """A process that says one line when it is ready: its pid and that line."""
    child = subprocess.Popen(argv, env=env, stdout=subprocess.PIPE, text=True, cwd=ROOT)
    try:
        assert child.stdout is not None
        yield child.pid, child.stdout.readline().strip()
    finally:
        child.kill()
        child.wait()
        if child.stdout is not None:
            child.stdout.close()


@contextlib.contextmanager
def _relay(server: Server, house: str) -> Iterator[Place]:
    directory = Path(house, "relay")
    directory.mkdir()
    target = f"{server.directory}/.s.PGSQL.{server.port}"
    with _started([PYTHON, "-m", "tests.benchmarks.relay", f"{directory}/.s.PGSQL.5432", target], dict(os.environ)):
        yield str(directory), 5432


@contextlib.contextmanager
def _guard(server: Server, house: str) -> Iterator[tuple[Place, int]]:
    paths = [str(ROOT), *[path for path in sys.path if "site-packages" in path]]
    code = _GUARD.format(paths=paths)
    env = environ(house, SAFESHELL_TIER="production")
    with _started([PYTHON, "-c", code, str(server.directory), str(server.port)], env):
        pass  # the first start compiles the packs
    with _started([PYTHON, "-IS", "-c", code, str(server.directory), str(server.port)], env) as (pid, directory):
        yield (directory, 5432), pid


@contextlib.contextmanager
def _all(server: Server) -> Iterator[tuple[dict[str, Place], int]]:
    """Every way to the server by its name, and the guard's pid."""
    with contextlib.ExitStack() as stack:
        house = stack.enter_context(home())
        guard, pid = stack.enter_context(_guard(server, house))
        ways = {"direct": (str(server.directory), server.port), "relay": stack.enter_context(_relay(server, house))}
        ways["guard"] = guard
        if pgbouncer():
            directory, port = stack.enter_context(pooler(server, mode="session", size=20))
            ways["pgbouncer"] = (str(directory), port)
        yield ways, pid


@contextlib.contextmanager
def _shop() -> Iterator[Server]:
    with postgres_server() as server:
        with psycopg.connect(server.conninfo(), autocommit=True) as owner:
            owner.execute("create table t as select g as id, md5(g::text) as x from generate_series(1, 100000) g")
            owner.execute("alter table t add primary key (id); analyze t")
        yield server


def _latencies(place: Place, sql: str, times: int, *, prepared: bool) -> list[float]:
    host, port = place
    with psycopg.connect(host=host, port=port, user="postgres", dbname="postgres", autocommit=True) as client:
        client.prepare_threshold = 0 if prepared else None
        run = client.cursor().execute if prepared else client.pgconn.exec_
        argument = (sql, (7,)) if prepared else (sql.encode(),)
        samples = []
        for _ in range(times):
            begun = time.perf_counter()
            run(*argument)
            samples.append(time.perf_counter() - begun)
    return samples


def _statement(what: str, sql: str, *, prepared: bool) -> Row:
    with _shop() as server, _all(server) as (ways, _):
        found: dict[str, list[float]] = {name: [] for name in ways}
        for _ in range(ROUNDS):
            for name, place in ways.items():
                found[name].append(statistics.median(_latencies(place, sql, 400, prepared=prepared)))
    best = {name: min(values) for name, values in found.items()}
    ratio = best["guard"] / best["relay"]
    beside = ", ".join(f"{name} {us(value)}" for name, value in best.items() if name != "guard")
    return Row(what, beside, us(best["guard"]), f"{ratio:.2f} of the relay", "<= 1.6", ratio <= 1.6)


def simple() -> Row:
    """A simple query, as psql and scripts send it."""
    return _statement(
        "statement through the PostgreSQL wire, simple, p50", "select x from t where id = 7", prepared=False
    )


def prepared() -> Row:
    """A prepared statement with a parameter, as drivers send it."""
    return _statement("the same, prepared", "select x from t where id = %s", prepared=True)


def _tps(server: Server, place: Place, script: Path, clients: int) -> float:
    host, port = place
    command = [str(server.binaries / "pgbench"), "-h", host, "-p", str(port), "-U", "postgres", "-n", "-M", "prepared"]  # type: ignore[operator]
    command += ["-c", str(clients), "-j", "1", "-T", "2", "-f", str(script), "postgres"]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    return float(re.search(r"tps = ([\d.]+)", done.stdout)[1])  # type: ignore[index]


def _throughput(clients: int) -> Row:
    with _shop() as server, _all(server) as (ways, _), home() as house:
        script = Path(house, "s.sql")
        script.write_text("\\set id random(1, 100000)\nselect x from t where id = :id;\n")
        found: dict[str, list[float]] = {name: [] for name in ways}
        for _ in range(ROUNDS):
            for name, place in ways.items():
                found[name].append(_tps(server, place, script, clients))
    best = {name: max(values) for name, values in found.items()}
    ratio = best["guard"] / best["direct"]
    beside = ", ".join(f"{name} {value:,.0f}" for name, value in best.items() if name != "guard")
    return Row(
        f"pgbench -S -M prepared, {clients} client{'s' * (clients > 1)}, tps",
        beside, f"{best['guard']:,.0f}", f"{ratio:.2f} of direct", ">= 0.35", ratio >= 0.35,
    )  # fmt: skip


def one_client() -> Row:
    """One client."""
    return _throughput(1)


def eight_clients() -> Row:
    """Eight at once."""
    return _throughput(8)


def _seconds(place: Place, words: list[str]) -> float:
    host, port = place
    command = ["psql", "-X", "-h", host, "-p", str(port), "-U", "postgres", *words, "postgres"]
    begun = time.perf_counter()
    subprocess.run(command, stdout=subprocess.DEVNULL, check=True, timeout=60)
    return time.perf_counter() - begun


def _bulk(what: str, words: list[str]) -> Row:
    with postgres_server() as server, _all(server) as (ways, _):
        found: dict[str, list[float]] = {name: [] for name in ways}
        for _ in range(ROUNDS):
            for name, place in ways.items():
                found[name].append(_seconds(place, words))
    best = {name: min(values) for name, values in found.items()}
    ratio = best["guard"] / best["direct"]
    beside = ", ".join(f"{name} {ms(value)}" for name, value in best.items() if name != "guard")
    return Row(what, beside, ms(best["guard"]), f"{ratio:.2f} of direct", "<= 1.15", ratio <= 1.15)


def bulk_select() -> Row:
    """Half a million rows of a SELECT."""
    return _bulk(f"bulk SELECT of {_ROWS:,} rows by psql", ["-Atc", _BULK])


def bulk_copy() -> Row:
    """The same by COPY."""
    return _bulk(f"bulk COPY of {_ROWS:,} rows by psql", ["-c", f"copy ({_BULK}) to stdout"])


def memory() -> Row:
    """The guard after some reads of some connections."""
    with _shop() as server, _all(server) as (ways, pid):
        for _ in range(5):
            _latencies(ways["guard"], "select x from t where id = 7", 50, prepared=False)
            _latencies(ways["guard"], "select x from t where id = %s", 50, prepared=True)
        status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    size = int(re.search(r"VmRSS:\s+(\d+)", status)[1]) / 1024  # type: ignore[index]
    return Row("resident memory of a PostgreSQL proxy", "-", f"{size:.1f} MB", "-", "<= 40 MB", size <= 40)


def start() -> Row:
    """`safe-psql -c 'select 1'` beside psql."""
    entry = ENTRY.replace("safeshell.cli.main import main", "safeshell.cli.safepsql import main")
    with postgres_server() as server, home() as house:
        env = environ(house, SAFESHELL_TIER="production", PGHOST=str(server.directory), PGPORT=str(server.port))
        words = ["-X", "-U", "postgres", "-Atc", "select 1", "postgres"]
        commands = {"psql": ["psql", *words], "safe-psql": [PYTHON, "-IS", "-c", entry, *words]}
        found: dict[str, list[float]] = {name: [] for name in commands}
        for _ in range(12):
            for name, command in commands.items():
                begun = time.perf_counter()
                done = subprocess.run(command, env=env, capture_output=True, text=True, check=False, timeout=30)
                found[name].append(time.perf_counter() - begun)
                assert done.stdout == "1\n", done.stderr
    best = {name: min(values) for name, values in found.items()}
    more = best["safe-psql"] - best["psql"]
    return Row(
        "safe-psql -c 'select 1'",
        f"psql {ms(best['psql'])}",
        ms(best["safe-psql"]),
        f"+ {ms(more)}",
        "+ 150 ms",
        more <= 0.15,
    )
