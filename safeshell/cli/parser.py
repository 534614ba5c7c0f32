"""The root parser, built from the commands' own `register` functions.

What must not live here: options of one command.
"""

from __future__ import annotations

import argparse
from importlib import import_module

from safeshell import __version__
from safeshell.cli.main import COMMANDS

_EPILOG = """\
Without a command safeshell opens your shell, guarded. Start with:
  safeshell demo                        see it hold a delete, in a throwaway directory
  safeshell check -- 'rm -rf "$DIR"/'   what would be asked, and why
  safeshell doctor                      prove that it blocks on this machine
"""


def root_parser(only: str = "") -> argparse.ArgumentParser:
    """The parser of `safeshell`; with `only` just that command is imported and registered."""
    parser = argparse.ArgumentParser(
        prog="safeshell",
        description="A guard between a person and production.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("-V", "--version", action="version", version=f"safeshell {__version__}")
    subparsers = parser.add_subparsers(metavar="COMMAND", required=True)
    for name, (module, summary) in COMMANDS.items():
        if only in ("", name):
            _register(subparsers, name, module, summary)
    return parser


def _register(
    subparsers: argparse._SubParsersAction[argparse.ArgumentParser], name: str, module: str, summary: str
) -> None:
    """Each command adds its own parser; the table's one-line help stands in the list of commands."""
    command = import_module(module)
    command.register(subparsers)
    subparsers.choices[name].set_defaults(run=command.run)
    subparsers.choices[name].formatter_class = argparse.RawDescriptionHelpFormatter
    for row in subparsers._get_subactions():
        if row.dest == name:
            row.help = summary
