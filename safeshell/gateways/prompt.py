"""The words of prompt and title, as text. Pure.

What must not live here: I/O, knowing who is asked for the status.
"""

from __future__ import annotations

from safeshell.model.tiers import Mode, Tier

TYPE_CHECKING = False  # typing costs 8 ms, and the first prompt waits
if TYPE_CHECKING:
    from collections.abc import Mapping

    from safeshell.gateways.ports import PromptStatus

_COLOURS = {
    Tier.PRODUCTION: "1;97;41",
    Tier.UNKNOWN: "1;30;43",
    Tier.STAGING: "1;97;44",
    Tier.DEVELOPMENT: "32",
}


def words(status: PromptStatus) -> str:
    """`PROD web-3 ro`, `STAGING db-1 rw 14m`, `PROD web-3 UNGUARDED`; printable characters only."""
    target = "".join(letter for letter in status.target if letter.isprintable())
    return " ".join(part for part in (status.tier.word, target, _mode(status)) if part)


def _mode(status: PromptStatus) -> str:
    if status.unguarded:
        return "UNGUARDED"
    if status.mode is Mode.READ_ONLY:
        return "ro: pinned" if status.pinned else "ro"
    return "rw" if status.minutes_left is None else f"rw {status.minutes_left}m"


def colour_of(status: PromptStatus) -> str:
    """The numbers of the tier's colour, for `ESC [ ... m`."""
    return _COLOURS[status.tier]


def segment(status: PromptStatus, invisible: tuple[str, str, str], *, colour: bool) -> str:
    r"""`[PROD web-3 ro] ` in a shell's prompt language; nothing in it expands.

    `invisible`: what stands before and behind an escape sequence (bash's `\[ \]`), and how Escape is
    written, as (before, escape, behind).
    """
    text = "".join(letter for letter in words(status) if letter not in "\\$`!%")
    if not colour:
        return f"[{text}] "
    before, escape, behind = invisible
    return f"{before}{escape}[{_COLOURS[status.tier]}m{behind}[{text}]{before}{escape}[0m{behind} "


def title(status: PromptStatus, rest: str = "", stranger: str = "") -> bytes:
    """The OSC 2 sequence of the title.

    `rest` is what a program wanted there, `stranger` the shell without a hook that runs now.
    """
    text = f"{words(status)} UNGUARDED: {stranger}" if stranger else words(status)
    text += f" | {rest}" if rest else ""
    text = "".join(letter for letter in text if letter.isprintable())
    return f"\x1b]2;{text}\x07".encode("utf-8", "replace")


def plain(environment: Mapping[str, str]) -> bool:
    """True where no escape byte may be sent at all: a dumb terminal, or Emacs."""
    return environment.get("TERM", "dumb") in ("", "dumb") or "INSIDE_EMACS" in environment


def coloured(environment: Mapping[str, str]) -> bool:
    """True where the segment may be coloured (https://no-color.org: any value but an empty one forbids)."""
    return not plain(environment) and not environment.get("NO_COLOR")
