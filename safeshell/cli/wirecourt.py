"""Guarded connections put together: court, adapter, proxy, and what a client's child needs to find it.

Used by the client wrappers as::

    setting = load_setting(config=..., tier=...)
    with open_postgres(setting, target, token=args.guard_confirm) as wire:
        status = wire.run(["psql", ...], os.environ)

What must not live here: arguments of a client program (its wrapper), sockets and machines (gateways),
judging (wireroad).
"""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping, Sequence
from time import monotonic, sleep, time
from typing import TYPE_CHECKING, Protocol, Self

from safeshell.cli.consent import open_requests
from safeshell.cli.court import recorder
from safeshell.cli.wireroad import Trade, WireCourt
from safeshell.gateways.ports import PromptStatus
from safeshell.gateways.postgres import PostgresAdapter
from safeshell.gateways.postgresconninfo import VARIABLES
from safeshell.gateways.postgrespasswords import exposed, rewritten
from safeshell.gateways.wire import Proxy
from safeshell.model.audit import AuditEvent, EventKind
from safeshell.model.statements import Language
from safeshell.model.tiers import Mode, default_mode

if TYPE_CHECKING:
    from safeshell.cli.interrupts import Interrupt
    from safeshell.cli.setting import Setting
    from safeshell.gateways.postgrestarget import Target
    from safeshell.gateways.wirejudge import Case, Patience, Verification
    from safeshell.languages.reading import Reading
    from safeshell.model.facts import Facts
    from safeshell.model.judgement import Assessment, Conclusion, Preview
    from safeshell.model.places import Environment

_SUMMARY_EVERY = 60.0
"""Seconds between two audit lines about what was only read."""
_KEPT_VARIABLES = frozenset({"PGOPTIONS", "PGAPPNAME", "PGCLIENTENCODING", "PGREQUIREAUTH", "PGPASSWORD"})
"""Variables that mean the same through the guard; the others lead to the server, and are enforced there."""
_PORT = 5432
_GREETING_PATIENCE, _LOOK = 2.0, 0.002
"""Seconds that a prompt waits for the greeting of a fresh connection, and between two looks at it."""
_SECRETS = frozenset({"password", "sslpassword", "passfile"})


class Wire(Protocol):
    """One guarded target with its proxy, whatever the database; a context manager that closes it."""

    proxy: Proxy

    def __enter__(self) -> Self:
        """Itself."""

    def __exit__(self, *_exception: object) -> None:
        """Close it."""

    def run(self, argv: Sequence[str], environ: Mapping[str, str]) -> int:
        """Run a client through the guard: its exit status, as a shell would have it."""

    def environment(self, environ: Mapping[str, str]) -> dict[str, str]:
        """The child's environment, in which every variable leads to the proxy."""

    def conninfo(self) -> str:
        """How a client's own options name the guarded socket."""

    def url(self, *, tcp: bool = False, scheme: str = "") -> str:
        """The guarded server as a URL, over the unix socket or over loopback TCP with a one-time password."""

    def here(self) -> Environment:
        """What the target is now."""

    def status(self) -> PromptStatus:
        """What a prompt says now."""

    def interruptible(self, interrupt: Interrupt) -> None:
        """Nobody types in the client itself: Ctrl-C at a question ends the run."""

    def unlock(self, minutes: int | None = None, reason: str = "") -> bool:
        """Ask on the terminal whether writes may be unlocked; True when they are."""

    def lock(self) -> None:
        """Read-only again, at once."""


class PostgresWire:
    """One guarded PostgreSQL target; a context manager that closes it.

    `proxy` has `socket_directory`, `port` (of loopback TCP, 0 without it). `run` starts the client.
    """

    def __init__(self, setting: Setting, target: Target, *, token: str = "", tcp: bool = False) -> None:
        from safeshell.records.audit import Audit, audit_directory

        self.setting = setting
        self.target = target
        self.password = os.urandom(18).hex()
        session = f"w-{os.getpid():x}-{int(time()):x}"
        self._write = recorder(Audit(audit_directory(setting.environ)))
        self._starting, self._started = threading.Lock(), False
        self.court = WireCourt(setting, postgres_trade(target), self._record, open_requests(setting), session, token)
        self.adapter = PostgresAdapter(target, self.court, session=session, password=self.password)
        self._first: Environment | None = None
        self.proxy = Proxy(self.adapter, socket_name=f".s.PGSQL.{_PORT}", tcp=tcp)
        self.proxy.resumed = lambda: self.proxy.hub.post(self.court.lock)
        self.proxy.hub.later(_SUMMARY_EVERY, self._summarise)
        self.proxy.hub.post(lambda: self.proxy.hub.work(self._begin, "begin"))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.close()

    def run(self, argv: Sequence[str], environ: Mapping[str, str]) -> int:
        """Run a client through the guard: its exit status, as a shell would have it."""
        return self.proxy.run(argv, self.environment(environ))

    def close(self) -> None:
        """End every connection; what is held is refused."""
        self.proxy.close()
        self._record_start()
        self.court.summarise()
        self.court.note(EventKind.SESSION_END, {"target": self.here().target})

    def environment(self, environ: Mapping[str, str]) -> dict[str, str]:
        """The child's environment: PGHOST, PGPORT, PGUSER, PGDATABASE, PGPASSFILE lead to the proxy.

        Everything that would lead past it (PGSERVICE, PGHOSTADDR, PGSSL*, PGTARGETSESSIONATTRS) is taken
        away: it is enforced on the server's side instead.
        """
        dropped = {*VARIABLES.values(), "PGSERVICEFILE", "PGSYSCONFDIR"} - _KEPT_VARIABLES
        found = {name: value for name, value in environ.items() if name not in dropped}
        found |= {"PGHOST": self.proxy.socket_directory, "PGPORT": str(_PORT), "PGPASSFILE": self._passfile()}
        found |= {"PGUSER": self.target.user, "PGDATABASE": self.target.database, "PGGSSENCMODE": "disable"}
        if self.target.password:
            found["PGPASSWORD"] = self.target.password
        return found

    def conninfo(self) -> str:
        """`host=... port=... user=... dbname=...` of the guarded socket, without a password, for libpq clients."""
        words = {"host": self.proxy.socket_directory, "port": str(_PORT)}
        words |= {"user": self.target.user, "dbname": self.target.database}
        return " ".join(f"{name}='{_quoted(value)}'" for name, value in words.items())

    def url(self, *, tcp: bool = False, scheme: str = "") -> str:
        """The guarded server as a URL: over the unix socket, or over loopback TCP with its one-time password."""
        from urllib.parse import quote

        scheme = scheme or "postgresql"
        user, database = quote(self.target.user, safe=""), quote(self.target.database, safe="")
        if tcp:
            return f"{scheme}://{user}:{self.password}@127.0.0.1:{self.proxy.port}/{database}"
        given = f":{quote(self.target.password, safe='')}" if self.target.password else ""
        return f"{scheme}://{user}{given}@/{database}?host={quote(self.proxy.socket_directory, safe='')}&port={_PORT}"

    def here(self) -> Environment:
        """What the target is now; the marker inside the database counts once a connection has told it."""
        latest = self.adapter.latest
        if latest is not None and latest.environment is not None:
            return latest.environment
        if self._first is None:
            self._first = self.court.environment(self.adapter.place(self.target.user, self.target.database), "")
        return self._first

    def status(self) -> PromptStatus:
        """What a prompt says now."""
        here, now = self.here(), time()
        mode = self.court.mode(here)
        latest = self.adapter.latest
        unlockable = self.setting.policy.unlock_max_minutes > 0
        locked = not unlockable and default_mode(here.tier) is Mode.READ_ONLY
        return PromptStatus(
            tier=here.tier,
            target=here.target,
            mode=mode,
            minutes_left=(self.court.unlocks.minutes_left(here.target, now) or None)
            if mode is Mode.READ_WRITE
            else None,
            pinned=locked or bool(latest and latest.pinned),
            unguarded=bool(latest and latest.unguarded),
        )

    def interruptible(self, interrupt: Interrupt) -> None:
        """Nobody types in the client itself: Ctrl-C at a question ends the run."""
        self.court.interrupt = interrupt

    def await_greeting(self) -> None:
        """Another thread than the loop's: until every open connection has said what it is, for a moment at most.

        A client may write its prompt before the database's own marker is known, and must not call production
        by another name.
        """
        end = monotonic() + _GREETING_PATIENCE
        while monotonic() < end and not self._greeted():
            sleep(_LOOK)

    def _greeted(self) -> bool:
        sessions = list(self.adapter.sessions.values())
        if not sessions:
            return self.adapter.latest is not None
        return all(session.environment is not None for session in sessions)

    def unlock(self, minutes: int | None = None, reason: str = "") -> bool:
        """Ask on the terminal whether writes may be unlocked (`--guard-write`); True when they are."""
        from safeshell.cli.unlocking import unlock_question

        policy, here = self.setting.policy, self.here()
        wanted = min(minutes or policy.unlock_default_minutes, policy.unlock_max_minutes)
        if wanted <= 0 or not self.court.asks_here():
            return False
        question = unlock_question(here, wanted, policy.unlock_reason and not reason, time())
        answer = self.court.ask_alone(question)
        if answer.minutes <= 0:
            return False
        return self.court.unlock(here, answer.minutes, answer.reason or reason) > 0

    def lock(self) -> None:
        """Read-only again, at once."""
        self.court.lock(self.here())

    def _passfile(self) -> str:
        """A private password file in which the guard's socket has the passwords of the true server."""
        path = f"{self.proxy.socket_directory}/pgpass"
        if exposed(self.target.words.get("passfile", "")):
            self.court.tell(f"password file {self.target.words['passfile']} can be read by others, so it is not used")
        text = rewritten(self.target, self.proxy.socket_directory, _PORT)
        with open(path, "w", encoding="utf-8", errors="surrogateescape", opener=_private) as out:
            out.write(text)
        return path

    def _begin(self) -> None:
        """While the client starts: what the first statement needs, and the first line of the audit."""
        from safeshell.languages.postgres.reader import read

        read("select 1")
        self._record_start()

    def _record(self, event: AuditEvent) -> bool:
        """To the audit, behind the line that begins the session."""
        self._record_start()
        return self._write(event)

    def _record_start(self) -> None:
        with self._starting:
            if not self._started:
                self._started = True
                here = self.here()
                detail = {"tier": here.tier.value, "target": here.target, "language": "postgres"}
                self._write(AuditEvent(time(), self.court.session, "", EventKind.SESSION_START, detail))

    def _summarise(self) -> None:
        self.court.summarise()
        self.proxy.hub.later(_SUMMARY_EVERY, self._summarise)


def open_postgres(setting: Setting, target: Target, *, token: str = "", tcp: bool = False) -> PostgresWire:
    """A guarded proxy for a PostgreSQL target.

    `token` is the id of a confirmed request (--guard-confirm, SAFESHELL_CONFIRM), "" for none. `tcp`
    opens a loopback port beside the unix socket, which asks for a one-time password (see `url`).
    Raises OSError when no private socket can be made.
    """
    return PostgresWire(setting, target, token=token, tcp=tcp)


def postgres_trade(target: Target) -> Trade:
    """How PostgreSQL is read, looked at and verified; `target` is where an undo would go."""

    def verified(case: Case, end: Conclusion, setting: Setting) -> Verification | None:
        from safeshell.cli.undokeeping import verification

        words = {name: value for name, value in target.words.items() if value and name not in _SECRETS}
        words |= {"user": case.context.user, "dbname": case.context.database}
        return verification(setting, end, case.units, words, case.server)

    def preview(case: Case, assessment: Assessment, setting: Setting) -> Preview:
        local = all(host.name.startswith("/") for host in target.hosts)
        return _preview(case, assessment, setting, same_host=local)

    return Trade(Language.POSTGRES, _read, preview, _shape, verified, _patience)


def _patience(case: Case, setting: Setting) -> Patience | None:
    from safeshell.cli.lockpatience import patience

    return patience(setting.policy.limits, case.units, case.server)


def _read(text: str, facts: Facts, server: Mapping[str, str]) -> Reading:
    from safeshell.languages.postgres.reader import read

    return read(text, facts=facts, server=server)


def _preview(case: Case, assessment: Assessment, setting: Setting, *, same_host: bool) -> Preview:
    from safeshell.previews.postgres import take
    from safeshell.previews.postgres.link import Limits

    limits = setting.policy.limits
    settings = Limits(
        limits.sample, limits.undo_bytes, setting.policy.backups, same_host, limits.lock_wait, limits.lock_tries
    )
    return take(assessment, case.link, units=case.units, deadline=limits.deadline, settings=settings)


def _shape(text: str, server: Mapping[str, str]) -> str | None:
    from safeshell.languages.postgres.shapes import shape

    return shape(text, server=server)


def _private(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_CLOEXEC, 0o600)


def _quoted(text: str) -> str:
    return text.replace("\\", "\\\\").replace("'", "\\'")
