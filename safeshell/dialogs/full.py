"""The full dialog: what its keys mean, from the first to the answer.

A pure state machine; a driver (inline) feeds it keys and pastes and draws what it says. Every way
out that is not spelled here as a yes is a no. What must not live here: terminals, prompt_toolkit.
"""

from __future__ import annotations

from safeshell.dialogs.answers import DECLINED, Answer
from safeshell.dialogs.talk import ENTER, NOES, Field
from safeshell.dialogs.text import Drawing, Entry, draw_full, full_prompt, remedy_key
from safeshell.guard.requests import AskOperator
from safeshell.model.judgement import Consent

TRIES = 2
NOT_IT = "That was not it. One more try, or Esc."
PASTED = "Pasting does not count here: type it."
CHOSEN = "With that it will run, once the challenge is typed."
NOT_CHOSEN = "Without that it will run, once the challenge is typed."


class FullTalk:
    """The full dialog: the challenge has to be typed, by fingers, within two tries.

    Where the question has a remedy, one key before the challenge chooses it, and takes it back.
    """

    def __init__(self, request: AskOperator) -> None:
        self.answer: Answer | None = None
        self.ready = False
        self._request = request
        self._field = Field()
        self._tries = TRIES
        self._remedy = self._pressed = False
        self.note = ""

    def prompt(self) -> str:
        """The line that asks for the challenge."""
        return full_prompt(self._request)

    def key(self, name: str) -> None:
        """Feed one key."""
        if name in NOES:
            self.answer = NOES[name]
        elif not self.ready or self.answer is not None:
            return
        elif name == ENTER:
            self._submit()
        elif name and not self._field.text and name.lower() == remedy_key(self._request):
            self._remedy, self._pressed = not self._remedy, True
        else:
            self._field.key(name)
            self._pressed = False

    def _submit(self) -> None:
        typed = self._field.text.strip()
        if typed and typed == self._request.verdict.challenge:
            self.answer = Answer(Consent.TYPED, granted=True, remedy=self._remedy)
            return
        if self._pressed and not typed:  # the key and its Enter, as where whole lines are read
            self._pressed, self.note = False, CHOSEN if self._remedy else NOT_CHOSEN
            return
        self._tries -= 1
        if not typed or not self._tries:
            self.answer = DECLINED
        self._field, self.note = Field(), NOT_IT

    def paste(self, text: str) -> None:
        """A paste is not somebody who reads: nothing of it is taken."""
        if self.ready and text:
            self.note = PASTED

    def settle(self) -> None:
        """Nothing waits here."""

    def draw(self, width: int, height: int) -> Drawing:
        """The dialog with what was typed so far."""
        return draw_full(self._request, width, height, Entry(self._field.text, self.note, self.ready, self._remedy))
