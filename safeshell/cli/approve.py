"""Confirm a request of your own that was left where nobody could be asked.

The full dialog is shown, with a fresh preview; the caller then runs the action again with the id.
What must not live here: running the action, other people's approvals.
"""

from __future__ import annotations

import argparse
import os
import sys
from time import time
from typing import TYPE_CHECKING, Any

from safeshell.cli.setting import Setting, load_setting
from safeshell.model.judgement import Exactness, Preview
from safeshell.model.values import replace

if TYPE_CHECKING:
    from safeshell.approvals.requests import Request
    from safeshell.guard.requests import AskOperator
    from safeshell.model.judgement import Assessment
    from safeshell.model.places import Environment


def register(subparsers: Any) -> None:
    """Add the parser of `safeshell approve`."""
    parser = subparsers.add_parser(
        "approve",
        description=(
            "Confirm a request that was left where nobody could be asked: the full dialog is shown here,\n"
            "then the caller runs the same again with --guard-confirm ID. A request is good for ten minutes\n"
            "and for one run."
        ),
        epilog="safeshell requests lists what waits.",
    )
    parser.add_argument("--own", action="store_true", help="a request of your own")
    parser.add_argument("id", metavar="ID")


def run(args: argparse.Namespace) -> int:
    """0 when confirmed, 1 when not, 2 where it cannot be asked."""
    from safeshell.cli.consent import open_requests

    if not args.own:
        return _fail("approving for others comes with signed approvals, in a later version; yours: --own ID", 2)
    setting = load_setting()
    requests = open_requests(setting)
    request = requests.find(args.id)
    if request is None or request.expires <= time():
        return _fail(f"there is no request {args.id!r:.80} that waits; safeshell requests lists those that do", 1)
    if not (os.isatty(0) and os.isatty(1)):
        return _fail("confirming needs a person at a terminal; run this in one", 2)
    question = _question(setting, request)
    if not request.bound.covers(question.preview):
        return _fail(f"what it would do has grown beyond {request.bound}; run the action again for a new request", 1)
    if not _asked(question):
        return _fail(f"request {request.id} is not confirmed; nothing was run", 1)
    done = requests.confirm(request.id, setting.here().operator, time(), seen=request)
    if not done.granted:
        return _fail(done.why, 1)
    print(
        f"safeshell: request {request.id} is confirmed, {request.bound}; run the same again with --guard-confirm {request.id}"
    )
    return 0


def _fail(said: str, code: int) -> int:
    print(f"safeshell: {said}", file=sys.stderr)
    return code


def _question(setting: Setting, request: Request) -> AskOperator:
    """The request judged anew in its directory, always as the full dialog."""
    from safeshell.cli.bench import Bench
    from safeshell.gateways.shfmt import Shfmt
    from safeshell.guard.digest import digest_of
    from safeshell.guard.requests import AskOperator
    from safeshell.model.effects import Demand, Mode
    from safeshell.policy.decide import decide

    cwd = request.target[request.target.find(":/") + 1 :] if ":/" in request.target else ""
    bench = Bench(
        policy=setting.policy,
        knowledge=setting.knowledge,
        looker=setting.gatherer(shell_names=True),
        here=_place(setting, request),
        shfmt=Shfmt(),
        cwd=cwd,
        now=time(),
    )
    weighed = bench.weigh(request.exact, language=request.language.value)
    preview = _preview(setting, request, weighed.assessment, cwd)
    verdict = decide(weighed.assessment, weighed.law, preview)
    challenge = verdict.challenge or weighed.assessment.action.environment.target
    return AskOperator(
        assessment=weighed.assessment,
        verdict=replace(verdict, demand=Demand.CONFIRM, challenge=challenge),
        preview=preview,
        digest=digest_of(weighed.assessment, preview),
        mode=Mode.READ_ONLY,
    )


def _on_a_wire(request: Request) -> bool:
    """Left by a database's wire: what it would do can only be looked at on its own connection."""
    from safeshell.model.statements import Language

    return request.language in (Language.POSTGRES, Language.REDIS) and ":/" not in request.target


def _place(setting: Setting, request: Request) -> Environment:
    """Where it would run: this host, or the target of the wire that left it."""
    if not _on_a_wire(request):
        return setting.here()
    from safeshell.model.places import Place
    from safeshell.policy.targets import database_named

    name, _, host = request.target.rpartition("@")
    engine = request.language.value
    detail = {"engine": engine, "database": database_named(engine, name)}
    found = setting.gatherer().environment(Place("database", host, detail=detail), "")
    return replace(found, target=request.target)


def _preview(setting: Setting, request: Request, assessment: Assessment, cwd: str) -> Preview:
    """The damage: looked at now, or as the wire saw it when it left the request; it looks again before it runs."""
    from safeshell.previews import take

    if not _on_a_wire(request):
        return take(assessment, cwd=cwd, deadline=setting.policy.preview_deadline)
    bound = request.bound
    exactness = Exactness.UNKNOWN if bound.at_most is None else Exactness.AT_MOST
    return Preview(request.summary, bound.at_most, bound.unit, exactness)


def _asked(question: AskOperator) -> bool:
    from safeshell.dialogs.ask import ask

    terminal = os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY | os.O_CLOEXEC)
    try:
        return ask(question, tty_fd=terminal, below=False).granted
    finally:
        os.close(terminal)
