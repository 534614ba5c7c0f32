"""The root parser, built from the commands' own `register` functions.

What must not live here: options of one command.
"""

from __future__ import annotations

import argparse
from importlib import import_module
from typing import Any

from safeshell import __version__
from safeshell.cli.main import COMMANDS

_USAGE = """safeshell [--guard-tier TIER] [--config FILE] [-l]
       safeshell [--guard-confirm ID] -c TEXT [WORD ...]
       safeshell COMMAND ..."""
_DESCRIPTION = """\
A guard between you and production. Without a command it opens your own shell: nothing is said about
what reads or is yours; what would destroy something is shown first, and asked about. With -c one text is
judged as a whole and run. `safeshell COMMAND --help` tells more about each of these."""
_EPILOG = """\
start with:
  safeshell demo                        see it hold a delete, in a throwaway directory
  safeshell check -- 'rm -rf "$DIR"/'   what would be asked, and why; nothing is run
  safeshell doctor                      prove that it blocks on this machine

exit codes: 2 wrong usage or a configuration at fault, 126 refused (-c); check has its own, see its help.
"""


def root_parser(only: str = "") -> argparse.ArgumentParser:
    """The parser of `safeshell`; with `only` just that command is imported and registered."""
    parser = argparse.ArgumentParser(
        prog="safeshell",
        usage=_USAGE,
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("-V", "--version", action="version", version=f"safeshell {__version__}")
    subparsers = parser.add_subparsers(title="commands", metavar="COMMAND", prog="safeshell", required=True)
    for name, (module, summary) in COMMANDS.items():
        if only in ("", name):
            command = import_module(module)
            command.register(_Table(subparsers, summary))
            subparsers.choices[name].set_defaults(run=command.run)
    return parser


class _Table:
    """The list of commands: each adds its own parser, which gets the table's one-line help."""

    def __init__(self, subparsers: argparse._SubParsersAction[argparse.ArgumentParser], summary: str) -> None:
        self._subparsers, self._summary = subparsers, summary

    def add_parser(self, name: str, **words: Any) -> argparse.ArgumentParser:
        """As argparse does, with descriptions printed as they were written."""
        shape = argparse.RawDescriptionHelpFormatter
        return self._subparsers.add_parser(name, help=self._summary, formatter_class=shape, **words)
