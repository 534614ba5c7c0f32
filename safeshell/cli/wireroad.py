"""What judges on a wire: the road with a wire's doors, unlocks, requests, the audit.

One court for all connections of one proxy; it knows the language only by its reader and its previews,
which `wirecourt` passes in. What must not live here: sockets and machines (gateways), rules (policy), how
a question looks (dialogs), which client is started (the wrappers).
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from itertools import count
from time import time
from typing import TYPE_CHECKING, Any

from safeshell.cli.consent import Petition, asked_here
from safeshell.cli.setting import Setting
from safeshell.gateways.wirejudge import Case, Cell, Patience, Verification
from safeshell.guard.requests import AskOperator, Road
from safeshell.guard.road import Rules, consider
from safeshell.guard.unlocks import Unlocks
from safeshell.languages.reading import Reading
from safeshell.model.audit import AuditEvent, EventKind
from safeshell.model.effects import HARMLESS, Effect
from safeshell.model.facts import Ask, Facts, Question
from safeshell.model.judgement import Assessment, Conclusion, Confirmation, Consent, Preview
from safeshell.model.places import Environment, Place
from safeshell.model.statements import Action, Language
from safeshell.model.tiers import Mode
from safeshell.model.values import dataclass, field, replace
from safeshell.policy.decide import law_of

if TYPE_CHECKING:
    from safeshell.cli.interrupts import Interrupt
    from safeshell.dialogs.answers import Answer

_KEPT = 2000
_KEPT_LENGTH = 4096
"""Texts that are not judged anew when they come again: so many under one key, so long at most."""
_READS = {Effect.READS}
_SERVER_ASKS = frozenset({Ask.ROUTINE, Ask.OPERATOR, Ask.PREPARED, Ask.COLUMN, Ask.OWNER, Ask.REJECTED, Ask.TEMPORARY})
"""Questions that only the server can answer."""


@dataclass(slots=True)
class Trade:
    """What makes a court a database's: how texts are read, how damage is shown, how a run is verified.

    `shape` gives a text without its constants, itself a text of the language; None where there is none.
    """

    language: Language
    read: Callable[[str, Facts, Mapping[str, str]], Reading]
    preview: Callable[[Case, Assessment, Setting], Preview]
    shape: Callable[[str, Mapping[str, str]], str | None] = lambda _text, _server: None
    verification: Callable[[Case, Conclusion, Setting], Verification | None] = lambda _case, _end, _setting: None
    patience: Callable[[Case, Setting], Patience | None] = lambda _case, _setting: None


@dataclass(slots=True)
class WireCourt:
    """Implements wirejudge.Judge. `token` is the id of a confirmed request, "" for none.

    `interrupt` is what Ctrl-C at a question does beside being a no (None: nothing, somebody types in the client).
    """

    setting: Setting
    trade: Trade
    record_: Callable[[AuditEvent], bool]
    requests: Any
    session: str
    token: str = ""
    unlocks: Unlocks = field(default_factory=Unlocks)
    epoch: int = 0
    interrupt: Interrupt | None = None
    _memo: dict[str, dict[str, Cell]] = field(default_factory=dict, init=False)
    terminal: threading.Lock = field(default_factory=threading.Lock, init=False)
    _ids: count[int] = field(default_factory=lambda: count(1), init=False)
    _gatherer: Any = field(init=False)

    def __post_init__(self) -> None:
        self._gatherer = self.setting.gatherer(shell_names=True)

    # ---- where ----------------------------------------------------------------------------------

    def environment(self, place: Place, marker: str) -> Environment:
        """Where a connection leads. Looks at listeners and names, so it may take a moment."""
        from safeshell.facts.places import Surroundings, target_facts
        from safeshell.policy.environments import environment_of
        from safeshell.policy.policy import wanted

        setting = self.setting
        addresses = wanted(setting.policy).addresses
        here = Surroundings(setting.environ, _cwd(), setting.home, setting.observation.user, addresses)
        facts = replace(target_facts(place, here), marker=marker)
        return environment_of(place, setting.observation, setting.policy, facts)

    def mode(self, environment: Environment) -> Mode:
        """Its mode now."""
        return self.unlocks.mode(environment, time())

    def writable_until(self, environment: Environment) -> float:
        """When an unlock ends; 0 where none counts."""
        return self.unlocks.until.get(environment.target, 0.0)

    def unlock(self, environment: Environment, minutes: int, reason: str = "") -> int:
        """Unlock writes on a target; the minutes that were granted."""
        granted = self.unlocks.unlock(
            environment.target,
            minutes,
            now=time(),
            longest=self.setting.policy.unlock_max_minutes,
            tier=environment.tier,
        )
        self.epoch += 1
        detail: dict[str, object] = {"target": environment.target, "minutes": granted}
        self.note(EventKind.UNLOCK, detail | ({"why": reason} if reason else {}))
        return granted

    def lock(self, environment: Environment | None = None) -> None:
        """Read-only again; without an environment everything that was unlocked."""
        if environment is not None:
            self.unlocks.lock(environment.target)
        else:
            self.unlocks.lock_all()
        self.epoch += 1
        self.note(EventKind.LOCK, {"target": environment.target if environment else "all"})

    # ---- wirejudge.Judge ------------------------------------------------------------------------

    def known(self, key: str) -> dict[str, Cell]:
        """The texts that are known to only read, under what changes their meaning."""
        return self._memo.setdefault(key, {})

    def clears(self, key: str, text: str, server: Mapping[str, str]) -> bool:
        """True for a text that only reads, by itself: no road would ask anything, or record it."""
        shape = self.trade.shape(text, server)
        cell = self.known(f"{key},shapes").get(shape) if shape is not None else None
        if cell is not None:
            cell.count += 1
            return True
        verb = self._only_reads(text, server)
        if verb is None:
            return False
        self._count(key, text, verb)
        if shape is not None and self._only_reads(shape, server) is not None:
            self._count(f"{key},shapes", shape, verb, passed=0)
        return True

    def _only_reads(self, text: str, server: Mapping[str, str]) -> str | None:
        """The first verb of a text that only reads, None for any other; a reader that breaks clears nothing."""
        try:
            reading = self.trade.read(text, {}, server)
        except Exception:  # noqa: BLE001 - the road reads it again, and finds the words for it
            return None
        statements = [inner for statement in reading.statements for inner in statement.walk()]
        only = all(one.understood and not one.dynamic and set(one.effects) == _READS for one in statements)
        return statements[0].verb if statements and only and not reading.questions else None

    def _count(self, key: str, text: str, verb: str, *, remember: bool = True, passed: int = 1) -> None:
        cells = self.known(key)
        if not remember or len(text) > _KEPT_LENGTH:
            cells.setdefault("", Cell("")).count += 1
            return
        if len(cells) >= _KEPT:
            self.summarise()
            cells.clear()
        cells[text] = Cell(verb.lower(), passed)

    def road(self, case: Case) -> Road[Conclusion]:
        """The road of one case."""
        now, policy = time(), self.setting.policy
        action = Action(case.id, case.session, self.trade.language, case.text, case.context, case.environment, now)
        law = law_of(policy, lambda environment: self.unlocks.mode(environment, now), now)
        minutes = min(policy.unlock_default_minutes, policy.unlock_max_minutes)
        rules = Rules(
            lambda _action, facts: self.trade.read(case.text, facts, case.server), law, minutes, policy.unlock_reason
        )
        return consider(action, rules, time)

    def doors(self, case: Case) -> CaseDoors:
        """Its doors."""
        return CaseDoors(self, case)

    def keep(self, key: str, case: Case, end: Conclusion, *, asked: bool) -> None:
        """Remember a text that only read and asked nothing of the world; count it."""
        if set(end.assessment.effects) <= HARMLESS:
            verb = end.assessment.statements[0].verb if end.assessment.statements else ""
            self._count(key, case.text, verb, remember=not (asked or end.backstop))

    def settle(self, _case: Case, end: Conclusion) -> Conclusion:
        """Spend the request, grant the unlock, say the notice."""
        by_token = end.released and end.confirmation is not None and end.confirmation.how is Consent.TOKEN
        if by_token and not self.requests.spend(self.token):
            return replace(end, released=False, message=f"safeshell: refused: request {self.token} was used just now")
        if end.released and end.unlock_minutes and end.verdict.deciding is not None:
            self.unlock(end.verdict.deciding.environment, end.unlock_minutes)
        if end.released and end.message:
            self.tell(end.message)
        return end

    def outcome(self, case: Case, detail: Mapping[str, Any]) -> None:
        """What came of a released case."""
        self.record_(AuditEvent(time(), self.session, case.id, EventKind.OUTCOME, dict(detail)))

    def note(self, kind: EventKind, detail: Mapping[str, Any]) -> None:
        """For the record."""
        self.record_(AuditEvent(time(), self.session, "", kind, dict(detail)))

    def tell(self, text: str) -> None:
        """One line on standard error."""
        with suppress(OSError, ValueError):
            sys.stderr.write(text if text.startswith("safeshell: ") else f"safeshell: {text}")
            sys.stderr.write("\n")
            sys.stderr.flush()

    def verification(self, case: Case, end: Conclusion) -> Verification | None:
        """How the run of this case is verified."""
        return self.trade.verification(case, end, self.setting)

    def patience(self, case: Case, _end: Conclusion) -> Patience | None:
        """How often this case is tried while its locks are not free."""
        return self.trade.patience(case, self.setting)

    # ---- the rest -------------------------------------------------------------------------------

    def summarise(self) -> None:
        """Write down how much was only read since the last time, per verb."""
        counted: dict[str, int] = {}
        for cells in self._memo.values():
            for cell in list(cells.values()):
                if cell.count:
                    name = cell.verb or "other reads"
                    counted[name] = counted.get(name, 0) + cell.count
                    cell.count = 0
        if counted:
            self.note(EventKind.SUMMARY, {"language": self.trade.language.value, "passed_silently": counted})

    def gather(self, case: Case, questions: tuple[Question, ...]) -> Facts:
        """Answers of the server for what is in it, of this host for the rest."""
        ours = tuple(question for question in questions if question.about not in _SERVER_ASKS)
        theirs = tuple(question for question in questions if question.about in _SERVER_ASKS)
        found: dict[Question, Any] = dict(self._gatherer.gather(ours, _cwd())) if ours else {}
        return {**found, **(case.gather(theirs) if theirs else {})}

    def ask(self, case: Case, question: AskOperator) -> Confirmation:
        """One question at a time on the terminal; a withdrawn one is a no."""
        operator = case.environment.operator
        petition = Petition(
            self.setting,
            self.requests,
            self.trade.language,
            case.bound,
            case.environment.target,
            operator,
            token=self.token,
            unlockable=self.setting.policy.unlock_max_minutes > 0,
            attach=case.withdrawal.attach,
            quiet=True,
            interrupted=self.interrupt if self.interrupt is not None else lambda: None,
        )
        with self.terminal:
            if case.withdrawal.why or (self.interrupt is not None and self.interrupt.over):
                return Confirmation(question.digest, operator, Consent.DECLINED, granted=False, at=time())
            return petition.settle(question)

    def ask_alone(self, question: AskOperator) -> Answer:
        """A question without an action behind it (`--guard-write`); anything unclear is a no."""
        from safeshell.dialogs.answers import DECLINED
        from safeshell.dialogs.ask import ask

        with self.terminal:
            try:
                terminal = os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY | os.O_CLOEXEC)
            except OSError:
                return DECLINED
            try:
                return ask(question, tty_fd=terminal, below=False)
            finally:
                os.close(terminal)

    def remember(self, path: str) -> bool:
        """Keep a program by its fingerprint."""
        fact = self._gatherer.program(path, _cwd())
        return bool(fact) and self.setting.remembered().remember(fact.path, fact.sha256, time())

    def asks_here(self) -> bool:
        """Whether somebody can be asked at all."""
        return asked_here()


@dataclass(slots=True)
class CaseDoors:
    """The doors of the road for one case. Implements travel.Doors."""

    court: WireCourt
    case: Case

    def gather(self, questions: tuple[Question, ...]) -> Facts:
        """Facts of the server and of this host."""
        return self.court.gather(self.case, questions)

    def preview(self, assessment: Assessment) -> Preview:
        """The damage."""
        return self.court.trade.preview(self.case, assessment, self.court.setting)

    def ask(self, question: AskOperator) -> Confirmation:
        """The person, or a request."""
        return self.court.ask(self.case, question)

    def record(self, event: AuditEvent) -> bool:
        """To the audit."""
        return self.court.record_(event)

    def remember(self, path: str) -> bool:
        """Keep a program."""
        return self.court.remember(path)


def _cwd() -> str:
    try:
        return os.getcwd()
    except OSError:
        return ""
