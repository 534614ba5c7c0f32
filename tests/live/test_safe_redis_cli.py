"""safe-redis-cli as a person uses it: the real redis-cli in a real terminal."""

from __future__ import annotations

import os
import re
import shutil
import sys
import time
from pathlib import Path

import pexpect
import pytest
import redis

from tests.servers import redis_server

pytestmark = [
    pytest.mark.live,
    pytest.mark.timeout(110),
    pytest.mark.skipif(not shutil.which("redis-cli"), reason="redis-cli is not installed"),
]
ROOT = str(Path(__file__).parents[2])


@pytest.fixture
def running():
    with redis_server() as server:
        yield server


@pytest.fixture
def person(running, tmp_path):
    """A function that starts a command of ours in a terminal."""
    opened = []
    environ = {k: v for k, v in os.environ.items() if not k.startswith("SAFESHELL") and k != "NO_COLOR"}
    environ |= {
        "SAFESHELL_STATE_DIR": str(tmp_path / "state"),
        "HOME": str(tmp_path),
        "PYTHONPATH": ROOT,
        "TERM": "xterm",
    }

    def begin(module: str, *words: str, **more: str) -> pexpect.spawn:
        argv = ["-m", f"safeshell.cli.{module}", *words]
        child = pexpect.spawn(
            sys.executable, argv, env={**environ, **more}, encoding="utf-8", timeout=30, dimensions=(40, 110)
        )
        opened.append(child)
        return child

    begin.socket = str(running.socket)
    yield begin
    for child in opened:
        child.close(force=True)


def session(person, **more):
    child = person("saferediscli", "--guard-tier", "production", "-s", person.socket, **more)
    child.expect("> ")
    return child


def answer(child, text):
    """Type an answer once the question can be read."""
    time.sleep(0.4)
    child.send(text)


def test_a_session(running, person):
    """Silent reads, a flush that is declined, an unlock by one key, a delete that is confirmed and taken back."""
    direct = redis.Redis(unix_socket_path=str(running.socket))
    direct.mset({"cart:1": "a", "cart:2": "b"})
    child = session(person)
    assert "read-only is the guard's own" in child.before
    assert re.search(r"redis \x1b\[1;97;41mPROD [\w.-]+ ro {4}\x1b\[0m$", child.before), repr(child.before[-80:])
    child.send("get cart:1\r")
    child.expect('"a"')
    child.send("flushdb\r")
    child.expect("db0: 2 keys")
    child.expect("Esc to cancel: ")
    answer(child, "\x1b")
    child.expect("safeshell: refused: this removes every key of the database")
    child.send("set new 1\r")
    child.expect(r"\[Esc\] no: ")
    answer(child, "u")
    child.expect("OK")
    child.send("incr counter\r")
    child.expect(r"rw 15m\x1b\[0m> incr counter")
    child.expect(r"\(integer\) 1")
    child.send("del cart:1 cart:2\r")
    child.expect('Type "(.*?)" to run it')
    answer(child, child.match.group(1) + "\r")
    child.expect(r"safeshell undo ([\w-]+)")
    kit = child.match.group(1)
    child.expect(r"\(integer\) 2")
    child.send("quit\r")
    child.expect(pexpect.EOF)
    assert direct.mget("cart:1", "cart:2") == [None, None]
    undo = person("main", "undo", kit)
    undo.expect("puts back 2 keys")
    undo.expect('Type "(.*?)" to run it')
    answer(undo, undo.match.group(1) + "\r")
    undo.expect("taken back: 2 keys of db0")
    assert direct.mget("cart:1", "cart:2") == [b"a", b"b"]
    direct.close()


def test_a_save_before_a_flush(running, person):
    """Offered, awaited, told; Esc at the offer runs nothing."""
    direct = redis.Redis(unix_socket_path=str(running.socket))
    direct.set("a", "1")
    child = session(person)
    for key in ("\x1b", "s"):
        child.send("flushdb\r")
        child.expect('Type "(.*?)" to run it')
        assert child.match.group(1) == "db0 1"
        answer(child, "db0 1\r")
        child.expect("BGSAVE first")
        answer(child, key)
        child.expect("you said no to the offer" if key == "\x1b" else "safeshell: saved to .*dump.rdb")
        if key == "\x1b":
            assert direct.dbsize() == 1
    child.expect("OK")
    assert direct.dbsize() == 0
    assert (running.directory / "dump.rdb").exists()
    direct.close()


def test_ctrl_c_and_hangup_mean_no(running, person):
    """In the dialog; what was held never runs."""
    direct = redis.Redis(unix_socket_path=str(running.socket))
    direct.set("a", "1")
    child = session(person)
    child.send("del a\r")
    child.expect("Esc to cancel: ")
    answer(child, "\x03")
    child.expect("refused")
    child.send("del a\r")
    child.expect("Esc to cancel: ")
    child.close(force=True)
    time.sleep(0.5)
    assert direct.get("a") == b"1"
    direct.close()


def test_without_colour_the_words_are_there(person):
    """NO_COLOR."""
    child = session(person, NO_COLOR="1")
    assert re.search(r"redis PROD [\w.-]+ ro {4}$", child.before)


def test_the_demo(person):
    """A cache to play with, and somebody who reads it; it leaves no trace."""
    child = person("main", "demo", "redis")
    child.expect("safe|guarded as if this server")
    child.expect("PROD .* ro")
    child.expect("> ")
    child.send("flushdb\r")
    child.expect("20,501 keys of db0 go")
    child.expect("reads a second would go to the database behind")
    child.expect("Esc to cancel: ")
    answer(child, "\x1b")
    child.expect("refused")
    child.send("quit\r")
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 0


@pytest.mark.parametrize("form", ["-a {0} --no-auth-warning -s {1}", "-u unix://:{0}@{1}?db=0 --no-auth-warning"])
def test_a_password_is_in_no_process_list(person, tmp_path, form):
    """Neither the wrapper's own words nor those of redis-cli show it, once the client runs."""
    secret = "v3ry-s3cret-w0rd"
    with redis_server("--requirepass", secret) as server:
        child = person("saferediscli", "--guard-tier", "production", *form.format(secret, server.socket).split())
        child.expect("> ")
        child.send("ping\r")
        child.expect("PONG")
        shown = map(_read, Path("/proc").glob("[0-9]*/cmdline"))
        lines = [line for line in shown if b"saferediscli" in line or b"redis-cli" in line]
        assert lines
        assert not [line for line in lines if secret.encode() in line]


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""
