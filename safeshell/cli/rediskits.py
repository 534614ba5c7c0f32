"""Around the run of a confirmed Redis command: the undo kit, the save that is offered, the watch on the cache.

What must not live here: reading keys (previews.redis.kit), kits on disk (state.undo), the watch itself (cachewatch).
"""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

from safeshell.gateways.redisports import Looking, RedisCase
from safeshell.languages.redis.keyspecs import SHAPES, STAYS
from safeshell.model.audit import EventKind
from safeshell.model.errors import PreviewError
from safeshell.model.judgement import Conclusion, Reversibility
from safeshell.model.values import dataclass, field
from safeshell.state.undo import UndoKit, UndoKits, undo_directory

if TYPE_CHECKING:
    from safeshell.cli.setting import Setting
    from safeshell.cli.wireroad import WireCourt
    from safeshell.gateways.redistarget import RedisTarget
    from safeshell.previews.redis.server import Server

RESTORE_FILE = "restore.resp"
_FLUSHES = frozenset({"FLUSHDB", "FLUSHALL"})
_UNKEPT = frozenset({"EVAL", "EVALSHA", "FCALL", "MIGRATE"})
"""Commands whose keys are no account of what they change."""
_MASS = 100
"""Keys from which on a delete is watched as a flush is."""
_SAVE_PATIENCE = 300.0
_STEP = 0.2


def kits_of(setting: Setting) -> UndoKits:
    """The kits of this person."""
    from safeshell.records.redact import redact

    days = getattr(setting.policy.limits, "undo_days", 14.0)
    return UndoKits(undo_directory(setting.state), days=days, redact=redact)


@dataclass(slots=True)
class RedisKits:
    """The kits and watches of one guarded server; `_kits` and `_rates` by the number of the case."""

    court: WireCourt
    target: RedisTarget
    _kits: dict[str, UndoKit] = field(default_factory=dict, init=False)
    _rates: dict[str, float] = field(default_factory=dict, init=False)

    def prepare(self, case: RedisCase, end: Conclusion, server: Looking) -> str:
        """Before the release, in a worker; a refusal when something that was promised cannot be had."""
        if case.name in _FLUSHES:
            self._measure(case, server)
            return self._offer_save(server)
        preview = end.preview
        if preview is None or preview.reversibility is not Reversibility.UNDO_KIT or not preview.affected:
            return ""
        if preview.affected >= _MASS:
            self._measure(case, server)
        if case.name in _UNKEPT or case.name not in SHAPES:
            return ""
        try:
            self._keep(case, server)
        except PreviewError as fault:
            return f"safeshell: refused: the undo kit that was promised cannot be taken: {fault}; nothing was run"
        return ""

    def released(self, case: RedisCase, end: Conclusion) -> None:
        """It is on its way."""
        kit = self._kits.pop(case.number, None)
        if kit is not None:
            kits_of(self.court.setting).keep(kit)
            self.court.tell(f"safeshell: to take it back: safeshell undo {kit.id}")
        rate = self._rates.pop(case.number, None)
        if rate is not None and self.court.setting.policy.redis.watch > 0:
            from safeshell.cli.cachewatch import start

            start(self.court.setting, self.target, rate, case.text, self.court.session)
        del end

    def failed(self, case: RedisCase) -> None:
        """The server refused it."""
        kit = self._kits.pop(case.number, None)
        if kit is not None:
            kits_of(self.court.setting).drop(kit)
        self._rates.pop(case.number, None)

    def _keep(self, case: RedisCase, server: Looking) -> None:
        from safeshell.previews.redis.keys import at_its_database, written
        from safeshell.previews.redis.kit import take_kit

        looking: Server = server  # type: ignore[assignment]  # the deadline stays that of the kit
        database = at_its_database(looking, case.name, case.words, server.database)
        names = written(looking, case.name, case.words)
        if not names:
            return
        kit = take_kit(looking, names, self.court.setting.policy.limits.undo_bytes)
        record = UndoKit(
            id="",
            at=time.time(),
            language="redis",
            target=case.environment.target,
            operator=case.environment.operator,
            text=case.text,
            rows=kit.keys,
            size=len(kit.data),
            connection=self._connection(database),
            parts=((f"db{database}", kit.keys, "keys"),),
            notes=("what others write to these keys after this is overwritten when it is taken back", *_stays(case)),
            restore="redis",
        )
        made = kits_of(self.court.setting).begin(record, [(RESTORE_FILE, kit.data)])
        if made is None:
            raise PreviewError("its directory cannot be written")
        self._kits[case.number] = made

    def _connection(self, database: int) -> dict[str, str]:
        """How to reach the server again, without secrets."""
        target = self.target
        words = {"host": target.host, "port": str(target.port), "socket": target.socket, "user": target.user}
        found = {name: value for name, value in words.items() if value} | {"database": str(database)}
        if target.tls is not None:
            tls = {"cacert": target.tls.cacert, "cacertdir": target.tls.cacertdir, "cert": target.tls.cert}
            tls |= {"key": target.tls.key, "sni": target.tls.sni, "insecure": "1" if target.tls.insecure else ""}
            tls |= {"any_name": "1" if target.tls.any_name else ""}
            found |= {"tls": "1"} | {f"tls_{name}": value for name, value in tls.items() if value}
        return found

    def _measure(self, case: RedisCase, server: Looking) -> None:
        """The hit rate before, to compare with."""
        from safeshell.previews.redis.server import look_twice

        looking: Server = server  # type: ignore[assignment]  # as above
        _, now = look_twice(looking)
        if now.hits is not None:
            self._rates[case.number] = now.hits

    def _offer_save(self, server: Looking) -> str:
        """Ask whether to save first; a save that was wanted and failed stops the flush."""
        wanted = _before_a_flush() if self.court.asks_here() else "g"
        if wanted != "s":
            return "" if wanted == "g" else "safeshell: refused: you said no to the offer to save; nothing was run"
        server.extend(_SAVE_PATIENCE)
        problem = save(server)
        self.court.note(EventKind.NOTE, {"what": "save", "detail": problem or "saved before the flush"})
        if problem:
            return f"safeshell: refused: the save that you asked for failed: {problem}; nothing was run"
        self.court.tell(
            f"safeshell: saved to {_where(server)}. To go back: stop the server without saving, keep that file from "
            "being overwritten, start it again; with AOF on, AOF has to be off for that start. All databases come back as they were"
        )
        return ""


def _stays(case: RedisCase) -> tuple[str, ...]:
    """What taking it back leaves elsewhere."""
    if case.name not in STAYS:
        return ()
    where = case.words[STAYS[case.name]].decode("utf-8", "backslashreplace")
    return (f"the key stays in db{where} too: remove it there",)


def save(server: Looking) -> str:
    """BGSAVE, awaited; why it failed, "" when it is done. Raises PreviewError when time is up."""
    from safeshell.previews.redis.server import error_of, info_of

    answer = server.call(b"BGSAVE")
    if error_of(answer):
        return error_of(answer)
    while True:
        info = info_of(server.call(b"INFO", b"persistence"))
        if not info.number("rdb_bgsave_in_progress"):
            status = info.fields.get("rdb_last_bgsave_status", "")
            return "" if status == "ok" else f"the server says {status or 'nothing'}"
        time.sleep(_STEP)


def _where(server: Looking) -> str:
    from safeshell.previews.redis.server import text_of

    parts = []
    for name in (b"dir", b"dbfilename"):
        answer = server.call(b"CONFIG", b"GET", name)
        parts.append(text_of(answer[1]) if isinstance(answer, list) and len(answer) > 1 else "?")
    return "/".join(parts)


def _before_a_flush() -> str:
    """`s` to save first, `g` to go on without; everything else means that nothing shall run."""
    from safeshell.dialogs.keys import one_key

    try:
        terminal = os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY | os.O_CLOEXEC)
    except OSError:
        return "g"
    try:
        return one_key(terminal, "safeshell: [s] BGSAVE first, so that this can be undone  [g] go on  [Esc] no: ", "sg")
    finally:
        os.close(terminal)
