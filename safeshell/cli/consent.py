"""Getting consent for one action outside a session: a confirmed request, the person, else a new request.

Shared by `safeshell -c` and the wires. What must not live here: the road, what is asked (guard), how a
question looks (dialogs).
"""

from __future__ import annotations

import os
import sys
from time import time
from typing import TYPE_CHECKING

from safeshell.model.judgement import Confirmation, Consent
from safeshell.model.values import dataclass, replace

if TYPE_CHECKING:
    from collections.abc import Callable

    from safeshell.approvals.requests import Requests
    from safeshell.cli.setting import Setting
    from safeshell.guard.requests import AskOperator
    from safeshell.model.statements import Language


@dataclass(frozen=True, slots=True)
class Petition:
    """One action that needs consent.

    `text` and `target` are what a request is bound to, `token` the id of a confirmed request ("" for
    none). `unlockable`: there is somebody who keeps an unlock. `attach`: hand over the function that
    stops a question which nobody needs answered any more. `quiet`: say nothing about a token that
    belongs to another text (a client sends many texts, and the token is for one). `present` says
    whether a person can be asked; `interrupted` is called when they answered by Ctrl-C.
    """

    setting: Setting
    requests: Requests
    language: Language
    text: str
    target: str
    operator: str
    token: str = ""
    unlockable: bool = False
    attach: Callable[[Callable[[], None]], None] | None = None
    quiet: bool = False
    present: Callable[[], bool] = lambda: asked_here()  # noqa: PLW0108 - the name below is not there yet
    interrupted: Callable[[], None] = lambda: None

    def settle(self, question: AskOperator) -> Confirmation:
        """A confirmed request first, then the person, else a new request."""
        if self.token:
            return self._redeem(question)
        return self._ask(question)

    def _ask(self, question: AskOperator) -> Confirmation:
        return self._dialog(question) if self.present() else self._leave(question)

    def _redeem(self, question: AskOperator) -> Confirmation:
        found = self.requests.redeem(
            self.token,
            self.language,
            self.text,
            self.target,
            self.operator,
            self.setting.observation.host,
            time(),
            unconfirmed=self.setting.policy.tokens == "self",
        )
        if found.granted and found.request is not None and found.request.bound.covers(question.preview):
            return self.answer(question, Consent.TOKEN, granted=True, request_id=self.token)
        if self.quiet and found.why.endswith("another text"):
            return self._ask(question)
        why = found.why or f"request {self.token} was confirmed for {found.request.bound if found.request else 'less'}"
        print(f"safeshell: {why}", file=sys.stderr)
        return self._leave(question)

    def _dialog(self, question: AskOperator) -> Confirmation:
        from safeshell.dialogs.ask import ask

        try:
            terminal = os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY | os.O_CLOEXEC)
        except OSError:
            return self.answer(question, Consent.DECLINED)
        try:
            shown = question if self.unlockable else replace(question, unlockable=False)
            answer = ask(shown, tty_fd=terminal, below=False, attach=self.attach)
        finally:
            os.close(terminal)
        if answer.interrupted:
            self.interrupted()
        found = self.answer(question, answer.how, granted=answer.granted)
        return replace(found, reason=answer.reason, minutes=answer.minutes, remedy=answer.remedy)

    def _leave(self, question: AskOperator) -> Confirmation:
        from safeshell.model.errors import RecordError

        try:
            request = self.requests.leave(
                language=self.language,
                text=self.text,
                target=self.target,
                operator=self.operator,
                host=self.setting.observation.host,
                preview=question.preview,
                at=time(),
            )
        except (RecordError, OSError):
            return self.answer(question, Consent.UNASKED)
        return self.answer(question, Consent.UNASKED, request_id=request.id)

    def answer(
        self, question: AskOperator, how: Consent, *, granted: bool = False, request_id: str = ""
    ) -> Confirmation:
        """A confirmation of the operator's, bound to what was shown."""
        return Confirmation(question.digest, self.operator, how, granted, time(), request_id=request_id)


def asked_here() -> bool:
    """A person is there when input and messages are a terminal's."""
    return os.isatty(0) and os.isatty(2)


def open_requests(setting: Setting) -> Requests:
    """The requests of this person."""
    from safeshell.approvals.requests import Requests, default_directory
    from safeshell.records.redact import redact

    return Requests(default_directory(setting.environ), redact=redact)
