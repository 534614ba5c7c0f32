"""A court for tests: the real road in a tier, a scripted person. And a guarded server to talk to.

What must not live here: assertions.
"""

from __future__ import annotations

import contextlib
import time
from dataclasses import dataclass, field

import redis

from safeshell.gateways.redissession import RedisAdapter
from safeshell.gateways.redistarget import RedisTarget
from safeshell.gateways.wire import Proxy
from safeshell.guard.road import Rules, consider
from safeshell.guard.unlocks import Unlocks
from safeshell.languages.redis import read_wire
from safeshell.model.effects import RISKS, Demand, Tier
from safeshell.model.judgement import Confirmation, Consent, Finding
from safeshell.model.places import Environment
from safeshell.model.statements import Action, Context, Language
from safeshell.policy.decide import Law, demand_of


@dataclass
class ScriptedCourt:
    """`answers` are given to questions in turn, then no; `questions` collects what was asked."""

    tier: Tier = Tier.PRODUCTION
    answers: list[bool] = field(default_factory=list)
    questions: list = field(default_factory=list)
    loops: list = field(default_factory=list)
    loop_answer: bool = False
    events: list = field(default_factory=list)
    notes: list = field(default_factory=list)
    told: list[str] = field(default_factory=list)
    prepared: list = field(default_factory=list)
    kit_problem: str = ""
    patience: float = 0.0
    deadline: float = 2.0
    undo_bytes: int = 1 << 20
    loop_writes: int = 1000
    loop_rate: float = 50.0
    commands: dict = field(default_factory=dict)
    unlocks: Unlocks = field(default_factory=Unlocks)

    def environment(self, database):
        return Environment("shop", self.tier, f"{database}@cache", "ann")

    @property
    def law(self):
        return Law(lambda environment: self.unlocks.mode(environment, time.time()))

    def unlock(self, database=0):
        self.unlocks.unlock(f"{database}@cache", 15, now=time.time())

    def road(self, case):
        context = Context(database=str(case.database), user=case.user, in_transaction=case.in_multi)
        action = Action(case.number, "t", Language.REDIS, case.text, context, case.environment, time.time())
        rules = Rules(lambda act, facts: read_wire(act.text, facts, case.database), self.law)
        return consider(action, rules, time.time)

    def ask(self, case, question):
        self.questions.append(question)
        if self.patience:
            time.sleep(self.patience)
        granted = bool(self.answers) and self.answers.pop(0)
        how = Consent.TYPED if granted else Consent.DECLINED
        return Confirmation(question.digest, "ann", how, granted, time.time())

    def ask_loop(self, case, preview):
        self.loops.append(preview)
        return self.loop_answer

    def record(self, event):
        self.events.append(event)
        return True

    def settle(self, case, end):
        return end

    def prepare(self, case, end, server):
        self.prepared.append((case.text, server.call(b"PING")))
        return self.kit_problem

    def released(self, case, end):
        self.notes.append(("released", case.text))

    def outcome(self, case, error, answer):
        self.notes.append(("outcome", case.text, error, answer))

    def passes(self, effect, environment):
        finding = Finding("x", effect, RISKS[effect], "", environment)
        return demand_of(finding, self.law) is Demand.ALLOW

    def note(self, kind, detail):
        self.notes.append((kind.value, dict(detail)))

    def tell(self, text):
        self.told.append(text)


@contextlib.contextmanager
def guarded(server, court, **target):
    """A proxy before a server; gives a function that opens redis-py clients on it, and the socket's path."""
    adapter = RedisAdapter(RedisTarget(socket=str(server.socket), **target), court)
    clients: list[redis.Redis] = []

    def client(**options) -> redis.Redis:
        made = redis.Redis(unix_socket_path=proxy.socket_path, socket_timeout=20, **options)
        clients.append(made)
        return made

    with Proxy(adapter, socket_name="redis.sock") as proxy, proxy.serving():
        client.path, client.adapter = proxy.socket_path, adapter
        try:
            yield client
        finally:
            for one in clients:
                one.close()
