r"""`safe-psql`: the person's own psql, below a guarded wire.

Everything on the command line is psql's, but for `--guard-...`. The server that it names is resolved as
libpq would; psql itself gets the guarded socket in its place. What leads out of the guard (`\!`, `\c` to
another server, `| program`) waits in the kernel for the court. What must not live here: the wire,
judging, the options of psql.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from functools import cache, partial
from typing import TYPE_CHECKING

from safeshell.cli.clientrun import (
    GUARD_HELP,
    GUARD_OPTIONS,
    Watch,
    forget_password,
    guard_words,
    here_user,
    run_client,
    told_faults,
)
from safeshell.cli.interrupts import Interrupt
from safeshell.gateways.clientargs import Arguments, read_arguments, without
from safeshell.gateways.clientrows import ROWS
from safeshell.gateways.clients import exit_like
from safeshell.model.errors import SafeshellError

if TYPE_CHECKING:
    from safeshell.cli.childcourt import ChildCourt
    from safeshell.cli.rediscourt import RedisWire
    from safeshell.cli.setting import Setting
    from safeshell.cli.wirecourt import PostgresWire
    from safeshell.gateways.psqlprompt import PsqlPrompt

PROGRAM = "psql"
FILES = ("psql", "psql-*", "psql[0-9]*", ".psql-wrapped")
"""File names under which a running psql is known."""
_USAGE = 2
_REDRAWN_EVERY = 0.25
"""Seconds between two looks at what the prompt says, where nothing watches psql."""


def main(argv: list[str] | None = None, program: str = PROGRAM) -> int:
    """Run psql guarded; ends as psql ends. `program` is the psql that is meant."""
    words = list(sys.argv[1:] if argv is None else argv)
    words, taken = without(words, ROWS[PROGRAM], GUARD_OPTIONS)
    own = {given.name: given.value for given in taken}
    if "guard-help" in own:
        print(
            "safe-psql [OPTION]... [DBNAME [USERNAME]]   as psql; psql --help lists its options\n\n" + GUARD_HELP,
            end="",
        )
        return 0
    if _tells(words):
        return _plain(words, program)
    try:
        return exit_like(run_guarded(words, own, program))
    except (SafeshellError, OSError) as fault:
        return told_faults(fault)
    except KeyboardInterrupt:
        return 130


def run_guarded(words: list[str], own: dict[str, str], program: str = PROGRAM) -> int:
    """Psql's exit status, negative for a signal. Raises ConfigError for a server that cannot be made out."""
    from safeshell.cli.setting import load_setting
    from safeshell.cli.wirecourt import open_postgres
    from safeshell.gateways.postgrestarget import resolve

    arguments = read_arguments(words, ROWS[PROGRAM], strict_order="POSIXLY_CORRECT" in os.environ)
    tier, token = guard_words(own)
    setting = load_setting(tier=tier)
    for notice in setting.policy.notices:
        print(f"safeshell: {notice}", file=sys.stderr)
    given = arguments.server()
    forget_password(given.get("dbname", ""))
    target = resolve(given, setting.environ, user=here_user(), home=setting.home)
    with open_postgres(setting, target, token=token) as wire:
        if "guard-write" in own and not unlocked(wire, own.get("guard-reason", "")):
            return _USAGE
        return _run([program], arguments, setting, wire, token)


def _run(argv: list[str], arguments: Arguments, setting: Setting, wire: PostgresWire, token: str) -> int:
    environ = wire.environment(os.environ)
    added = ["-h", environ["PGHOST"], "-p", environ["PGPORT"]]
    prompt = _prompt(arguments, wire)
    if prompt is not None:
        if arguments.has("X"):
            added += prompt.options(arguments.values("v"))
        else:
            prompt.install(environ, setting.home)
    argv += arguments.changed(added, _database(arguments, wire))
    court = cache(partial(_court, setting, wire, token))
    sockets = frozenset({wire.proxy.socket_path})
    interrupt = Interrupt()
    if prompt is None:
        wire.interruptible(interrupt)
    watch = Watch(FILES, sockets, court, prompt.command if prompt else "", lambda: _draw(prompt, wire))
    status = run_client(wire.proxy, argv, environ, watch, partial(_unwatched, arguments, court, prompt, wire))
    return interrupt.status(status)


def _database(arguments: Arguments, wire: PostgresWire) -> str | None:
    """A connection text in place of one; a plain name stays as it is."""
    from safeshell.gateways.postgresconninfo import is_conninfo

    text = arguments.server().get("dbname", "")
    if not is_conninfo(text):
        return None
    from safeshell.cli.runtargets import guarded_conninfo

    return guarded_conninfo(text, wire.conninfo())


def _prompt(arguments: Arguments, wire: PostgresWire) -> PsqlPrompt | None:
    """The guard's prompt where a person types; None in scripts, whose output stays as it is."""
    from safeshell.gateways import prompt
    from safeshell.gateways.psqlprompt import PsqlPrompt

    if arguments.has("c", "f", "l") or not (os.isatty(0) and os.isatty(1)):
        return None
    made = PsqlPrompt(
        wire.proxy.socket_directory,
        colour=prompt.coloured(os.environ),
        readline=not arguments.has("n"),
        host=wire.target.hosts[0].name,
        port=str(wire.target.hosts[0].port),
    )
    made.update(wire.status())
    return made


def _draw(prompt: PsqlPrompt | None, wire: PostgresWire) -> None:
    """The prompt is about to be read: let it say what is true now."""
    if prompt is not None:
        wire.await_greeting()
        prompt.update(wire.status())


def _keep_true(prompt: PsqlPrompt, wire: PostgresWire) -> None:
    """Where nothing tells that a prompt is about to be read, it is looked after all the time."""
    prompt.update(wire.status())
    wire.proxy.hub.later(_REDRAWN_EVERY, lambda: _keep_true(prompt, wire))


def _court(setting: Setting, wire: PostgresWire, token: str) -> ChildCourt:
    from safeshell.cli.childcourt import ChildCourt
    from safeshell.cli.consent import open_requests
    from safeshell.cli.court import recorder
    from safeshell.records.audit import Audit, audit_directory

    return ChildCourt(
        setting,
        open_requests(setting),
        recorder(Audit(audit_directory(setting.environ))),
        "safe-psql",
        token,
        terminal=wire.court.terminal,
    )


def _unwatched(
    arguments: Arguments, opened: Callable[[], ChildCourt], prompt: PsqlPrompt | None, wire: PostgresWire, problem: str
) -> bool:
    r"""Judge what can be read beforehand; say what is not guarded."""
    from safeshell.cli.clienttexts import texts_of

    court = opened()
    if prompt is not None:
        court.say(
            f"safeshell: statements are guarded, but what \\! and | run here and where \\c connects is not: {problem}"
        )
        prompt.unwatched = True
        _keep_true(prompt, wire)
    return all(court.text(text) for text in texts_of(arguments))


def unlocked(wire: PostgresWire | RedisWire, reason: str) -> bool:
    """Ask at the start; only a person on a terminal can say yes."""
    if not (os.isatty(0) and os.isatty(2)):
        print(
            "safeshell: --guard-write asks on a terminal, and there is none here; leave it out: what writes is then "
            "refused with a request id that safeshell approve --own confirms",
            file=sys.stderr,
        )
        return False
    if not wire.unlock(reason=reason):
        print("safeshell: writes stay locked", file=sys.stderr)
    return True


def _tells(words: list[str]) -> bool:
    """True where psql only prints its help or version."""
    arguments = read_arguments(words, ROWS[PROGRAM])
    return bool(words) and (words[0] in ("-?", "--help", "-V", "--version") or arguments.has("help", "?", "V"))


def _plain(words: list[str], program: str) -> int:
    """Psql itself: it connects to nothing."""
    sys.stdout.flush()
    try:
        os.execvp(program, [program, *words])  # noqa: S606 - psql takes our place
    except OSError as fault:
        print(f"safeshell: {program} can't be started: {fault.strerror}", file=sys.stderr)
        return 127


if __name__ == "__main__":
    sys.exit(main())
