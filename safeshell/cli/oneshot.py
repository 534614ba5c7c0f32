"""`safeshell -c TEXT`: one text judged as a whole, then run by bash.

With a terminal the person is asked; without one a request is left and the exit code is 126. What must
not live here: the interactive session.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Mapping
from time import time
from typing import TYPE_CHECKING, Any

from safeshell.cli.consent import Petition, asked_here, open_requests
from safeshell.cli.court import recorder
from safeshell.cli.setting import Setting, load_setting
from safeshell.gateways.travel import travel
from safeshell.guard.requests import AskOperator
from safeshell.guard.road import Rules, consider
from safeshell.languages.registry import read
from safeshell.model.audit import AuditEvent, EventKind
from safeshell.model.effects import default_mode
from safeshell.model.facts import Facts, Question
from safeshell.model.judgement import Assessment, Conclusion, Confirmation, Consent, Preview
from safeshell.model.places import Environment
from safeshell.model.statements import Action, Context, Language
from safeshell.model.values import dataclass, field, replace
from safeshell.policy.decide import law_of

if TYPE_CHECKING:
    import argparse

    from safeshell.approvals.requests import Requests
    from safeshell.languages.reading import Parse

REFUSED_EXIT = 126
"""Exit code of a refused text: the shell's own word for "found, but not run"."""


@dataclass(slots=True)
class OneShot:
    """One text on its way. `token` is the id of a confirmed request, "" for none.

    `cwd` and `variables` are where and with which environment it would run ("" and None: ours), `parse`
    is a parser that is kept, None for one of its own. `asked` tells afterwards whether the verdict rests on
    facts of this moment.
    """

    setting: Setting
    text: str
    token: str
    requests: Requests
    record_: Callable[[AuditEvent], bool]
    cwd: str = ""
    variables: Mapping[str, str] | None = None
    parse: Parse | None = None
    language: Language = Language.BASH
    here: Environment = field(init=False)
    gatherer: Any = field(init=False)
    asked: bool = field(default=False, init=False)

    def __post_init__(self) -> None:
        self.here = self.setting.here()
        self.cwd = self.cwd or os.getcwd()
        self.gatherer = self.setting.gatherer(shell_names=True, variables=self.variables)

    @property
    def target(self) -> str:
        """What a request is bound to: the host and the directory, on which relative paths depend."""
        return f"{self.here.target}:{self.cwd}"

    def judge(self) -> Conclusion:
        """The road; a confirmed request is spent right before the release."""
        end = travel(consider(self.action(), self.rules(), time), self)
        by_token = end.released and end.confirmation is not None and end.confirmation.how is Consent.TOKEN
        if by_token and not self.requests.spend(self.token):
            return replace(end, released=False, message=f"safeshell: refused: request {self.token} was used just now")
        return end

    def action(self) -> Action:
        """The text as an action of this process."""
        context = Context(cwd=self.cwd, user=self.setting.observation.user, tty=asked_here(), euid=os.geteuid())
        number = f"c-{os.getpid()}-{int(time() * 1000)}"
        return Action(number, f"c-{os.getpid()}", self.language, self.text, context, self.here, time())

    def rules(self) -> Rules:
        """The law without unlocks: there is no session that could hold one."""
        from safeshell.gateways.shfmt import Shfmt

        parse, knowledge = self.parse or Shfmt(), self.setting.knowledge
        law = law_of(self.setting.policy, lambda environment: default_mode(environment.tier), time())
        return Rules(lambda action, facts: read(action.language, action.text, knowledge, facts, parse), law)

    def gather(self, questions: tuple[Question, ...]) -> Facts:
        """The doors: facts of this host, variables of this environment."""
        self.asked = True
        answers: Facts = self.gatherer.gather(questions, self.cwd)
        return answers

    def preview(self, assessment: Assessment) -> Preview:
        """The damage."""
        from safeshell.previews import take

        return take(assessment, cwd=self.cwd, deadline=self.setting.policy.preview_deadline)

    def ask(self, question: AskOperator) -> Confirmation:
        """A confirmed request first, then the person, else a new request."""
        return self.petition().settle(question)

    def petition(self) -> Petition:
        """What consent is asked for."""
        operator = self.here.operator
        return Petition(self.setting, self.requests, self.language, self.text, self.target, operator, token=self.token)

    def record(self, event: AuditEvent) -> bool:
        """To the audit."""
        return self.record_(event)

    def remember(self, path: str) -> bool:
        """Keep a program by its fingerprint."""
        fact = self.gatherer.program(path, self.cwd)
        return bool(fact) and self.setting.remembered().remember(fact.path, fact.sha256, time())


def run_text(args: argparse.Namespace) -> int:
    """Judge and run; 126 when refused, else what the text itself ends with."""
    from safeshell.approvals.requests import strip_confirmation
    from safeshell.records.audit import Audit, audit_directory

    setting = load_setting(config=args.config, tier=args.guard_tier)
    for notice in setting.policy.notices:
        print(f"safeshell: {notice}", file=sys.stderr)
    leading, text = strip_confirmation(args.text)
    token = args.guard_confirm or leading or os.environ.pop("SAFESHELL_CONFIRM", "")
    record = recorder(Audit(audit_directory(setting.environ)))
    shot = OneShot(setting, text, token, open_requests(setting), record)
    end = shot.judge()
    if end.message:
        print(end.message, file=sys.stderr)
    if not end.released:
        return REFUSED_EXIT
    return run_released(["bash", *(["-l"] if args.login else []), "-c", text, *args.words], end, record)


def run_released(argv: list[str], end: Conclusion, record: Callable[[AuditEvent], bool]) -> int:
    """What was only read becomes this process; what was recorded gets its outcome."""
    sys.stdout.flush()
    sys.stderr.flush()
    for name in ("SIGPIPE", "SIGXFSZ"):
        signal.signal(getattr(signal, name), signal.SIG_DFL)
    recorded = end.confirmation is not None or any(
        effect.value not in ("reads", "writes_scratch") for effect in end.assessment.effects
    )
    if not recorded:
        os.execvp(argv[0], argv)  # noqa: S606 - the text's own shell takes our place
    pid = os.posix_spawnp(argv[0], argv, os.environ)
    for number in (signal.SIGINT, signal.SIGQUIT):
        signal.signal(number, signal.SIG_IGN)
    status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    code = status if status >= 0 else 128 - status
    action = end.assessment.action
    record(AuditEvent(time(), action.session, action.id, EventKind.OUTCOME, {"exit": code}))
    return code
