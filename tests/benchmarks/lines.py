"""Verdicts: hook to answer for simple lines, lines that need the parser, check --jsonl, loading."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import pexpect

from tests.benchmarks.measuring import GUARDED, PYTHON, ROOT, Row, environ, home, ms, p50, spawn, timed, us
from tests.corpus import HERE, lines_of

SIMPLE = "ls -la /var/log"
COMPLEX = 'for f in *.log; do grep -c "x y" "$f" | sort -n; done 2>/dev/null'
ECHO = (
    "import socket, sys\nend = socket.socket(fileno=int(sys.argv[1]))\n"
    "while data := end.recv(65536): end.sendall(b'x' * 16)\n"
)


def _fake_samples(lines: list[tuple[str, int]]) -> dict[str, list[float]]:
    """Times of lines through a whole session with the fake shell in place of bash."""
    with home() as house:
        out = Path(house, "samples.json")
        shell = Path(house, "shell")
        shell.write_text(f"#!/bin/sh\nexec {PYTHON} {ROOT}/tests/benchmarks/fakeshell.py\n", encoding="utf-8")
        shell.chmod(0o755)
        code = (
            f"import sys; sys.path[:0] = [{str(ROOT)!r}, *{[p for p in sys.path if 'site-packages' in p]!r}];"
            "from safeshell.cli.shell import guard_factory; from safeshell.gateways.session import run_session;"
            f"sys.exit(run_session(guard_factory(), program={str(shell)!r}))"
        )
        env = environ(house, BENCH_LINES=json.dumps(lines), BENCH_OUT=str(out), SAFESHELL_TIER="production")
        child = spawn([PYTHON, "-IS", "-c", code], env, house)
        child.expect(pexpect.EOF, timeout=60)
        child.close()
        return json.loads(out.read_text(encoding="utf-8"))


def _round_trips(times: int) -> list[float]:
    """An empty round trip over a descriptor pair to another Python process."""
    ours, theirs = socket.socketpair()
    os.set_inheritable(theirs.fileno(), True)
    process = subprocess.Popen([PYTHON, "-IS", "-c", ECHO, str(theirs.fileno())], close_fds=False)
    theirs.close()

    def ask() -> None:
        ours.sendall(b"y" * 80)
        ours.recv(16)

    ask()
    samples = timed(ask, times)
    ours.close()
    process.wait(10)
    return samples[times // 10 :]


IN_BASH = r"""
asks() {
  local i t0 t1 READLINE_LINE
  trap - DEBUG
  for ((i = 0; i < 4000; i++)); do
    ((i == 1000)) && t0=$EPOCHREALTIME
    READLINE_LINE='ls -la /var/log' __safeshell_more=0
    __safeshell_submit
  done
  t1=$EPOCHREALTIME
  echo "asks-$(( (10#${t1/./} - 10#${t0/./}) / 3 ))-ns"
}
coproc ECHO { exec @PYTHON@ -IS -c 'import os
while os.read(0, 65536): os.write(1, b"x" * 16)'; }
trips() {
  local i t0 t1 head id
  for ((i = 0; i < 4000; i++)); do
    ((i == 1000)) && t0=$EPOCHREALTIME
    builtin printf '%s\0' "$BASHPID" "$PWD" 'ls -la /var/log' >&"${ECHO[1]}"
    builtin read -r -N 16 -u "${ECHO[0]}" head
  done
  t1=$EPOCHREALTIME
  echo "trips-$(( (10#${t1/./} - 10#${t0/./}) / 3 ))-ns"
}
bind -x '"\C-xb": asks'
bind -x '"\C-xt": trips'
"""


def _from_bash(argv: list[str], key: str, word: str) -> float:
    """Seconds of one exchange, as a function of bash measures it."""
    with home() as house:
        with Path(house, ".bashrc").open("a", encoding="utf-8") as rc:
            rc.write(IN_BASH.replace("@PYTHON@", PYTHON))
        child = pexpect.spawn(argv[0], argv[1:], env=environ(house), cwd=house, timeout=60)
        child.delaybeforesend = None
        child.expect_exact("ready> ")
        time.sleep(0.5)
        child.send("\x18" + key)
        child.expect(word + r"-(\d+)-ns")
        child.close(force=True)
        return int(child.match.group(1)) / 1e9


def simple_line() -> Row:
    """Both sides asked by bash itself: the hook with the whole guard, and an empty exchange with an echo."""
    samples = []
    for _ in range(9):
        base = _from_bash(["bash", "-i"], "t", "trips")
        samples.append((base, _from_bash(GUARDED, "b", "asks")))
    base, took = p50([one for one, _ in samples]), p50([one for _, one in samples])
    return Row(
        "verdict for a simple line, hook to answer, measured in bash",
        us(base),
        us(took),
        f"{took / base:.2f}",
        "<= 3.0 of an empty fd-pair round trip",
        took / base <= 3,
    )


def raw_line() -> Row:
    base = p50(_round_trips(3000))
    took = p50(_fake_samples([(SIMPLE, 3000)])[SIMPLE])
    return Row("the same without bash: frame to answer", us(base), us(took), f"{us(took - base)} more", "-", None)


def parsed_line() -> Row:
    shfmt = str(Path(sys.executable).parent / "shfmt")

    def parse() -> None:
        subprocess.run([shfmt, "--to-json", "-ln", "bash"], input=COMPLEX.encode(), capture_output=True, check=True)

    base = p50(timed(parse, 150))
    samples = _fake_samples([(COMPLEX.replace("x y", f"x{number} y"), 1) for number in range(300)])
    took = p50([one for taken in samples.values() for one in taken])
    return Row(
        "verdict for a line that needs shfmt (p50)",
        ms(base),
        ms(took),
        f"{ms(took - base)} more",
        "<= shfmt's own time + 2 ms",
        took - base <= 0.002,
    )


def jsonl() -> Row:
    texts = lines_of(HERE / "oncall.txt")
    texts += [line for path in sorted((HERE / "bypasses").rglob("*.txt")) for line in lines_of(path)]
    given = "".join(json.dumps({"text": text, "tier": "production"}) + "\n" for text in texts)
    with home() as house:
        run = [*GUARDED, "check", "--jsonl"]
        subprocess.run(run, input="", text=True, env=environ(house), check=False, capture_output=True)
        begun = time.perf_counter()
        subprocess.run(run, input=given, text=True, env=environ(house), check=True, capture_output=True)
        took = time.perf_counter() - begun
    rate = len(texts) / took
    return Row(
        f"check --jsonl, {len(texts)} mixed lines", "-", f"{rate:.0f} lines/s", "-", ">= 250 lines/s", rate >= 250
    )


def loading() -> Row:
    """Policy and all packs from the cache, inside a fresh process; 500 rules and more."""
    code = (
        f"import sys; sys.path[:0] = [{str(ROOT)!r}]\nimport os, time\n"
        "from safeshell.state.loading import load\n"
        "begun = time.perf_counter(); load(dict(os.environ)); print(time.perf_counter() - begun)"
    )
    with home() as house:

        def load() -> float:
            done = subprocess.run(
                [PYTHON, "-I", "-c", code], env=environ(house), capture_output=True, text=True, check=True
            )
            return float(done.stdout)

        cold = load()
        warm = p50([load() for _ in range(15)])
    rules = sum(path.read_text(encoding="utf-8").count("- id:") for path in (ROOT / "config/packs").glob("*.yaml"))
    return Row(
        f"policy and packs ({rules} rules), cached",
        f"{ms(cold)} uncached",
        ms(warm),
        f"{warm / cold:.4f}",
        "<= 5 ms",
        warm <= 0.005,
    )
