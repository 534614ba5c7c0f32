"""The one-key question, and the reason for an unlock: what their keys mean, from the first to the answer.

A pure state machine; a driver (inline) feeds it keys and pastes and draws what it says. Every way
out that is not spelled here as a yes is a no. What must not live here: terminals, prompt_toolkit.
"""

from __future__ import annotations

from safeshell.dialogs.answers import DECLINED, Answer
from safeshell.dialogs.talk import ENTER, NOES, Field
from safeshell.dialogs.text import REASON_PROMPT, Drawing, Entry, draw_key, draw_reason, key_prompt
from safeshell.guard.requests import AskOperator
from safeshell.model.judgement import Consent

ONE_KEY = "One single key, please; what was pasted or typed ahead does not count."


class KeyTalk:
    """The one-key question, and the reason for an unlock after `u` where policy asks for one.

    A key counts when nothing but perhaps Enter came with it: terminals without bracketed paste
    deliver a paste as a burst of keys.
    """

    def __init__(self, request: AskOperator) -> None:
        self.answer: Answer | None = None
        self.ready = False
        self._request = request
        self._burst: list[str] = []
        self.note = ""
        self._field: Field | None = None

    def prompt(self) -> str:
        """The line of keys, or the one that asks for the reason."""
        return key_prompt(self._request) if self._field is None else REASON_PROMPT

    def key(self, name: str) -> None:
        """Feed one key; letters are only weighed by `settle`."""
        if name in NOES:
            self.answer = NOES[name]
        elif not self.ready or self.answer is not None:
            return
        elif self._field is not None:
            self._reason_key(name, self._field)
        else:
            self._burst.append(name)

    def settle(self) -> None:
        """Weigh what came together: one key is an answer, Enter among others is a no."""
        burst, self._burst = self._burst, []
        if not burst or self._field is not None or self.answer is not None:
            return
        if len(burst) == 1 or (len(burst) == 2 and burst[1] == ENTER):  # noqa: PLR2004 - a key and its Enter
            self._choose(burst[0])
        elif ENTER in burst:
            self.answer = DECLINED
        else:
            self.note = ONE_KEY

    def _choose(self, name: str) -> None:
        request, choice = self._request, name.lower()
        if choice == "o":
            self.answer = Answer(Consent.ONCE, granted=True)
        elif choice == "u" and request.unlockable:
            self._unlock()
        elif choice == "r" and request.rememberable:
            self.answer = Answer(Consent.REMEMBER, granted=True)
        elif name == ENTER or choice in ("n", "q"):
            self.answer = DECLINED

    def _unlock(self) -> None:
        if self._request.reason_required:
            self._field, self.note = Field(), ""
        else:
            self.answer = self._unlocked("")

    def _reason_key(self, name: str, field: Field) -> None:
        if name != ENTER:
            field.key(name)
            return
        reason = field.text.strip()
        self.answer = self._unlocked(reason) if reason else DECLINED

    def _unlocked(self, reason: str) -> Answer:
        return Answer(Consent.UNLOCK, granted=True, reason=reason, minutes=self._request.unlock_minutes)

    def paste(self, text: str) -> None:
        """Never an answer; in the reason it is text like any other (a ticket's address)."""
        if self._field is None:
            self._burst.clear()
            self.note = ONE_KEY if self.ready else self.note
            return
        for char in text:
            self._field.key(char)

    def draw(self, width: int, height: int) -> Drawing:
        """The question, or the line for the reason."""
        if self._field is None:
            return draw_key(self._request, width, height, Entry("", self.note, self.ready))
        return draw_reason(self._request, width, height, Entry(self._field.text, self.note))
