"""`safeshell login judge TEXT`: safeshell-login asks before it hands a person's command to the real shell.

Only what is understood and destructive is refused; the rest runs and is recorded. It must be quick, so
it imports little. What must not live here: running the command (safeshell-login does), the guarded
session, judging by any other law than the road's.
"""

from __future__ import annotations

import os
import signal
import sys
from typing import Any

from safeshell.cli.oneshot import OneShot
from safeshell.cli.setting import Setting, load_setting
from safeshell.gateways.shfmtplace import find_shfmt
from safeshell.guard.requests import AskOperator
from safeshell.model.effects import Demand, Effect
from safeshell.model.judgement import Conclusion, Confirmation, Consent
from safeshell.model.statements import Language
from safeshell.model.values import dataclass, replace
from safeshell.policy.decide import demand_of

REFUSED = 77
"""What safeshell-login turns into 126: a shell that cannot start a program at all says 126 as well."""
BROKEN = 70
"""The guard could not judge: safeshell-login says so, and the command runs."""
MESSAGES = 3
"""The descriptor for messages: standard error is kept silent for what Python says when it is broken."""
_DEADLINE = 20
"""Seconds for judging without a person; then the alarm ends it, and the command runs with a warning."""
_CONFIRM = "SAFESHELL_CONFIRM"
_LANGUAGES = {"zsh": Language.ZSH, "fish": Language.FISH}
"""What the real shell reads, by its name; every other is read as bash is."""


@dataclass(slots=True)
class LoginShot(OneShot):
    """One command of a person who logged in for nothing else."""

    def ask(self, question: AskOperator) -> Confirmation:
        """What destroys and is understood needs a confirmed request or a person; the rest is only recorded."""
        signal.alarm(0)
        petition = replace(self.petition(), present=lambda: os.isatty(0) and os.isatty(1))
        if not self.refuses(question):
            _say_leaving(question)
            return petition.answer(question, Consent.UNASKED, granted=True)
        return petition.settle(question)

    def refuses(self, question: AskOperator) -> bool:
        """True where some part of the command is understood and destroys, or `strict` asks for understanding."""
        law, strict = self.rules().law, self.setting.policy.strict
        findings = question.assessment.findings
        if strict and any(finding.effect is Effect.NOT_UNDERSTOOD for finding in findings):
            return True
        raised = question.verdict.demand >= Demand.CONFIRM
        return any(
            demand_of(finding, law) >= Demand.CONFIRM or (raised and finding.preview)
            for finding in findings
            if finding.effect is not Effect.NOT_UNDERSTOOD
        )


def _say_leaving(question: AskOperator) -> None:
    """`ssh -t host bash`: the person at that terminal shall know. Without one no byte is added."""
    leaves = any(finding.effect is Effect.LEAVES_GUARD for finding in question.assessment.findings)
    if leaves and os.isatty(0) and os.isatty(1):
        print("safeshell: what this opens is UNGUARDED; log in without a command for a guarded shell", file=sys.stderr)


@dataclass(slots=True)
class _Later:
    """The requests of this person, opened where one is needed: most commands need none."""

    setting: Setting

    def __getattr__(self, name: str) -> Any:
        from safeshell.cli.consent import open_requests

        return getattr(open_requests(self.setting), name)


def main(words: list[str]) -> int:
    """Judge a command, or `--script SHELL ARGUMENTS...`; 0 to run it, 77 when it is refused."""
    if _open(MESSAGES):
        os.dup2(MESSAGES, 2)
        os.close(MESSAGES)
    signal.alarm(_DEADLINE)
    try:
        return _judge(_text_of(words), _language_of(words))
    except KeyboardInterrupt:
        return 130
    except Exception:  # noqa: BLE001 - safeshell-login has one line for whatever broke, and runs the command
        return _broken()


def _broken() -> int:
    """What is left of Python (threads, objects on their way out) must not speak to the person either."""
    try:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    except OSError:
        os.close(2)
    return BROKEN


def _judge(whole: str, language: Language) -> int:
    setting = load_setting(login_shell=True)
    if setting.policy.broken:
        print(f"safeshell: {setting.policy.notices[0]}", file=sys.stderr)
    if find_shfmt() is None:
        said = "safeshell: shfmt is missing, so only plain words can be judged; mend it with: pip install shfmt-py"
        print(said, file=sys.stderr)
    token, text = _confirmed(whole)
    end = _shot(setting, text, token, language).judge()
    if not end.released:
        print(_with_way(end), file=sys.stderr)
    return 0 if end.released else REFUSED


def _shot(setting: Setting, text: str, token: str, language: Language) -> LoginShot:
    from safeshell.cli.court import recorder
    from safeshell.records.audit import Audit, audit_directory

    requests: Any = _Later(setting)
    record = recorder(Audit(audit_directory(setting.environ)))
    return LoginShot(setting, text, token, requests, record, language=language)


def _text_of(words: list[str]) -> str:
    """The command as bash would read it; a script becomes the words that call it."""
    if words[:1] != ["--script"]:
        return words[0]
    import shlex

    return shlex.join([words[1].rpartition("/")[2], *words[2:]])


def _language_of(words: list[str]) -> Language:
    """The command is the real shell's, which safeshell-login names by SHELL; a script becomes a call, in bash's words."""
    name = os.environ.get("SHELL", "").rpartition("/")[2] if words[:1] != ["--script"] else ""
    return _LANGUAGES.get(name, Language.BASH)


def _confirmed(text: str) -> tuple[str, str]:
    """The id of a confirmed request, and the text without it."""
    if _CONFIRM not in text:
        return os.environ.pop(_CONFIRM, ""), text
    from safeshell.approvals.requests import strip_confirmation

    leading, rest = strip_confirmation(text)
    return leading or os.environ.pop(_CONFIRM, ""), rest


def _with_way(end: Conclusion) -> str:
    """The refusal; where a request waits, how a command that comes over ssh names it."""
    number = end.confirmation.request_id if end.confirmation is not None else ""
    if not number:
        return end.message
    head, _, way = end.message.rpartition("; ")
    return f"{head}; {way} (over ssh: {_CONFIRM}={number} before the command)"


def _open(descriptor: int) -> bool:
    try:
        os.fstat(descriptor)
    except OSError:
        return False
    return True
