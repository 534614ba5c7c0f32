"""Guarded Redis connections put together: the wire's court, the adapter, the proxy, what a client needs to find it.

Used by the client wrappers as::

    setting = load_setting(config=..., tier=...)
    with open_redis(setting, target, token=args.guard_confirm) as wire:
        status = run_client(wire.proxy, ["redis-cli", "-s", wire.proxy.socket_path], wire.environment(os.environ))

What must not live here: options of redis-cli (saferediscli), sockets and machines (gateways), rules (policy).
"""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Self, cast
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

from safeshell.cli.consent import open_requests
from safeshell.cli.court import recorder
from safeshell.cli.rediskits import RedisKits
from safeshell.cli.wireroad import Trade, WireCourt
from safeshell.gateways.links import Link
from safeshell.gateways.ports import PromptStatus
from safeshell.gateways.redislink import RedisLink
from safeshell.gateways.redisports import Looking, RedisCase
from safeshell.gateways.redissession import RedisAdapter
from safeshell.gateways.wire import Proxy
from safeshell.gateways.wirejudge import Case, Withdrawal
from safeshell.guard.digest import digest_of
from safeshell.guard.requests import AskOperator, Road
from safeshell.languages.redis import read_wire
from safeshell.model.audit import AuditEvent, EventKind
from safeshell.model.effects import RISKS, Demand, Effect, Risk
from safeshell.model.errors import PreviewError
from safeshell.model.judgement import Assessment, Conclusion, Confirmation, Finding, Preview, Verdict
from safeshell.model.places import Environment
from safeshell.model.statements import Action, Context, Language
from safeshell.model.tiers import Mode, Tier, default_mode
from safeshell.policy.decide import demand_of, law_of

if TYPE_CHECKING:
    from safeshell.cli.interrupts import Interrupt
    from safeshell.cli.setting import Setting
    from safeshell.gateways.redistarget import RedisTarget
    from safeshell.languages.reading import Reading
    from safeshell.model.facts import Facts
    from safeshell.previews.redis.server import Server

MARKER = b"safeshell:tier"
"""A key that says which tier a server has: `SET safeshell:tier production` in any database that is used."""
_MARKER_PATIENCE = 0.5
_SUMMARY_EVERY = 60.0
"""Seconds between two audit lines about what passed silently."""
_LEFT_OUT = ("ssl", "db", "password", "username")
"""Parameters of a URL that the guard answers for."""


class RedisBench:
    """Implements redisports.RedisCourt over the court that all wires share."""

    def __init__(self, court: WireCourt, target: RedisTarget, marker: str) -> None:
        policy = court.setting.policy
        self.court = court
        self.target = target
        self.deadline = policy.limits.deadline
        self.undo_bytes = policy.limits.undo_bytes
        self.loop_writes = policy.redis.loop_writes
        self.loop_rate = policy.redis.loop_rate
        self.commands: dict[str, str | None] = {}
        self.kits = RedisKits(court, target)
        self._marker = marker
        self._environments: dict[int, Environment] = {}

    def environment(self, database: int) -> Environment:
        """One database of the server; looked up once."""
        if database not in self._environments:
            self._environments[database] = self.court.environment(self.target.place(database), self._marker)
        return self._environments[database]

    def road(self, case: RedisCase) -> Road[Conclusion]:
        """The road of one case."""
        return self.court.road(_wire_case(case, self.court.session))

    def ask(self, case: RedisCase, question: AskOperator) -> Confirmation:
        """The person, a confirmed request, or a new one."""
        wired = _wire_case(case, self.court.session)
        case.withdrawn.attach(lambda: wired.withdrawal.withdraw("the client is gone"))
        return self.court.ask(wired, question)

    def ask_loop(self, case: RedisCase, preview: Preview) -> bool:
        """One key for the whole loop. Development is told, not asked, where nobody could answer."""
        detail = {"what": "loop", "detail": preview.summary, "target": case.environment.target}
        self.note(EventKind.NOTE, detail)
        if case.environment.tier is Tier.DEVELOPMENT and not self.court.asks_here():
            self.tell(f"safeshell: this looks like a loop: {preview.summary}; {'; '.join(preview.caveats)}")
            return True
        confirmation = self.ask(case, _loop_question(case, preview))
        granted = confirmation.granted
        self.note(EventKind.NOTE, {**detail, "what": "loop goes on" if granted else "loop stopped"})
        return granted

    def record(self, event: AuditEvent) -> bool:
        """To the audit."""
        return self.court.record_(event)

    def settle(self, case: RedisCase, end: Conclusion) -> Conclusion:
        """Spend the request, grant the unlock."""
        return self.court.settle(_wire_case(case, self.court.session), end)

    def prepare(self, case: RedisCase, end: Conclusion, server: Looking) -> str:
        """The undo kit, the save that is offered before a flush, the hit rate before it."""
        return self.kits.prepare(case, end, server)

    def released(self, case: RedisCase, end: Conclusion) -> None:
        """Keep the kit, watch the cache."""
        self.kits.released(case, end)

    def outcome(self, case: RedisCase, error: str, answer: str) -> None:
        """For the record; the kit of what did not run is thrown away."""
        self.court.outcome(_wire_case(case, self.court.session), {"error": error} if error else {"answer": answer})
        if error:
            self.kits.failed(case)

    def passes(self, effect: Effect, environment: Environment) -> bool:
        """True where this effect asks for nothing right now."""
        now, policy = time.time(), self.court.setting.policy
        law = law_of(policy, lambda place: self.court.unlocks.mode(place, now), now)
        finding = Finding("redis.passes", effect, RISKS[effect], "", environment)
        return demand_of(finding, law) is Demand.ALLOW

    def note(self, kind: EventKind, detail: Mapping[str, Any]) -> None:
        """For the record."""
        self.court.note(kind, {"language": "redis", **detail})

    def tell(self, text: str) -> None:
        """One line on standard error."""
        self.court.tell(text)


def _wire_case(case: RedisCase, session: str) -> Case:
    """The same case as the shared court takes it; it has no link, since its questions are answered by the session."""
    context = Context(database=str(case.database), user=case.user, in_transaction=case.in_multi, euid=os.geteuid())
    return Case(
        id=f"{session}-{case.number}",
        session=session,
        text=case.text,
        bound=case.text,
        context=context,
        environment=case.environment,
        units=(),
        link=cast("Link", None),
        server={"database": str(case.database)},
        withdrawal=Withdrawal(),
    )


def _read(text: str, facts: Facts, server: Mapping[str, str]) -> Reading:
    return read_wire(text, facts, int(server.get("database", "0")))


def _no_preview(_case: Case, _assessment: Assessment, _setting: Setting) -> Preview:
    """The session takes previews itself."""
    raise PreviewError("previews of Redis are taken by its session")


def _loop_question(case: RedisCase, preview: Preview) -> AskOperator:
    """May this loop go on? Esc stops it."""
    reason = f"is one of a loop of single writes: {preview.summary}"
    action = Action(case.number, "", Language.REDIS, case.text, Context(), case.environment, time.time())
    advice = "; ".join(preview.caveats)
    finding = Finding("redis.loop", Effect.BLOCKS_OTHERS, Risk.MEDIUM, reason, case.environment, advice=advice)
    assessment = Assessment(action, (), (finding,))
    return AskOperator(
        assessment=assessment,
        verdict=Verdict(Demand.KEY, reason, "", finding),
        preview=preview,
        digest=digest_of(assessment, preview),
        mode=Mode.READ_WRITE,
    )


class RedisWire:
    """One guarded Redis server; a context manager that closes it."""

    def __init__(self, setting: Setting, target: RedisTarget, *, token: str = "", tcp: bool = False) -> None:
        from safeshell.records.audit import Audit, audit_directory

        self.setting = setting
        self.target = target
        session = f"r-{os.getpid():x}-{int(time.time()):x}"
        record = recorder(Audit(audit_directory(setting.environ)))
        trade = Trade(Language.REDIS, _read, _no_preview)
        self.court = WireCourt(setting, trade, record, open_requests(setting), session, token)
        marker, self.rights = looked_at(target)
        self.bench = RedisBench(self.court, target, marker)
        self.password = secrets.token_urlsafe(18)
        self.adapter = RedisAdapter(target, self.bench, self.password)
        self.proxy = Proxy(self.adapter, socket_name="redis.sock", tcp=tcp)
        self.proxy.resumed = self.court.lock
        self.proxy.hub.later(_SUMMARY_EVERY, self._summarise)
        here = self.here()
        self.bench.note(
            EventKind.SESSION_START, {"tier": here.tier.value, "target": here.target, "server": self.rights}
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.close()

    def close(self) -> None:
        """End every connection; what is held is refused."""
        self.proxy.close()
        self.bench.note(EventKind.SESSION_END, {"target": self.here().target})

    def environment(self, environ: Mapping[str, str]) -> dict[str, str]:
        """The child's environment: REDIS_URL and its like lead to the proxy, the password stays a variable."""
        found = dict(environ)
        if self.target.password:
            found["REDISCLI_AUTH"] = self.target.password
        for name in ("REDIS_URL", "VALKEY_URL"):
            if name in found or name == "REDIS_URL":
                found[name] = self.url()
        return found

    def url(self, *, tcp: bool = False, like: str = "") -> str:
        """The guarded server for client libraries: `unix://[user:password@]/path?db=0`.

        Over loopback TCP `redis://:one-time-password@127.0.0.1:port/0`. `like` is the URL that it stands for: its
        scheme stays (without TLS, which is the guard's), and its parameters that are not about TLS.
        """
        if tcp:
            scheme = "valkey" if like.startswith("valkey") else "redis"
            query = urlencode([pair for pair in parse_qsl(urlsplit(like).query) if not pair[0].startswith(_LEFT_OUT)])
            where = f"127.0.0.1:{self.proxy.port}/{self.target.database}"
            return f"{scheme}://:{self.password}@{where}" + (f"?{query}" if query else "")
        who = f"{quote(self.target.user, safe='')}:{quote(self.target.password, safe='')}@"
        who = who if self.target.password else ""
        scheme = urlsplit(like).scheme or "unix"
        number = "virtual_host" if scheme.endswith("+socket") else "db"
        return f"{scheme}://{who}{quote(self.proxy.socket_path)}?{number}={self.target.database}"

    def here(self) -> Environment:
        """The database that was asked for."""
        return self.bench.environment(self.target.database)

    def status(self) -> PromptStatus:
        """What a prompt says now."""
        here = self.here()
        mode = self.court.mode(here)
        left = self.court.unlocks.minutes_left(here.target, time.time())
        pinned = self.setting.policy.unlock_max_minutes <= 0 and default_mode(here.tier) is Mode.READ_ONLY
        minutes = left if left and mode is Mode.READ_WRITE else None
        return PromptStatus(here.tier, here.target, mode, minutes, pinned)

    def interruptible(self, interrupt: Interrupt) -> None:
        """Nobody types in the client itself: Ctrl-C at a question ends the run."""
        self.court.interrupt = interrupt

    def unlock(self, minutes: int | None = None, reason: str = "") -> bool:
        """Ask on the terminal whether writes may be unlocked (`--guard-write`); True when they are."""
        from safeshell.cli.unlocking import unlock_question

        policy, here = self.setting.policy, self.here()
        wanted = min(minutes or policy.unlock_default_minutes, policy.unlock_max_minutes)
        if wanted <= 0 or not self.court.asks_here():
            return False
        answer = self.court.ask_alone(unlock_question(here, wanted, policy.unlock_reason and not reason, time.time()))
        return answer.minutes > 0 and self.court.unlock(here, answer.minutes, answer.reason or reason) > 0

    def lock(self) -> None:
        """Read-only again, at once."""
        self.court.lock(self.here())

    def _summarise(self) -> None:
        self.adapter.summarise()
        self.proxy.hub.later(_SUMMARY_EVERY, self._summarise)


def looked_at(target: RedisTarget) -> tuple[str, str]:
    """The tier word that stands in the server itself ("" for none), and what the server lets this user do."""
    from safeshell.previews.redis.rights import rights

    link = RedisLink(target)
    link.deadline = time.monotonic() + _MARKER_PATIENCE
    found: object = None
    allowed = ""
    with suppress(PreviewError):
        link.place(target.login, target.database)
        found = link.call(b"GET", MARKER)
        allowed = rights(cast("Server", link))
    link.close()
    return (found.decode("utf-8", "replace").strip().lower() if isinstance(found, bytes) else ""), allowed


def open_redis(setting: Setting, target: RedisTarget, *, token: str = "", tcp: bool = False) -> RedisWire:
    """A guarded proxy for a Redis server. Raises OSError.

    `token` is the id of a confirmed request, "" for none. `tcp` opens a loopback port beside the unix socket, which
    asks for a one-time password (see `url`).
    """
    return RedisWire(setting, target, token=token, tcp=tcp)
