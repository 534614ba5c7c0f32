"""`safeshell` itself: a guarded shell on this terminal, or one text judged as a whole (`-c`).

The shell is forked before anything else is imported, so this file imports next to nothing.
What must not live here: the session's loop (gateways), judging.
"""

from __future__ import annotations

import sys

TYPE_CHECKING = False  # typing costs 8 ms, and the first prompt waits
if TYPE_CHECKING:
    import argparse
    from typing import Any

    from safeshell.cli.sessionguard import SessionGuard
    from safeshell.gateways.ports import Doors, GuardFactory

DESCRIPTION = """\
Open your shell, guarded: it is the same shell with the same files, and its prompt says where you are.
With -c one text is judged as a whole and then run; nobody to ask means no (exit 126, with a request id)."""


def add_options(parser: argparse.ArgumentParser) -> None:
    """The options of `safeshell [shell]`; those that are not a shell's own begin with --guard."""
    from safeshell.shells import SHELLS

    parser.add_argument("--shell", choices=sorted(SHELLS), default="", help="which shell; default: bash")
    parser.add_argument("-l", "--login", action="store_true", help="as a login shell")
    parser.add_argument("-c", dest="text", metavar="TEXT", help="judge and run one text instead")
    parser.add_argument("--config", metavar="FILE", help="a configuration that may only tighten")
    parser.add_argument("--guard-tier", metavar="TIER", default="", help="at least this tier, everywhere")
    parser.add_argument("--guard-confirm", metavar="ID", default="", help="redeem a confirmed request (with -c)")
    parser.add_argument("words", nargs="*", help="with -c: $0 and the arguments of TEXT")


def register(subparsers: Any) -> None:
    """Add the parser of `safeshell shell`, for --help and completion."""
    add_options(subparsers.add_parser("shell", description=DESCRIPTION))


def run(args: argparse.Namespace) -> int:
    """Start what was asked for."""
    if args.text is not None:
        from safeshell.cli.oneshot import run_text

        return run_text(args)
    from safeshell.gateways.session import run_session

    factory = guard_factory(config=args.config or "", tier=args.guard_tier, login=args.login)
    return run_session(factory, shell=args.shell or "bash", login=args.login)


def main(words: list[str]) -> int:
    """The way in without a command word. The bare call, and one that only names a shell, don't wait for argparse."""
    if not words or (words[0] == "--shell" and len(words) == 2 and words[1] in ("bash", "fish", "zsh")):  # noqa: PLR2004 - the option and its value
        from safeshell.gateways.session import run_session

        return run_session(guard_factory(), shell=words[1] if words else "bash")
    import argparse

    parser = argparse.ArgumentParser(
        prog="safeshell", description=DESCRIPTION, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add_options(parser)
    return run(parser.parse_args(words))


def guard_factory(*, config: str = "", tier: str = "", login: bool = False) -> GuardFactory:
    """Makes the session's guard once the shell was forked."""

    def factory(doors: Doors) -> SessionGuard:
        from safeshell.cli.sessionguard import SessionGuard
        from safeshell.cli.setting import load_setting

        return SessionGuard(doors, load_setting(config=config, tier=tier, login_shell=login))

    return factory


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
