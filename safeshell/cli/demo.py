"""A guarded production shell in a throwaway directory, with things to destroy.

Needs no root and no server; everything it makes lies in one directory that is removed at the end.
What must not live here: the session, the guard.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator
from typing import Any

_STAND_INS = ("shutdown", "reboot", "poweroff", "halt", "init", "telinit")
_STAND_IN = '#!/bin/sh\necho "demo: {name} $*: here the host would go down; this is a stand-in"\n'
_INTRO = """\

  This bash is guarded as if this host were production. It is a real shell in a throwaway home,
  {home}
  Try:   ls data              reads pass, nothing is said
         rm -rf data/         look at what it shows, then press Esc
         shutdown -h now      (a stand-in here, so you may even say yes)
         touch notes.txt      your own new file: nothing is said
         vim /etc/motd        one key: unlock, once, or no
         D=; rm -rf "$D"/*    what an empty variable does
         safeshell status     where you are, and why it thinks so
         safeshell explain    why the last line was refused
  Leave: exit                 (the directory is removed)

"""
_RC = """\
PS1='\\u:\\W\\$ '
HISTFILE=
"""
_ORDERS = 400


def register(subparsers: Any) -> None:
    """Add the parser of `safeshell demo`."""
    subparsers.add_parser(
        "demo",
        description=(
            "Open a guarded bash in a throwaway directory, as if this host were production.\n"
            "Nothing else is touched; shutdown and its kin are stand-ins; the directory goes when you leave."
        ),
    )


def run(args: argparse.Namespace) -> int:
    """The exit status of the demo's shell; 2 without a terminal."""
    import shutil
    import tempfile

    del args
    if not sys.stdin.isatty() or not sys.stdout.isatty():
        print("safeshell: the demo needs a terminal", file=sys.stderr)
        return 2
    home = tempfile.mkdtemp(prefix="safeshell-demo-")
    try:
        furnish(home)
        print(_INTRO.format(home=home), flush=True)
        return _shell(home)
    finally:
        shutil.rmtree(home, ignore_errors=True)


def furnish(home: str) -> None:
    """Fill the directory: files by the hundred, a log, a repository with unsaved work, stand-ins."""
    for path, text in _things():
        full = f"{home}/{path}"
        os.makedirs(os.path.dirname(full), exist_ok=True)  # noqa: PTH103, PTH120 - as elsewhere
        with open(full, "w", encoding="utf-8") as file:  # noqa: PTH123 - as elsewhere
            file.write(text)
    for name in _STAND_INS:
        os.chmod(f"{home}/bin/{name}", 0o755)  # noqa: PTH101, S103 - programs of the demo are there to be run
    _repository(f"{home}/app")


def _things() -> Iterator[tuple[str, str]]:
    yield ".bashrc", _RC
    for number in range(_ORDERS):
        yield f"data/orders/{number // 100}/order-{number:04}.json", f'{{"id": {number}, "total": {number * 7}}}\n' * 8
    yield "data/customers.csv", "id,name\n" + "".join(f"{number},customer {number}\n" for number in range(2000))
    yield "logs/app.log", "2026-11-22T03:04:05Z ERROR upstream timed out\n" * 5000
    yield "app/README", "The shop.\n"
    yield "app/settings.py", "DEBUG = False\n"
    for name in _STAND_INS:
        yield f"bin/{name}", _STAND_IN.format(name=name)


def _repository(path: str) -> None:
    """A git work tree with a commit and with work that is not committed; without git just files."""
    import shutil
    import subprocess

    git = shutil.which("git")
    if git is None:
        return
    identity = ("-c", "user.name=demo", "-c", "user.email=demo@localhost", "-c", "commit.gpgsign=false")
    for words in (("init", "-q"), ("add", "."), (*identity, "commit", "-qm", "The shop")):
        subprocess.run([git, "-C", path, *words], check=False, capture_output=True, timeout=20)
    with open(f"{path}/settings.py", "a", encoding="utf-8") as file:  # noqa: PTH123 - as elsewhere
        file.write("TIMEOUT = 5  # not committed yet\n")


def _shell(home: str) -> int:
    """The session, in an environment that points into the throwaway home."""
    from safeshell.cli.shell import guard_factory
    from safeshell.gateways.session import run_session

    own = os.path.dirname(os.path.abspath(sys.argv[0]))  # noqa: PTH100, PTH120 - as elsewhere
    os.environ.update(
        HOME=home,
        PATH=f"{home}/bin:{own}:{os.environ.get('PATH', os.defpath)}",
        SAFESHELL_STATE_DIR=f"{home}/.local/state/safeshell",
        SAFESHELL_TIER="production",
    )
    for name in ("SAFESHELL_CONFIG", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "BASH_ENV", "ENV"):
        os.environ.pop(name, None)
    os.chdir(home)
    return run_session(guard_factory())
