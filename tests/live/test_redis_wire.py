"""Redis through the guard, live: every behaviour of its wire with the real clients and a real server."""

from __future__ import annotations

import os
import random
import re
import shutil
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
import redis

from safeshell.cli.rediscourt import open_redis
from safeshell.model.tiers import Tier
from safeshell.protocols.resp.values import encode
from tests.cli.redismaking import setting_in, target_at
from tests.fuzz import resp
from tests.servers import redis_server

pytestmark = [pytest.mark.live, pytest.mark.timeout(110)]
SERVERS = [name for name in ("redis-server", "valkey-server") if shutil.which(name)]


@pytest.fixture(scope="module", params=SERVERS)
def running(request):
    """Each kind of server that is installed."""
    with redis_server("--enable-debug-command", "yes", program=request.param) as server:
        yield server


@pytest.fixture
def direct(running):
    client = redis.Redis(unix_socket_path=str(running.socket))
    client.flushall()
    yield client
    client.close()


@pytest.fixture
def guard(running, tmp_path):
    """A function that opens the guard in a tier and gives its socket's path."""
    opened = []

    def begin(tier=Tier.DEVELOPMENT, **policy) -> str:
        wire = open_redis(setting_in(tmp_path, tier, **policy), target_at(running)).__enter__()
        serving = wire.proxy.serving()
        serving.__enter__()
        opened.append((wire, serving))
        return wire.proxy.socket_path

    yield begin
    for wire, serving in opened:
        serving.__exit__(None, None, None)
        wire.__exit__(None, None, None)


def cli(path, *words, input=b""):  # noqa: A002 - subprocess's word
    argv = ["redis-cli", "-s", str(path), *words]
    return subprocess.run(argv, input=input, capture_output=True, check=False, timeout=100)


def talk(path, data: bytes, until: bytes, seconds=20.0) -> bytes:
    """Send bytes as they are, read until something comes."""
    with socket.socket(socket.AF_UNIX) as raw:
        raw.connect(str(path))
        raw.settimeout(seconds)
        raw.sendall(data)
        got = b""
        while until not in got:
            part = raw.recv(65536)
            if not part:
                break
            got += part
    return got


def test_two_hundred_thousand_commands_through_a_pipe(guard, direct):
    """--pipe, all of them allowed: every one arrives, and the server counts no error."""
    data = b"".join(
        b"*3\r\n$3\r\nSET\r\n$%d\r\n%b\r\n$1\r\nx\r\n" % (len(key), key)
        for key in (b"k:%d" % n for n in range(200_000))
    )
    done = cli(guard(), "--pipe", input=data)
    assert b"errors: 0, replies: 200000" in done.stdout
    assert direct.dbsize() == 200_000


def test_a_pipe_in_production_destroys_nothing(guard, direct):
    """The first is refused with its reason, the rest of the burst with it; redis-cli counts every answer."""
    direct.mset({f"k:{n}": "x" for n in range(500)})
    data = b"".join(b"*2\r\n$3\r\nDEL\r\n$%d\r\n%b\r\n" % (len(key), key) for key in (b"k:%d" % n for n in range(500)))
    done = cli(guard(Tier.PRODUCTION), "--pipe", input=data)
    assert b"errors: 500, replies: 500" in done.stdout
    assert direct.dbsize() == 500


@pytest.mark.parametrize("options", [("-t", "get,set,incr,lpush,mset", "-P", "16"), ("-t", "ping,lrange", "-c", "50")])
def test_redis_benchmark(guard, direct, options):
    """Runs to its end, without an error."""
    argv = ["redis-benchmark", "-s", guard(), "-n", "4000", "-q", *options]
    done = subprocess.run(argv, capture_output=True, text=True, check=False, timeout=100)
    assert done.returncode == 0, done.stderr
    assert "rror" not in done.stdout + done.stderr
    assert done.stdout.count("requests per second") >= 5


@pytest.mark.parametrize(
    "words",
    [["--scan"], ["--bigkeys"], ["--memkeys"], ["--latency", "-i", "1"], ["--stat", "-i", "1"]],
    ids=lambda w: w[0],
)
def test_looking_modes_of_redis_cli(guard, direct, words):
    """None asks anything in production."""
    direct.mset({f"k:{n}": "x" for n in range(50)})
    path = guard(Tier.PRODUCTION)
    argv = ["timeout", "-s", "INT", "2.5", "redis-cli", "-s", path, *words]
    done = subprocess.run(argv, capture_output=True, text=True, check=False, timeout=60)
    assert "refused" not in done.stdout + done.stderr
    assert done.stdout.strip() or words[0] == "--stat"  # which keeps its lines to itself without a terminal


def test_rdb_is_held_in_production_and_whole_in_development(guard, direct, tmp_path):
    """A raw stream after SYNC; the file is the server's."""
    direct.set("a", "x" * 100_000)
    out = tmp_path / "dump.rdb"
    refused = cli(guard(Tier.PRODUCTION), "--rdb", str(out))
    assert b"refused" in refused.stdout + refused.stderr or refused.returncode != 0
    done = cli(guard(), "--rdb", str(out))
    assert done.returncode == 0, done.stderr
    assert out.read_bytes()[:5] in (b"REDIS", b"VALKE")
    assert (
        shutil.which("redis-check-rdb") is None
        or subprocess.run(["redis-check-rdb", out], check=False, capture_output=True).returncode == 0
    )


def test_monitor(guard, direct):
    """In development it streams; in production it is held, since it slows everybody."""
    got = []
    thread = threading.Thread(target=lambda: got.append(talk(guard(), b"MONITOR\r\n", b"watched")))
    thread.start()
    for _ in range(50):
        time.sleep(0.1)
        direct.get("watched")
        if not thread.is_alive():
            break
    thread.join(20)
    assert b'"watched"' in got[0]
    assert b"safeshell: refused: this shows every command" in talk(guard(Tier.PRODUCTION), b"MONITOR\r\n", b"refused")


def test_inline_commands(guard, direct):
    """As typed into telnet; an empty line is nothing."""
    got = talk(guard(), b'\r\nSET "a b" 1\nget "a b"\r\nPING\r\n', b"PONG")
    assert got == b"+OK\r\n$1\r\n1\r\n+PONG\r\n"


@pytest.mark.parametrize("data", [b"*1\r\n+x\r\n", b"*x\r\n", b"*1\r\n$-5\r\n", b'get "a\r\n'])
def test_protocol_errors_are_the_servers(running, guard, direct, data):
    """The same words as without the guard, then the connection is closed."""
    assert talk(guard(), data, b"never") == talk(running.socket, data, b"never")


def test_a_huge_value_streams_through(guard, direct):
    """Allowed by name, it is never kept whole."""
    with redis.Redis(unix_socket_path=guard(), socket_timeout=60) as one:
        one.set("warm", "up")
        one.set("big", b"x" * 40_000_000)
    assert direct.strlen("big") == 40_000_000


def test_client_reply_modes(guard, direct):
    """OFF and SKIP silence what the server would say, refusals too; what was refused did not run."""
    direct.set("a", "1")
    path = guard(Tier.PRODUCTION)
    assert talk(path, b"PING\r\nGET a\r\n", b"$1\r\n1\r\n") == b"+PONG\r\n$1\r\n1\r\n"
    development = guard()
    assert talk(development, b"CLIENT REPLY SKIP\r\nSET a 2\r\nGET a\r\n", b"2\r\n") == b"$1\r\n2\r\n"
    assert (
        talk(development, b"CLIENT REPLY OFF\r\nSET a 3\r\nCLIENT REPLY ON\r\nGET a\r\n", b"3\r\n")
        == b"+OK\r\n$1\r\n3\r\n"
    )


def test_the_small_server_of_the_fuzz_run_answers_as_the_real_one(running, direct):
    """What `tests/fuzz/run redis` takes for the truth: MULTI, CLIENT REPLY and unknown names, 300 dialogues of them."""
    direct.flushall()
    unlike = re.compile(rb"-(ERR|EXECABORT)[^\r]*|:\d")
    for number in range(300):
        said = [words for words in resp.said(random.Random(number), number) if words[:2] != (b"CLIENT", b"ID")]
        said = [words for words in said if words[0] != b"GET"]
        small = resp.Server()
        wanted = b"".join(small.answer(words) for words in said)
        fence = [(b"DISCARD",), (b"CLIENT", b"REPLY", b"ON"), (b"ECHO", b"the-end")]
        got = talk(running.socket, b"".join(encode(words) for words in [*said, *fence]), b"the-end\r\n")
        seen = [unlike.sub(lambda one: b"-" + one[1] if one[1] else b"+OK", text) for text in (got, wanted)]
        assert seen[0].startswith(seen[1]), said
        assert seen[0][len(seen[1]) :] in (
            tail + b"+OK\r\n$7\r\nthe-end\r\n" for tail in (b"-ERR\r\n", b"+OK\r\n", b"")
        ), said


def test_transactions_of_redis_py(guard, direct):
    """WATCH, MULTI and EXEC as ever; one refused command takes the whole transaction with it."""
    with redis.Redis(unix_socket_path=guard(), socket_timeout=30) as one:
        with one.pipeline() as pipe:
            pipe.watch("n")
            pipe.multi()
            pipe.incr("n")
            pipe.incr("n")
            assert pipe.execute() == [1, 2]
        assert one.eval("return redis.call('incr', KEYS[1])", 1, "n") == 3
        assert one.register_script("return 7")() == 7
    with redis.Redis(unix_socket_path=guard(Tier.PRODUCTION), socket_timeout=30) as one, one.pipeline() as pipe:
        pipe.get("n")
        pipe.delete("n")
        with pytest.raises(redis.ResponseError, match="safeshell: refused"):
            pipe.execute()
    assert direct.get("n") == b"3"


def test_a_server_that_stalls_in_a_preview(guard, direct):
    """The deadline holds; the question is asked harder, here refused with the reason; nothing ran."""
    direct.set("a", "1")
    path = guard(Tier.PRODUCTION)
    thread = threading.Thread(target=lambda: direct.execute_command("DEBUG", "SLEEP", "4"))
    thread.start()
    time.sleep(0.3)
    begun = time.monotonic()
    got = talk(path, b"DEL a\r\n", b"\r\n", 30)
    thread.join()
    assert b"safeshell: refused" in got
    assert time.monotonic() - begun < 20
    assert direct.get("a") == b"1"


def test_a_server_that_dies(tmp_path):
    """The client gets the end of its connection, and a new one is told that nobody is there."""
    with redis_server() as server:
        wire = open_redis(setting_in(tmp_path), target_at(server))
        one = redis.Redis(unix_socket_path=wire.proxy.socket_path, socket_timeout=20)
        with wire, wire.proxy.serving(), one:
            assert one.ping()
            redis.Redis(unix_socket_path=str(server.socket)).shutdown(nosave=True)
            with pytest.raises((redis.ConnectionError, redis.ResponseError)):
                [one.ping() for _ in range(2)]


def test_run_points_redis_url_at_the_guard(running, direct, tmp_path):
    """A program that knows nothing of it: its reads pass, its flush is refused."""
    direct.set("a", "1")
    script = tmp_path / "job.py"
    script.write_text(
        "import os, redis\n"
        "one = redis.from_url(os.environ['REDIS_URL'])\n"
        "print(one.get('a'))\n"
        "try:\n    one.flushall()\nexcept redis.ResponseError as fault:\n    print(fault)\n"
    )
    environ = {**os.environ, "SAFESHELL_STATE_DIR": str(tmp_path / "s"), "REDIS_URL": f"unix://{running.socket}?db=0"}
    environ["PYTHONPATH"] = str(Path(__file__).parents[2])
    argv = [
        sys.executable,
        "-m",
        "safeshell.cli.main",
        "run",
        "--guard-tier",
        "production",
        "--",
        sys.executable,
        str(script),
    ]
    done = subprocess.run(argv, capture_output=True, text=True, check=False, timeout=60, env=environ)
    assert done.stdout.splitlines()[0] == "b'1'", done.stderr
    assert "safeshell: refused: this removes every key of every database" in done.stdout
    assert direct.get("a") == b"1"


def test_an_acl_user_that_may_only_read(running, direct, tmp_path):
    """The server's own rules stay the server's: its NOPERM reaches the client."""
    direct.execute_command(
        "ACL", "SETUSER", "reader", "on", ">pw", "~*", "+@all", "-@write", "-@admin", "-@dangerous", "+info", "&*"
    )
    target = target_at(running, user="reader", password="pw")
    with open_redis(setting_in(tmp_path, Tier.DEVELOPMENT), target) as wire, wire.proxy.serving():
        one = redis.Redis(unix_socket_path=wire.proxy.socket_path, username="reader", password="pw")
        with pytest.raises(redis.exceptions.NoPermissionError):
            one.set("a", "1")
        with pytest.raises(redis.ResponseError):
            one.eval("return redis.call('SET', 'a', '1')", 0)
        assert one.publish("c", "m") == 0
        one.close()
