"""The session: echo, throughput, first prompt, loops, memory, exec."""

from __future__ import annotations

import re
import subprocess
import time
from pathlib import Path

from tests.benchmarks.measuring import GUARDED, PROMPT, Row, environ, home, ms, p50, spawn, timed, us

BASH = ["bash", "-i"]
SCRIPT = ["script", "-qc", "bash -i", "/dev/null"]
GUARDED_PROMPT = re.compile(r"\[DEV [^\]]*\][^>]*" + re.escape(PROMPT))


def _open(argv: list[str], house: str):
    child = spawn(argv, environ(house), house)
    child.expect_exact(PROMPT)
    time.sleep(0.5)
    _drain(child)
    return child


def _drain(child) -> None:
    import pexpect

    try:
        while True:
            child.read_nonblocking(65536, 0.2)
    except pexpect.TIMEOUT:
        return


def _command(child, text: str, wanted: str) -> str:
    child.send(text + "\r")
    child.expect_exact(text.split(maxsplit=1)[0])
    child.expect(wanted)
    return child.match.group(0)


def echo() -> Row:
    with home() as house:
        plain, guarded, script = _open(BASH, house), _open(GUARDED, house), _open(SCRIPT, house)
        samples: dict[str, list[float]] = {"plain": [], "guarded": [], "script": []}
        for _ in range(400):
            for name, child in (("plain", plain), ("guarded", guarded), ("script", script)):
                begun = time.perf_counter()
                child.send("a")
                child.read_nonblocking(64, 5)
                samples[name].append(time.perf_counter() - begun)
                child.send("\x7f")
                child.read_nonblocking(64, 5)
                time.sleep(0.002)
        for child in (plain, guarded, script):
            child.close(force=True)
    base, took = p50(samples["plain"]), p50(samples["guarded"])
    floor = p50(samples["script"]) - base
    return Row(
        f"keystroke echo (p50); `script`, which only copies, adds {us(floor)}",
        us(base),
        us(took),
        f"{us(took - base)} more",
        "<= 100 us added",
        took - base <= 1e-4,
    )


def throughput() -> Row:
    with home() as house:
        Path(house, "big").write_bytes((b"0123456789abcdef" * 4 + b"\n") * (60_000_000 // 65))

        def cat(argv: list[str]) -> float:
            child = _open(argv, house)
            begun = time.perf_counter()
            child.send("cat big; echo end-$((1+1))\r")
            seen = b""
            while b"end-2" not in seen:
                seen = seen[-64:] + child.read_nonblocking(65536, 30)
            took = time.perf_counter() - begun
            child.close(force=True)
            return took

        pairs = [(cat(SCRIPT), cat(GUARDED)) for _ in range(3)]
    base, took = min(pair[0] for pair in pairs), min(pair[1] for pair in pairs)
    return Row(
        "60 MB cat (best of 3)",
        f"{base:.2f} s in script",
        f"{took:.2f} s",
        f"{base / took:.2f} of script",
        ">= 0.85 of script",
        base / took >= 0.85,
    )


def first_prompt() -> Row:
    with home() as house:

        def start(argv: list[str]) -> float:
            begun = time.perf_counter()
            child = spawn(argv, environ(house), house)
            child.expect_exact(PROMPT)
            took = time.perf_counter() - begun
            child.close(force=True)
            return took

        start(GUARDED)
        pairs = [(start(["bash", "-l"]), start(GUARDED)) for _ in range(15)]
    base, took = p50([pair[0] for pair in pairs]), p50([pair[1] for pair in pairs])
    return Row(
        "first prompt (p50 of 15)",
        f"{ms(base)} bash -l",
        ms(took),
        f"{ms(took - base)} more",
        "<= bash -l + 35 ms",
        took - base <= 0.035,
    )


LOOP = "f() { local i; for ((i = 0; i < 100000; i++)); do x=$i; done; }"
TIMED = "TIMEFORMAT=took-%R; time f"


def loops() -> Row:
    with home() as house:

        def run(argv: list[str]) -> float:
            child = _open(argv, house)
            _command(child, LOOP, re.escape(PROMPT))
            taken = [float(_command(child, TIMED, r"took-([0-9.]+)\r").split(b"-")[1]) for _ in range(5)]
            child.close(force=True)
            return min(taken)

        base, took = run(BASH), run(GUARDED)
    return Row(
        "a function with a loop of 100,000, cleared line (best of 5)",
        f"{base:.3f} s",
        f"{took:.3f} s",
        f"{took / base:.2f}",
        "<= 1.1 of bash",
        took / base <= 1.1,
    )


def memory() -> Row:
    with home() as house:
        child = _open(GUARDED, house)
        for _ in range(20):
            _command(child, "ls -la | sort", re.escape(PROMPT))
        text = Path(f"/proc/{child.pid}/status").read_text(encoding="utf-8")
        resident = int(re.search(r"VmRSS:\s+(\d+)", text).group(1)) / 1024
        child.close(force=True)
    return Row("resident memory before the first dialog", "-", f"{resident:.1f} MB", "-", "<= 40 MB", resident <= 40)


def one_shot() -> Row:
    with home() as house:
        env = environ(house)
        base = p50(timed(lambda: subprocess.run(["bash", "-c", "true"], env=env, check=True), 30))
        took = p50(timed(lambda: subprocess.run([*GUARDED, "-c", "true"], env=env, check=True), 30))
    return Row(
        "safeshell -c true (p50)",
        f"{ms(base)} bash -c",
        ms(took),
        f"{ms(took - base)} more",
        "- (for information)",
        None,
    )
