"""Asking a person on a terminal: which question, in which form, and what is left behind.

What must not live here: the questions themselves, and what is done with an answer.
"""

from __future__ import annotations

import os
from contextlib import suppress

from safeshell.dialogs import terminal
from safeshell.dialogs.answers import DECLINED, UNASKED, Answer
from safeshell.dialogs.full import FullTalk
from safeshell.dialogs.onekey import KeyTalk
from safeshell.dialogs.progress import Progress
from safeshell.dialogs.talk import Attach, Talk
from safeshell.dialogs.text import place_of
from safeshell.dialogs.visible import clip, one_line
from safeshell.guard.requests import AskOperator
from safeshell.model.effects import Demand
from safeshell.model.judgement import Consent


def ask(  # noqa: PLR0913 - a question and how it is shown
    request: AskOperator,
    *,
    tty_fd: int,
    progress: Progress | None = None,
    plain: bool | None = None,
    below: bool = True,
    attach: Attach | None = None,
) -> Answer:
    """Ask the question of this verdict on the terminal `tty_fd` (open for reading and writing).

    Blocks until the person answers; every fault, signal and end of input is a no. A progress line
    still shown is erased first. `plain` forces or forbids the form by whole lines (None: by TERM).
    `below` starts on a new line; False where the cursor stands on an empty one. One line stays behind
    for a yes; what is said about a no is the caller's. Bracketed paste is off afterwards. `attach` is
    handed a function that another thread may call to take the question back: that is a no.
    """
    if progress is not None:
        progress.clear()
    if not os.isatty(tty_fd):
        return UNASKED
    talk = _talk(request)
    if talk is None:
        return DECLINED
    try:
        answer = _converse(talk, request, tty_fd, plain=plain, below=below, attach=attach)
    except (Exception, KeyboardInterrupt):  # noqa: BLE001 - whatever breaks while asking, nobody said yes
        return DECLINED
    with suppress(OSError):
        if answer.granted:
            terminal.write(tty_fd, clip(_left_behind(request, answer), terminal.size(tty_fd)[0] - 1) + "\r\n")
    return answer


def _talk(request: AskOperator) -> Talk | None:
    """The question for this demand; none for a demand that no answer satisfies."""
    verdict = request.verdict
    if verdict.demand is Demand.KEY:
        return KeyTalk(request)
    if verdict.demand in (Demand.CONFIRM, Demand.APPROVAL) and verdict.challenge.strip():
        return FullTalk(request)
    return None


def _converse(  # noqa: PLR0913 - the options of ask, handed on
    talk: Talk, request: AskOperator, tty_fd: int, *, plain: bool | None, below: bool, attach: Attach | None
) -> Answer:
    terminal.flush_input(tty_fd)
    if below:
        terminal.write(tty_fd, "\r\n")
    if (terminal.bare() if plain is None else plain) or not _drawable():
        from safeshell.dialogs.plain import converse_plain

        return converse_plain(talk, tty_fd, attach)
    from safeshell.dialogs.inline import converse

    return converse(talk, tty_fd, place_of(request).tier, attach)


def _drawable() -> bool:
    """False where prompt_toolkit is missing: the plain form needs nothing."""
    try:
        import prompt_toolkit.application  # noqa: F401 - whether it loads is the question
    except ImportError:
        return False
    return True


def _left_behind(request: AskOperator, answer: Answer) -> str:
    """One line that stays on the screen where the question was."""
    place = place_of(request)
    where = f"{one_line(place.target) or 'this host'} ({place.tier.word})"
    text = one_line(" ".join(request.assessment.action.text.split("\n")).strip())
    if answer.how is Consent.UNLOCK:
        return f"safeshell: writes unlocked for {answer.minutes} min on {where}"
    if answer.how is Consent.REMEMBER:
        return f"safeshell: remembered for 90 days on {where}: {text}"
    how = "confirmed" if answer.how is Consent.TYPED else "once"
    how += " with its remedy" * answer.remedy
    return f"safeshell: {how} on {where}: {text}"
