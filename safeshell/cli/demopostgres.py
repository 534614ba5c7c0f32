"""`safeshell demo postgres`: safe-psql in a throwaway shop, as if it were production.

What must not live here: the server (demoserver), what is in it (demoshop), safe-psql itself.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from safeshell.cli.demoserver import demo_server
from safeshell.cli.demoshop import environment, fill, somebody_in_the_way
from safeshell.cli.demoterminal import at_a_terminal, plain_environ

if TYPE_CHECKING:
    from safeshell.cli.demoserver import DemoServer

_WELCOME = (
    "This is psql, guarded as if this server were production. The server and its shop are throwaway:",
    "whatever you confirm really happens there, and all of it goes when you leave.",
)
_TRY = (
    ("SELECT * FROM orders LIMIT 3;", "a read: passes, nothing is said", "passes silently"),
    ("DELETE FROM orders WHERE status = 'cancelled';", "counted, with what goes along; Esc is no", "look, Esc"),
    ("UPDATE orders SET total = total * 2 WHERE id < 9;", "before and after", "before and after"),
    ("ALTER TABLE orders ALTER id TYPE bigint;", "and who is in the way", "who is in the way"),
    ("TRUNCATE customers CASCADE;", "how far it reaches", "how far"),
    ("\\! safeshell undo", "what was kept of the rows that you confirmed", "what was kept"),
    ("\\q", "leave; nothing stays behind", "leaves no trace"),
)
_WIDE = 78


def run() -> int:
    """Psql's exit status; 2 without a terminal, 1 without a server."""
    return at_a_terminal(demo_server, _session)


def _session(server: DemoServer) -> int:
    from safeshell.cli.safepsql import main

    print("safeshell: making a shop with 200,000 orders ...", end="", flush=True)
    fill(server)
    print("\r\x1b[K", end="")
    colleague = somebody_in_the_way(server)
    home = _home(server)
    try:
        print(*intro(shutil.get_terminal_size().columns), sep="\n", flush=True)
        environ = _environ(server, home, os.environ)
        os.environ.clear()
        os.environ.update(environ)
        os.chdir(home)
        return main([])
    finally:
        colleague.kill()
        colleague.wait()


def intro(columns: int) -> Iterator[str]:
    """What to try, for a terminal of this width."""
    import textwrap

    yield ""
    yield from textwrap.wrap(" ".join(_WELCOME), min(columns, 90) - 1, break_on_hyphens=False)
    yield ""
    for line, wide, narrow in _TRY:
        if columns >= _WIDE + 10:
            yield f"  {line:<50} {wide}"
        else:
            yield f"  {line}"
            yield f"      {narrow if columns < _WIDE else wide}"
    yield ""


def _home(server: DemoServer) -> str:
    """A home of its own beside the data, which goes with it; with `safeshell` in it however that was started."""
    from safeshell.cli.demofurniture import entry_script

    home = f"{server.directory}/home"
    os.makedirs(f"{home}/bin", 0o700)
    for name, module in (("safeshell", "safeshell.cli.main"), ("safe-psql", "safeshell.cli.safepsql")):
        with open(f"{home}/bin/{name}", "w", encoding="utf-8") as file:
            file.write(entry_script(module))
        os.chmod(f"{home}/bin/{name}", 0o755)  # noqa: S103 - programs are there to be run
    folder = os.path.dirname(server.binaries.psql)
    if shutil.which("psql") is None:
        os.symlink(f"{folder}/psql", f"{home}/bin/psql")
    return home


def _environ(server: DemoServer, home: str, environ: Mapping[str, str]) -> dict[str, str]:
    return (
        plain_environ(environ)
        | environment(server)
        | {
            "HOME": home,
            "PATH": f"{home}/bin:{environ.get('PATH', os.defpath)}",
            "SAFESHELL_STATE_DIR": f"{home}/.local/state/safeshell",
            "SAFESHELL_TIER": "production",
        }
    )
