"""`safeshell run -- COMMAND`: any client, migration or script below guarded wires.

The command itself is not judged: what it sends to a database is. What must not live here: which servers
it means (runtargets), the wires.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from safeshell.cli.clientrun import guard_words, run_client, told_faults
from safeshell.cli.interrupts import Interrupt
from safeshell.cli.runtargets import KINDS, Plan
from safeshell.cli.setting import load_setting
from safeshell.gateways.clients import exit_like
from safeshell.model.errors import SafeshellError

REFUSED_EXIT = 126
REDIS_CLIENTS = frozenset({"redis-cli", "valkey-cli"})
_DESCRIPTION = """\
Run a command whose database connections are guarded: a migration, a script, any client. The server is
taken from the client's own options (psql, pg_dump, pg_restore, createdb, pgcli...), from PG* variables and
from every variable that holds a database URL; each then leads to the guard. Exits as the command does."""
_EPILOG = """\
  safeshell run -- bin/rails db:migrate
  safeshell run -- alembic upgrade head
  safeshell run -- pg_restore -d shop shop.dump
  safeshell run --tcp -- java -jar app.jar     for clients without unix sockets"""
_UNUSED = (
    "safeshell: {0} made no connection through the guard; if it did reach a database, it finds its server "
    "elsewhere (a settings file?): name it by DATABASE_URL or PGHOST"
)


def register(subparsers: Any) -> None:
    """Add the parser of `safeshell run`."""
    parser = subparsers.add_parser("run", description=_DESCRIPTION, epilog=_EPILOG)
    parser.add_argument("--tcp", action="store_true", help="over loopback TCP with a one-time password")
    parser.add_argument("--guard-tier", metavar="TIER", default="", help="at least this tier, everywhere")
    parser.add_argument("--guard-confirm", metavar="ID", default="", help="redeem a confirmed request")
    parser.add_argument("--guard-write", action="store_true", help="ask at the start whether writes may be unlocked")
    parser.add_argument("--guard-reason", metavar="TEXT", default="", help="the reason for --guard-write")
    parser.add_argument("command", nargs=argparse.REMAINDER, metavar="-- COMMAND", help="what to run")


def run(args: argparse.Namespace) -> int:
    """Guard and run; 126 when the guard itself cannot be set up, 2 for wrong usage."""
    words = args.command[1:] if args.command[:1] == ["--"] else args.command
    if not words:
        print("safeshell: run needs a command: safeshell run -- bin/rails db:migrate", file=sys.stderr)
        return 2
    if os.path.basename(words[0]) == "psql":
        return _as_psql(args, words)
    if os.path.basename(words[0]) in REDIS_CLIENTS:
        return _as_redis_cli(args, words)
    try:
        return exit_like(_guarded(args, words))
    except SafeshellError as fault:
        return told_faults(fault)
    except OSError as fault:
        print(f"safeshell: refused: no guard could be set up ({fault}); nothing was run", file=sys.stderr)
        return REFUSED_EXIT


def _as_psql(args: argparse.Namespace, words: list[str]) -> int:
    """A psql has ways out of its own, which safe-psql closes."""
    from safeshell.cli.safepsql import main

    return main([*_own(args), *words[1:]], program=words[0])


def _as_redis_cli(args: argparse.Namespace, words: list[str]) -> int:
    """redis-cli names its server by options of its own."""
    from safeshell.cli.saferediscli import main

    return main([*_own(args), *words[1:]], program=words[0])


def _own(args: argparse.Namespace) -> list[str]:
    """Our options as words, for a command that takes the same."""
    given = {
        "--guard-tier": args.guard_tier,
        "--guard-confirm": args.guard_confirm,
        "--guard-reason": args.guard_reason,
    }
    words = [word for name, value in given.items() if value for word in (name, value)]
    return [*words, "--guard-write"] if args.guard_write else words


def _guarded(args: argparse.Namespace, words: list[str]) -> int:
    tier, token = guard_words({"guard-tier": args.guard_tier, "guard-confirm": args.guard_confirm})
    setting = load_setting(tier=tier)
    for notice in setting.policy.notices:
        print(f"safeshell: {notice}", file=sys.stderr)
    with ExitStack() as stack:
        plan = Plan(setting, list(words), dict(os.environ), stack, token, args.tcp)
        for kind in KINDS:
            kind.guard(plan, kind.schemes)
        if args.guard_write and not _unlocked(plan, args.guard_reason):
            return 2
        interrupt = Interrupt(for_good=False)
        for wire in plan.wires:
            wire.interruptible(interrupt)
        status = interrupt.status(run_client(_All(plan), plan.words, plan.environ))
        if all(wire.adapter.latest is None for wire in plan.wires):
            print(_UNUSED.format(plan.program), file=sys.stderr)
        return status


def _unlocked(plan: Plan, reason: str) -> bool:
    from safeshell.cli.safepsql import unlocked

    return all(unlocked(wire, reason) for wire in plan.wires)


class _All:
    """Every wire of a plan as one carrier."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan

    @contextmanager
    def serving(self) -> Iterator[None]:
        """Carry the connections of all of them."""
        with ExitStack() as stack:
            for wire in self._plan.wires:
                stack.enter_context(wire.proxy.serving())
            yield

    def resumed(self) -> None:
        """After a suspend: every wire locks."""
        for wire in self._plan.wires:
            wire.proxy.resumed()
