"""Taking a Redis command back: the keys of its kit are put where they were, after the full dialog.

What must not live here: which kits there are (undo), kits on disk (state.undo), how they were taken (rediskits).
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from safeshell.cli.rediskits import RESTORE_FILE, kits_of
from safeshell.gateways.redislink import RedisLink
from safeshell.gateways.redistarget import RedisTarget, Tls
from safeshell.guard.digest import digest_of
from safeshell.guard.requests import AskOperator
from safeshell.model.audit import AuditEvent, EventKind
from safeshell.model.effects import RISKS, Demand, Effect, Mode
from safeshell.model.errors import PreviewError
from safeshell.model.judgement import Assessment, Exactness, Finding, Preview, Reversibility, Verdict
from safeshell.model.places import Environment
from safeshell.model.statements import Action, Context, Language
from safeshell.previews.telling import ago, count
from safeshell.protocols.resp.reader import CommandReader, Violation
from safeshell.protocols.resp.values import ReplyError

if TYPE_CHECKING:
    from safeshell.cli.setting import Setting
    from safeshell.state.undo import UndoKit

_TOGETHER = 200
_PATIENCE = 60.0
_SHOWN = 5


def take_back(setting: Setting, kit: UndoKit) -> int:
    """Ask, then put the keys back over a connection of our own; the exit status."""
    data = kits_of(setting).data(kit, RESTORE_FILE)
    commands = list(_commands(data or b""))
    if not commands:
        return _fail(f"undo kit {kit.id} cannot be read", 1)
    if not (os.isatty(0) and os.isatty(1)):
        return _fail("taking something back needs a person at a terminal; run this in one", 2)
    target = target_of(kit.connection, setting.environ)
    here = setting.gatherer().environment(target.place(target.database), "/")
    if not _agreed(_question(kit, here, commands)):
        return _fail(f"nothing was put back; undo kit {kit.id} is kept", 1)
    if not _recorded(
        setting, kit, here, EventKind.INTENT, {"text": f"safeshell undo {kit.id}", "takes back": kit.text}
    ):
        return _fail("the audit cannot be written, so nothing was put back", 1)
    problem = restore(target, commands)
    _recorded(setting, kit, here, EventKind.OUTCOME, {"problem": problem} if problem else {"keys": len(commands)})
    if problem:
        return _fail(f"not everything could be put back: {problem}; undo kit {kit.id} is kept", 1)
    kits_of(setting).restored(kit)
    print(f"safeshell: taken back: {count(kit.rows, 'key')} of db{target.database}")
    return 0


def target_of(connection: Mapping[str, str], environ: Mapping[str, str]) -> RedisTarget:
    """The server that the kit came from; the password comes from REDISCLI_AUTH."""
    tls = {name.removeprefix("tls_"): value for name, value in connection.items() if name.startswith("tls_")}
    insecure, any_name = bool(tls.pop("insecure", "")), bool(tls.pop("any_name", ""))
    return RedisTarget(
        host=connection.get("host", "127.0.0.1"),
        port=int(connection.get("port", "6379")),
        socket=connection.get("socket", ""),
        database=int(connection.get("database", "0")),
        user=connection.get("user", ""),
        password=environ.get("REDISCLI_AUTH", ""),
        tls=Tls(**tls, insecure=insecure, any_name=any_name) if "tls" in connection else None,
    )


def restore(target: RedisTarget, commands: list[tuple[bytes, ...]]) -> str:
    """Run the kit's commands; the first problem, "" when all went well."""
    link = RedisLink(target)
    try:
        for begin in range(0, len(commands), _TOGETHER):
            link.deadline = time.monotonic() + _PATIENCE
            link.place(target.login, target.database)
            answers = link.many(commands[begin : begin + _TOGETHER])
            wrong = next((answer.text for answer in answers if isinstance(answer, ReplyError)), "")
            if wrong:
                return wrong
    except PreviewError as fault:
        return str(fault)
    finally:
        link.close()
    return ""


def _commands(data: bytes) -> Iterator[tuple[bytes, ...]]:
    """RESTORE and DEL, nothing else: a kit is a file that somebody may have written in."""
    reader = CommandReader()
    reader.feed(data)
    try:
        while (command := reader.next()) is not None:
            if command.words and command.words[0] in (b"RESTORE", b"DEL"):
                yield command.words
    except Violation:
        return


def _question(kit: UndoKit, here: Environment, commands: list[tuple[bytes, ...]]) -> AskOperator:
    reason = f"takes back, on {kit.target}: {kit.text}"
    finding = Finding("undo.restore", Effect.DESTROYS_ROWS, RISKS[Effect.DESTROYS_ROWS], reason, here)
    database = kit.connection.get("database", "0")
    action = Action(
        "undo", "undo", Language.REDIS, f"safeshell undo {kit.id}", Context(database=database), here, time.time()
    )
    assessment = Assessment(action, (), (finding,))
    gone = sum(words[0] == b"DEL" for words in commands)
    told = f"puts back {count(kit.rows, 'key')} as they were {ago(time.time() - kit.at)}"
    notes = ["this kit was put back once already"] if kit.state == "restored" else []
    preview = Preview(
        summary=told + (f", and removes {count(gone, 'key')} that did not exist then" if gone else ""),
        affected=kit.rows,
        unit="keys",
        exactness=Exactness.EXACT,
        sample=tuple(words[1].decode("utf-8", "backslashreplace") for words in commands[:_SHOWN]),
        reversibility=Reversibility.UNKNOWN,
        caveats=(*notes, *kit.notes),
    )
    verdict = Verdict(Demand.CONFIRM, reason, f"db{database} {kit.rows}", finding)
    return AskOperator(assessment, verdict, preview, digest_of(assessment, preview), Mode.READ_ONLY)


def _agreed(question: AskOperator) -> bool:
    from safeshell.dialogs.ask import ask

    try:
        terminal = os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        return ask(question, tty_fd=terminal, below=False).granted
    finally:
        os.close(terminal)


def _recorded(setting: Setting, kit: UndoKit, here: Environment, kind: EventKind, detail: Mapping[str, object]) -> bool:
    from safeshell.cli.court import recorder
    from safeshell.records.audit import Audit, audit_directory

    told = {"language": "redis", "target": here.target, "tier": here.tier.value, "operator": here.operator, **detail}
    event = AuditEvent(time.time(), "undo", f"undo-{kit.id}", kind, told, durable=kind is EventKind.INTENT)
    return recorder(Audit(audit_directory(dict(setting.environ))))(event)


def _fail(said: str, code: int) -> int:
    print(f"safeshell: {said}", file=sys.stderr)
    return code
