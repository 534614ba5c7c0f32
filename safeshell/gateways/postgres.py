"""PostgreSQL behind the wire: a machine for each client, its greeting, its cancels, where it leads.

A session feeds bytes to its `PostgresMachine`, greets the server (is it read-only? which tier does it
say it has?) before the client's first statement is judged, and has each `Submitted` judged by a
`HeldUnit`. What must not live here: sockets (wire), judgement of one unit (postgresheld), policy.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Mapping
from time import time
from typing import TYPE_CHECKING, Any

from safeshell.gateways.postgresdial import Dialler
from safeshell.gateways.postgresfacts import GREETING, OLDEST_KNOWN, greeted
from safeshell.gateways.postgresheld import HeldUnit
from safeshell.gateways.postgrestarget import Host, Target
from safeshell.gateways.postgreswords import fatal
from safeshell.gateways.wirejudge import Cell, Judge
from safeshell.gateways.wireports import Line, Stream, UpstreamError
from safeshell.model.audit import EventKind
from safeshell.model.places import Environment, Place
from safeshell.model.tiers import Mode, Tier
from safeshell.protocols.postgres.machine import READ_ONLY, PostgresMachine
from safeshell.protocols.wire import (
    Broken,
    CancelAsked,
    Closed,
    Described,
    Parameter,
    Ran,
    Replied,
    Started,
    StartRefused,
    Submitted,
)

if TYPE_CHECKING:
    from safeshell.gateways.postgresporter import Porter

_HELLO = "hello"
_NO_OPTIONS = "08P01"
"""What poolers answer to start-up options that they do not take."""
_LANGUAGE_SETTINGS = ("standard_conforming_strings", "client_encoding")
"""Server settings that change what a text means."""


class PostgresSession:
    """One client's conversation. Implements wireports.Session; loop's thread only, unless said otherwise."""

    def __init__(self, adapter: PostgresAdapter, line: Line) -> None:
        self.adapter = adapter
        self.line = line
        self.id = f"{adapter.id}-{adapter.number()}"
        self.machine = PostgresMachine(os.urandom(6).hex(), options=READ_ONLY)
        self._lane = self.machine.lane
        self.forward_server = self._lane.answered  # the whole answer to what was sent as it came
        self.dialler = Dialler(adapter.target)
        self.server: dict[str, str] = {}
        self.environment: Environment | None = None
        self.pinned = self.unguarded = False
        self.asked: dict[str, Callable[[Any], None]] = {}
        self.held: HeldUnit | None = None
        self.user = self.database = ""
        self.pid, self.key = 0, b""
        self._backlog: deque[Submitted] = deque()
        self._ready = False
        self._porter = self._make_porter()
        self._last_words = b""
        self._memo: tuple[dict[str, Cell], dict[str, Cell]] = ({}, {})
        self._keys = ("", "")
        self._facts: tuple[dict[str, str], dict[str, str]] = ({}, {})
        self._epoch = -1
        self._until = 0.0
        self._unlocked = False
        self._handlers: dict[type, Callable[[Any], None]] = {
            Submitted: self._on_submitted,
            Started: self._on_started,
            StartRefused: self._on_refused_start,
            Parameter: self._on_parameter,
            Ran: self._on_answer,
            Described: self._on_answer,
            Replied: self._on_answer,
            CancelAsked: self._on_cancel,
            Closed: lambda _event: self.line.hang_up(),
            Broken: self._on_broken,
        }

    # ---- wireports.Session ----------------------------------------------------------------------

    @property
    def hungry(self) -> bool:
        """More bytes of the client are welcome."""
        return self.machine.hungry

    def forward_client(self, data: bytes) -> bool:
        """A text that is known to only read, while nothing else goes on: counted, and sent as it came."""
        text = self._lane.offered(data)
        if text is None or not self._ready or self.held or self._backlog or self._porter or self._outdated():
            return False
        cell = self._memo[self.machine.state == "T"].get(text)
        if cell is None:
            return False
        cell.count += 1
        self._lane.forward()
        return True

    def from_client(self, data: bytes) -> None:
        """Bytes of the client."""
        if self._porter is None:
            self.machine.receive_from_client(data)
        else:
            self._porter.from_client(data)
        self._events()

    def from_server(self, data: bytes) -> None:
        """Bytes of the server."""
        self.machine.receive_from_server(data)
        self._events()

    def to_client(self) -> bytes:
        """What the client gets now."""
        if self._porter is not None:
            return self._by_porter(self._porter)
        if self._last_words:
            found, self._last_words = self._last_words, b""
            return self.machine.data_to_client() + found
        return self.machine.data_to_client()

    def to_server(self) -> bytes:
        """What the server gets now."""
        return self.machine.data_to_server()

    def client_gone(self) -> None:
        """Whatever is held is refused; nobody is there to be asked, or to be told."""
        self._withdraw("the client is gone")
        self.machine.client_closed()
        self._events()

    def server_gone(self, problem: str) -> None:
        """What is held is refused; the machine tells the client which side failed."""
        self._withdraw("the server is gone")
        self.machine.server_closed()
        self._events()
        if problem:
            self.adapter.judge.tell(f"the server {self.place_name()} closed the connection: {problem}")

    def dial(self) -> Stream:
        """Connect; blocks, in a worker."""
        stream = self.dialler.open()
        self.adapter.reached(self.dialler)
        return stream

    def undialled(self, problem: UpstreamError) -> None:
        """No server could be reached: the client sees why, and that it was not the guard."""
        first, _, rest = str(problem).partition("\n")
        self._last_words = fatal(f"safeshell: the server's side failed: {first}", code="08001", detail=rest)

    # ---- for held units -------------------------------------------------------------------------

    def done(self, unit: HeldUnit) -> None:
        """A unit was released or refused; the next one, if the client was ahead."""
        if self.held is unit:
            self.held = None
        while self._backlog and self.held is None:
            self._judge(self._backlog.popleft())

    def relock(self) -> None:
        """Put the machine's lock where the mode of the place is now."""
        judge, place = self.adapter.judge, self.environment
        self._epoch = judge.epoch
        if place is None:
            return
        self._until = judge.writable_until(place)
        unlocked = judge.mode(place) is Mode.READ_WRITE
        if unlocked != self._unlocked:
            self._unlocked = unlocked
            self.machine.unlock(unlocked)

    def place_name(self) -> str:
        """What the server is called, for people."""
        return self.environment.target if self.environment else str(self.adapter.target.hosts[0])

    def memo_key(self, *, in_transaction: bool) -> str:
        """Under which texts that only read are remembered."""
        return self._keys[in_transaction]

    def reader_facts(self, *, in_transaction: bool) -> Mapping[str, str]:
        """What a reader may know of the server."""
        return self._facts[in_transaction]

    # ---- events ---------------------------------------------------------------------------------

    def _events(self) -> None:
        for event in self.machine.events():
            handler = self._handlers.get(type(event))
            if handler is not None:
                handler(event)

    def _on_submitted(self, told: Submitted) -> None:
        if not self._ready or self.held is not None:
            self._backlog.append(told)
        else:
            self._judge(told)

    def _outdated(self) -> bool:
        """The mode may have changed."""
        return self.adapter.judge.epoch != self._epoch or bool(self._until and time() > self._until)

    def _judge(self, told: Submitted) -> None:
        judge = self.adapter.judge
        if self._outdated():
            self.relock()
        cell = self._memo[told.in_transaction].get(told.text)
        if cell is not None:
            cell.count += 1
            self.machine.learn(told.id)
            self.machine.release(told.id)
            return
        key = self._keys[told.in_transaction]
        if not told.failed and judge.clears(key, told.text, self.reader_facts(in_transaction=told.in_transaction)):
            self.machine.release(told.id)
            return
        self.held = HeldUnit(self, told)
        self.held.begin()

    def _on_started(self, event: Started) -> None:
        self.user, self.database = event.user, event.database
        self.pid, self.key = event.pid, event.key
        self.server.update(event.parameters)
        self.adapter.register(self)
        self._remember()
        self.asked[_HELLO] = self._on_hello
        self.machine.run(_HELLO, GREETING)

    def _on_hello(self, ran: Ran) -> None:
        told = greeted(ran.rows) if ran.error is None else None
        if told is None:
            self.unguarded = True
        else:
            self.server.setdefault("server_version_num", str(told.version))
            self._remember()
            if not told.enforced and not self.pinned:
                self.pinned = True
                self.machine.pin()
        marker = told.marker if told else ""
        known = self.adapter.known_environment(self, marker)
        if known is not None:
            self._open(known)
        else:
            self.line.hub.work(lambda: self._look_up(marker), "environment")

    def _look_up(self, marker: str) -> None:
        """In a worker: which environment this is may need the network."""
        found = self.adapter.find_environment(self, marker)
        self.line.hub.post(lambda: self._opened(found))

    def _opened(self, found: Environment) -> None:
        self._open(found)
        self.line.flush()

    def _open(self, found: Environment) -> None:
        """The place is known: judge what the client has sent meanwhile."""
        self.environment = found
        self.relock()
        self._ready = True
        self.adapter.opened(self)
        while self._backlog and self.held is None:
            self._judge(self._backlog.popleft())

    def _on_refused_start(self, event: StartRefused) -> None:
        """Poolers refuse our options; a server may refuse one kind of encryption. Try once without."""
        if event.error.code == _NO_OPTIONS and not self.pinned:
            self.pinned = True
            self.machine.restart("")
            self.line.redial()
        elif event.error.code == "28000" and self.dialler.other_encryption():
            self.machine.restart("" if self.pinned else READ_ONLY)
            self.line.redial()
        else:
            self.machine.give_up()

    def _on_parameter(self, event: Parameter) -> None:
        self.server[event.name] = event.value
        self._remember()

    def _on_answer(self, event: Ran | Described | Replied) -> None:
        heard = self.asked.pop(event.id, None)
        if heard is not None:
            heard(event)

    def _on_cancel(self, event: CancelAsked) -> None:
        self.adapter.cancel(event.pid, event.key)
        self.line.hang_up()

    def _on_broken(self, event: Broken) -> None:
        text = f"the {event.side} broke PostgreSQL's protocol: {event.problem}"
        self._withdraw("the connection broke")
        self.adapter.judge.note(EventKind.NOTE, {"what": "broken", "target": self.place_name(), "detail": text})
        self.line.hang_up()

    # ---- further --------------------------------------------------------------------------------

    def _withdraw(self, why: str) -> None:
        asked, self.asked = self.asked, {}
        for heard in asked.values():
            heard(None)
        self._backlog.clear()
        if self.held is not None:
            self.held.withdraw(why)

    def _remember(self) -> None:
        """Texts, and the memo of them, as the server reads them now."""
        judge = self.adapter.judge
        settings = ",".join(self.server.get(name, "") for name in _LANGUAGE_SETTINGS)
        self._keys = (f"{settings},off", f"{settings},on")
        self._memo = (judge.known(self._keys[0]), judge.known(self._keys[1]))
        self._facts = ({**self.server, "in_transaction": "off"}, {**self.server, "in_transaction": "on"})

    def _make_porter(self) -> Porter | None:
        if not self.line.peer.tcp:
            return None
        from safeshell.gateways.postgresporter import Porter

        return Porter(self.machine, self.adapter.password, self._password_of)

    def _password_of(self, user: str, database: str) -> str | None:
        from safeshell.gateways.postgrespasswords import lookup

        target = self.adapter.target
        host = self.dialler.reached.host if self.dialler.reached else target.hosts[0]
        return (target.password if user == target.user else "") or lookup(target, host, user, database)

    def _by_porter(self, porter: Porter) -> bytes:
        found = porter.to_client()
        if porter.over:
            self.line.hang_up()
        elif porter.transparent:
            self._porter = None
            found += self.machine.data_to_client()
        return found + self._last_words


class PostgresAdapter:
    """PostgreSQL for one proxy. Implements wireports.Adapter.

    `password` is what TCP clients have to show.
    """

    def __init__(self, target: Target, judge: Judge, *, session: str, password: str = "") -> None:
        self.target = target
        self.judge = judge
        self.id = session
        self.password = password
        self.sessions: dict[tuple[int, bytes], PostgresSession] = {}
        self.latest: PostgresSession | None = None
        self._host: Host | None = None
        self._count = 0
        self._environments: dict[tuple[str, str, str, str], Environment] = {}

    def session(self, line: Line) -> PostgresSession:
        """A client connected."""
        return PostgresSession(self, line)

    def ended(self, session: Any) -> None:
        """Its connection is closed."""
        self.sessions = {key: other for key, other in self.sessions.items() if other is not session}

    def number(self) -> int:
        """The number of the next connection."""
        self._count += 1
        return self._count

    def reached(self, dialler: Dialler) -> None:
        """In a worker: this host answered."""
        if dialler.reached is not None:
            self._host = dialler.reached.host

    def register(self, session: PostgresSession) -> None:
        """Authenticated: it can be cancelled from now on."""
        self.sessions[session.pid, session.key] = session

    def opened(self, session: PostgresSession) -> None:
        """Greeted: what a prompt says may have changed."""
        first = self.latest is None
        self.latest = session
        if session.unguarded or (first and session.pinned):
            self._warn(session)
        version = session.server.get("server_version_num", "")
        if first and version.isdigit() and 0 < int(version) < OLDEST_KNOWN:
            self.judge.tell(f"this server is older than PostgreSQL 12 ({version}); previews of it were never tried")

    def cancel(self, pid: int, key: bytes) -> None:
        """A client asks to cancel: what is held is refused, what runs is cancelled at the server."""
        session = self.sessions.get((pid, key))
        if session is None:
            return
        if session.held is not None and session.held.cancel():
            return
        dialler = session.dialler

        def ask() -> None:
            try:
                dialler.cancel(pid, key)
            except UpstreamError as problem:
                self.judge.tell(f"the cancel did not reach the server: {problem}")

        session.line.hub.work(ask, "cancel")

    def place(self, user: str, database: str, host: Host | None = None) -> Place:
        """Where a connection leads, as the policy matches it."""
        found = host or self._host or self.target.hosts[0]
        detail = {"engine": "postgres", "database": database, "user": user, "port": str(found.port)}
        return Place("database", found.name or found.address, detail=detail)

    def known_environment(self, session: PostgresSession, marker: str) -> Environment | None:
        """The environment of a connection if it was found before."""
        return self._environments.get(self._key(session, marker))

    def find_environment(self, session: PostgresSession, marker: str) -> Environment:
        """In a worker: the same, found out."""
        host = session.dialler.reached.host if session.dialler.reached else None
        place = self.place(session.user, session.database, host)
        try:
            found = self.judge.environment(place, marker)
        except Exception as fault:  # noqa: BLE001 - a place that nobody can tell is an unknown one
            reason = f"finding out what it is failed ({type(fault).__name__})"
            found = Environment("unknown", Tier.UNKNOWN, f"{session.database}@{place.name}", reasons=(reason,))
        self._environments[self._key(session, marker)] = found
        return found

    def _key(self, session: PostgresSession, marker: str) -> tuple[str, str, str, str]:
        host = session.dialler.reached.host if session.dialler.reached else self.target.hosts[0]
        return str(host), session.user, session.database, marker

    def _warn(self, session: PostgresSession) -> None:
        if session.unguarded:
            text = (
                f"UNGUARDED: {session.place_name()} did not tell whether it is read-only; statements are still "
                "judged and held here, but the server itself enforces nothing"
            )
        else:
            text = f"{session.place_name()} takes no start-up options (a pooler?), so each read is pinned read-only"
        self.judge.tell(text)
        self.judge.note(EventKind.NOTE, {"what": "unguarded" if session.unguarded else "pinned", "detail": text})
