"""The reply of a dialog.

What must not live here: how it was obtained. Everything that is not a clear yes is a no.
"""

from __future__ import annotations

from safeshell.model.judgement import Consent
from safeshell.model.values import dataclass


@dataclass(frozen=True, slots=True)
class Answer:
    """How a person answered.

    `minutes` is above 0 only for UNLOCK; `reason` is what the person gave for it ("" otherwise). `remedy`
    says that the question's remedy was chosen.
    """

    how: Consent
    granted: bool
    reason: str = ""
    minutes: int = 0
    interrupted: bool = False
    remedy: bool = False


INTERRUPTED = Answer(Consent.DECLINED, granted=False, interrupted=True)
"""A no by Ctrl-C: whoever runs a job of many steps may end it."""

DECLINED = Answer(Consent.DECLINED, granted=False)
"""Esc, Enter alone, Ctrl-D, end of input, hangup, a signal, or a fault of the dialog itself."""

UNASKED = Answer(Consent.UNASKED, granted=False)
"""There is no terminal to ask on."""
