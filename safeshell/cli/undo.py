"""`safeshell undo`: what was kept before it changed, and putting it back.

The rows go back through the guard itself: the person confirms the full dialog here, and the same wire
that judges every client lets exactly this one message through, once. What must not live here: kits on
disk (state.undo), the SQL that restores (previews.postgres.restoring).
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from time import time
from typing import TYPE_CHECKING, Any

from safeshell.cli.setting import Setting, load_setting
from safeshell.cli.undokeeping import kits_of
from safeshell.dialogs.visible import one_line as visible
from safeshell.state.undo import DEFINITION, PENDING, RESTORED, UndoKit

if TYPE_CHECKING:
    from safeshell.cli.wirecourt import PostgresWire
    from safeshell.guard.requests import AskOperator

_STATES = {PENDING: "may not have run", RESTORED: "taken back"}
_SAMPLE = 5
_KEPT_PARAMETERS = frozenset({"PGPASSWORD", "PGPASSFILE"})


def register(subparsers: Any) -> None:
    """Add the parser of `safeshell undo`."""
    parser = subparsers.add_parser(
        "undo",
        description=(
            "Without an ID: list the undo kits, one line each, the ID first. A kit holds the rows that a confirmed\n"
            "statement changed or removed, as they were. With an ID: show the full dialog, then put them back."
        ),
        epilog=(
            "each kit is a private directory with COPY data, a CSV a table, and restore.sql for psql;\n"
            "undo.size and undo.keep of the configuration say how large and for how long."
        ),
    )
    parser.add_argument("--json", action="store_true", help="one JSON object a kit")
    parser.add_argument("--files", action="store_true", help="print where the files of a kit lie, and put nothing back")
    parser.add_argument("--drop", action="store_true", help="throw a kit away")
    parser.add_argument("id", metavar="ID", nargs="?", default="")


def run(args: argparse.Namespace) -> int:
    """0 when done, 1 when not, 2 where nobody can be asked."""
    setting = load_setting()
    kits = kits_of(setting)
    if not args.id:
        for kit in kits.listing():
            print(json.dumps(_plain(kit)) if args.json else _line(kit))
        return 0
    found = kits.find(args.id)
    if found is None:
        return _fail(f"there is no undo kit {args.id!r:.80}; safeshell undo lists those there are", 1)
    if args.files:
        print(kits.path(found))
        return 0
    if args.drop:
        kits.drop(found)
        return 0
    if found.language == "redis":
        from safeshell.cli.undoredis import take_back

        return take_back(setting, found)
    return _take_back(setting, found)


def _fail(said: str, code: int) -> int:
    print(f"safeshell: {said}", file=sys.stderr)
    return code


def _line(kit: UndoKit) -> str:
    rows = ", ".join(_part(*part) for part in kit.parts)
    said = (
        kit.id,
        _STATES.get(kit.state, "kept"),
        f"{_ago(kit)} ago",
        f"{kit.language} on {kit.target}",
        rows,
        kit.text,
    )
    return "  ".join(visible(part) for part in said if part)


def _part(table: str, many: int, how: str) -> str:
    return table if how == DEFINITION else f"{many:,} {'keys' if how == 'keys' else 'rows'} of {table}"


def _ago(kit: UndoKit) -> str:
    from safeshell.previews.telling import span

    return span(max(time() - kit.at, 0.0))


def _plain(kit: UndoKit) -> dict[str, object]:
    return {
        "id": kit.id,
        "state": kit.state,
        "at": kit.at,
        "language": kit.language,
        "target": kit.target,
        "operator": kit.operator,
        "tables": [{"table": table, "rows": rows, "how": how} for table, rows, how in kit.parts],
        "bytes": kit.size,
        "notes": list(kit.notes),
        "restorable": bool(kit.restore),
        "text": kit.text,
    }


def _take_back(setting: Setting, kit: UndoKit) -> int:
    """Ask, then run the one message through the guard; its request is spent by that."""
    from safeshell.cli.wirecourt import open_postgres
    from safeshell.gateways.postgrestarget import resolve

    if not kit.restore:
        where = kits_of(setting).path(kit)
        return _fail(f"this cannot be put back by a statement ({'; '.join(kit.notes)}); its rows lie in {where}", 1)
    if not (os.isatty(0) and os.isatty(1)):
        return _fail("taking something back needs a person at a terminal; run this in one", 2)
    target = resolve(kit.connection, _environ(setting), user=_user(), home=setting.home)
    with open_postgres(setting, target) as wire:
        question = _question(setting, kit, wire)
        if wire.court.ask_alone(question).granted is not True:
            return _fail(f"nothing was put back; undo kit {kit.id} is kept", 1)
        wire.court.token = _confirmed(wire, question, kit)
        code = _restore(setting, kit, wire)
    if code == 0:
        kits_of(setting).restored(kit)
        print(f"safeshell: taken back: {_told(kit)}")
        return 0
    return _fail(f"it could not be put back, and nothing was changed; undo kit {kit.id} is kept", 1)


def _environ(setting: Setting) -> dict[str, str]:
    """The kit says which server; of the environment only passwords count."""
    return {
        name: value for name, value in setting.environ.items() if not name.startswith("PG") or name in _KEPT_PARAMETERS
    }


def _user() -> str:
    from safeshell.cli.clientrun import here_user

    return here_user()


def _told(kit: UndoKit) -> str:
    """`500 rows of orders, 1,000 rows of order_items`."""
    from safeshell.previews.telling import count

    return ", ".join(
        table if how == DEFINITION else f"{count(rows, 'row')} of {table}"
        for table, rows, how in kit.parts
        if how != "nothing"
    )


def _question(setting: Setting, kit: UndoKit, wire: PostgresWire) -> AskOperator:
    """The full dialog, about the restoring text as the guard will see it."""
    from safeshell.guard.digest import digest_of
    from safeshell.guard.requests import AskOperator
    from safeshell.model.effects import RISKS, Demand, Effect, Mode
    from safeshell.model.judgement import Assessment, Finding, Verdict
    from safeshell.model.statements import Action, Context, Language

    here = wire.here()
    overwrites = any(how not in ("insert", DEFINITION) for _, _, how in kit.parts)
    effect = Effect.DESTROYS_ROWS if overwrites else Effect.CHANGES_SCHEMA if _defines(kit) else Effect.WRITES
    reason = f"takes back, on {kit.target}: {kit.text}"
    finding = Finding("undo.restore", effect, RISKS[effect], reason, here)
    text = f"safeshell undo {kit.id}"
    action = Action("undo", "undo", Language.POSTGRES, text, Context(database=wire.target.database), here, time())
    assessment = Assessment(action, (), (finding,))
    preview = _preview(setting, kit)
    counted = kit.parts and kit.parts[0][0].isascii() and not _defines(kit)
    challenge = f"{kit.parts[0][0]} {kit.rows}" if counted else here.target
    verdict = Verdict(Demand.CONFIRM, reason, challenge, finding)
    return AskOperator(assessment, verdict, preview, digest_of(assessment, preview), Mode.READ_ONLY)


def _defines(kit: UndoKit) -> bool:
    return any(how == DEFINITION for _, _, how in kit.parts)


def _preview(setting: Setting, kit: UndoKit) -> Any:
    from safeshell.model.judgement import Exactness, Preview, Reversibility

    notes = list(kit.notes)
    if any(how == "insert" for _, _, how in kit.parts):
        notes.append("rows that are there again under their key stay as they are now")
    if any(how not in ("insert", DEFINITION) for _, _, how in kit.parts):
        notes.append("what others changed in these rows since then is overwritten")
    if kit.state == RESTORED:
        notes.insert(0, "this kit was put back once already")
    if kit.state == PENDING:
        notes.insert(0, "safeshell was ended before it learned whether the statement ran")
    return Preview(
        summary=f"puts back {_told(kit)}, as they were {_ago(kit)} ago",
        affected=None if _defines(kit) else kit.rows,
        unit="rows",
        exactness=Exactness.EXACT if _defines(kit) else Exactness.AT_MOST,
        sample=_sample(setting, kit),
        reversibility=Reversibility.UNKNOWN,
        caveats=tuple(notes),
    )


def _sample(setting: Setting, kit: UndoKit) -> tuple[str, ...]:
    """The first rows of the first table, as the CSV has them; of a definition its text."""
    kits = kits_of(setting)
    if _defines(kit):
        return tuple(kit.restore.splitlines()[1:-1])
    names = sorted(name for name in os.listdir(kits.path(kit)) if name.startswith("1-") and name.endswith(".csv"))
    data = kits.data(kit, names[0]) if names else None
    lines = (data or b"").decode("utf-8", "replace").split("\r\n")
    return tuple(line for line in lines[: _SAMPLE + 1] if line)


def _confirmed(wire: PostgresWire, question: AskOperator, kit: UndoKit) -> str:
    """A request for exactly this text on this server, confirmed by the dialog that was just answered."""
    from safeshell.model.statements import Language
    from safeshell.model.values import replace

    here, requests = wire.here(), wire.court.requests
    made = requests.leave(
        language=Language.POSTGRES,
        text=kit.restore,
        target=here.target,
        operator=here.operator,
        host=wire.setting.observation.host,
        preview=replace(question.preview, affected=None),
        at=time(),
    )
    requests.confirm(made.id, here.operator, time(), seen=made)
    return str(made.id)


def _restore(setting: Setting, kit: UndoKit, wire: PostgresWire) -> int:
    """Psql sends the text as one message and feeds its COPYs from the kit's data."""
    path = f"{kits_of(setting).path(kit)}/restore.data"
    terminal = os.dup(0)
    data = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        os.dup2(data, 0)
        return wire.run(["psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-c", kit.restore], os.environ)
    finally:
        os.dup2(terminal, 0)
        os.close(terminal)
        os.close(data)
