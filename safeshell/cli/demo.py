"""A guarded production shell in a throwaway directory, with things to destroy.

Needs no root and no server; everything it makes lies in one directory that is removed at the end.
What must not live here: the session, the guard, what lies in the directory (demofurniture).
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

from safeshell.cli.demofurniture import furnish
from safeshell.cli.demokeeper import keeper, remove

_WELCOME = (
    "This bash is guarded as if this host were production. It is a real shell; its home is throwaway: {home}",
    "Only sudo and what halts a host are stand-ins. Anything else that you confirm really happens{root}.",
)
_TRY = (
    ("ls data", "a read: passes, nothing is said", "passes silently"),
    ("rm -rf data/", "look at what it shows, then press Esc", "look, press Esc"),
    ("shutdown -h now", "a stand-in here, so you may even say yes", "a stand-in here"),
    ("touch notes.txt", "a new file of your own: nothing is said", "yours: passes"),
    ("vim /etc/motd", "one key: unlock, once, or no", "one key"),
    ('rm -rf data/"$X"', "X is empty: it reaches further than it looks", "and X is empty"),
    ("git -C app push --force", "whose commits the others would lose", ""),
    ("safeshell status", "where you are, and why it thinks so", "where, and why"),
    ("safeshell explain", "why the last line was refused", "why it was refused"),
    ("exit", "leave; the directory is removed", "leaves no trace"),
)
"""A line to type, what it shows, and the same where the terminal is narrow ("" leaves it out)."""
_WIDE = 72
_KEPT = frozenset(
    ("COLORTERM", "LANG", "LANGUAGE", "LOGNAME", "NO_COLOR", "SHELL", "TERM", "TERM_PROGRAM", "TZ", "USER")
)
"""What a demo takes from the environment: nothing that names a real server, key or configuration."""
"""How often, a fifth of a second apart, a directory is removed that something still writes into."""


def register(subparsers: Any) -> None:
    """Add the parser of `safeshell demo`."""
    parser = subparsers.add_parser(
        "demo",
        description=(
            "Open a guarded bash in a throwaway directory, as if this host were production.\n"
            "There are files, a repository and an unpushed mistake to play with. sudo, shutdown and its kin are\n"
            "stand-ins; the directory goes when you leave, however you leave. `demo postgres` opens psql, guarded,\n"
            "in a throwaway server with a small shop, `demo redis` redis-cli before a cache that somebody reads."
        ),
    )
    parser.add_argument(
        "what", nargs="?", choices=("shell", "postgres", "redis"), default="shell", help="default: shell"
    )


def run(args: argparse.Namespace) -> int:
    """The exit status of the demo's shell; 2 without a terminal."""
    import shutil
    import tempfile

    if args.what == "postgres":
        from safeshell.cli.demopostgres import run as run_postgres

        return run_postgres()
    if args.what == "redis":
        from safeshell.cli.demoredis import run as run_redis

        return run_redis()
    if not sys.stdin.isatty() or not sys.stdout.isatty():
        print("safeshell: the demo needs a terminal", file=sys.stderr)
        return 2
    home = os.path.realpath(tempfile.mkdtemp(prefix="safeshell-demo-"))
    kept, lease = keeper(partial(_keep, home))
    try:
        furnish(home)
        print(*_intro(home, shutil.get_terminal_size().columns), sep="\n", flush=True)
        return _shell(home)
    finally:
        os.close(lease)
        os.waitpid(kept, 0)


def _intro(home: str, columns: int) -> Iterator[str]:
    """What to try, for a terminal of this width."""
    import textwrap

    root = ", and you are root" if os.geteuid() == 0 else ""
    yield ""
    for text in _WELCOME:
        yield from textwrap.wrap(text.format(home=home, root=root), min(columns, 90) - 1, break_on_hyphens=False)
    yield ""
    rows = [(line, wide if columns >= _WIDE else narrow) for line, wide, narrow in _TRY]
    longest = max(len(line) for line, said in rows if said)
    yield from (f"  {line:<{longest}}  {said}" for line, said in rows if said)
    yield ""


def _keep(home: str, wait: Callable[[], object]) -> None:
    wait()
    remove(home)


def _shell(home: str) -> int:
    """The session, in an environment that points into the throwaway home and nowhere else."""
    from safeshell.cli.shell import guard_factory
    from safeshell.gateways.session import run_session

    environ = _environment(home, os.environ)
    os.environ.clear()
    os.environ.update(environ)
    os.chdir(home)
    return run_session(guard_factory())


def _environment(home: str, environ: Mapping[str, str]) -> dict[str, str]:
    kept = {name: value for name, value in environ.items() if name in _KEPT or name.startswith("LC_")}
    return kept | {
        "HOME": home,
        "PATH": f"{home}/bin:{environ.get('PATH', os.defpath)}",
        "SAFESHELL_STATE_DIR": f"{home}/.local/state/safeshell",
        "SAFESHELL_TIER": "production",
    }
