"""safeshell-login: what it adds to a command, on the exec path and where a person's command is judged.

Started as sshd starts it, without sshd: what the network and the key exchange cost would hide it.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

from tests.benchmarks.measuring import ROOT, Row, environ, home, ms, p50, timed

STUB = ROOT / "safeshell/shells/login/safeshell-login"
_LAUNCHER = """#!{python} -IS
import sys
sys.path[:0] = {path!r}
from safeshell.cli.main import main
sys.exit(main())
"""


def _installed(folder: str) -> str:
    """The script and the command as install.sh puts them in place."""
    guard, stub = Path(folder, "safeshell"), Path(folder, "safeshell-login")
    path = [str(ROOT), *(entry for entry in sys.path if "site-packages" in entry)]
    guard.write_text(_LAUNCHER.format(python=sys.executable, path=path), encoding="utf-8")
    text = re.sub(r"(?m)^safeshell_guard=.*$", f"safeshell_guard={guard}", STUB.read_text(encoding="utf-8"))
    stub.write_text(re.sub(r"(?m)^safeshell_etc=.*$", f"safeshell_etc={folder}/etc", text), encoding="utf-8")
    for file in (guard, stub):
        file.chmod(0o755)
    Path(folder, "etc").mkdir(exist_ok=True)
    return str(stub)


def _pairs(argv: list[str], base: list[str], env: dict[str, str], times: int) -> tuple[float, float]:
    def run(words: list[str]):
        return lambda: subprocess.run(words, env=env, check=False, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)

    run(argv)()
    pairs = [(timed(run(base), 1)[0], timed(run(argv), 1)[0]) for _ in range(times)]
    return p50([pair[0] for pair in pairs]), p50([pair[1] for pair in pairs])


def _row(what: str, text: str, budget: float, more: dict[str, str], times: int) -> Row:
    with home() as folder:
        stub = _installed(folder)
        env = environ(folder, SHELL=stub, PATH=os.defpath, **more)
        base, took = _pairs([stub, "-c", text], ["/bin/bash", "-c", text], env, times)
    said = f"<= {budget * 1e3:.0f} ms more"
    return Row(what, f"{ms(base)} bash -c", ms(took), f"{ms(took - base)} more", said, took - base <= budget)


def transport() -> Row:
    return _row("login: a transport (p50 of 60)", "git-upload-pack --help", 0.003, {}, 60)


def automation() -> Row:
    return _row("login: true without a person (p50 of 60)", "true", 0.003, {}, 60)


def judged() -> Row:
    over_ssh = {"SSH_CONNECTION": "127.0.0.1 1 127.0.0.1 22"}
    return _row("login: true of a person over ssh, judged (p50 of 30)", "true", 0.08, over_ssh, 30)


def judged_by_shfmt() -> Row:
    over_ssh = {"SSH_CONNECTION": "127.0.0.1 1 127.0.0.1 22"}
    return _row("login: a loop of a person, judged (p50 of 30)", "for i in 1 2; do echo $i; done", 0.08, over_ssh, 30)
