"""What builtins share: their options, and the usual way to end.

What must not live here: any builtin.
"""

from __future__ import annotations

from collections.abc import Sequence

from safeshell.languages.bash.call import SHELL_ONLY, Call, Draft, finish
from safeshell.languages.bash.flow import NOTHING, Outcome, Reach, unchanged
from safeshell.languages.words import Word
from safeshell.model.effects import Effect
from safeshell.model.statements import Claim


def done(call: Call, verb: str, draft: Draft | None = None) -> Outcome:
    """The usual end: a builtin that changed the call's state and prints nothing."""
    draft = draft or Draft(verb)
    if not draft.claims and draft.understood and not draft.nested:
        draft.claims.append(SHELL_ONLY)
    finish(call, draft)
    return unchanged(call.state, NOTHING)


def leaves_guard(call: Call, draft: Draft, reason: str) -> None:
    """The session's own shell is about to lose its guard; in any other process that is nobody's loss."""
    if call.walker.reach is Reach.SESSION:
        draft.claims.append(Claim(Effect.LEAVES_GUARD, "bash.guard", reason))


def options(words: Sequence[Word], with_value: str = "") -> tuple[str, list[Word]]:
    """The letters of leading options and the words behind them; `with_value` letters take an argument."""
    letters = ""
    at = 0
    while at < len(words):
        text = words[at].literal
        if text is None or len(text) < 2 or text[0] not in "-+":  # noqa: PLR2004 - a dash and a letter
            break
        at += 1
        if text == "--":
            break
        letters += text[1:]
        value = next((letter for letter in text[1:] if letter in with_value), "")
        if value and text.endswith(value):
            at += 1
    return letters, list(words[at:])
