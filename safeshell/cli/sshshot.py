"""`ssh HOST COMMAND` as one text: the words of the call, read by ssh's pack, at the place that `ssh -G` names.

What must not live here: the road, starting ssh.
"""

from __future__ import annotations

import os

from safeshell.cli.consent import Petition
from safeshell.cli.oneshot import OneShot
from safeshell.model.facts import Ask, Facts, Question, place_of
from safeshell.model.places import Environment
from safeshell.model.values import dataclass, replace


@dataclass(slots=True)
class SshShot(OneShot):
    """`destination` is the call's own, whose environment is `place`; other places are found as ever."""

    destination: str = ""
    place: Environment | None = None

    def gather(self, questions: tuple[Question, ...]) -> Facts:
        """The doors; where this call leads was resolved with all of its options."""
        found = dict(OneShot.gather(self, questions))
        for question in questions:
            if question.about is Ask.PLACE and self.place is not None:
                asked = place_of(question)
                if asked.kind == "host" and asked.name == self.destination:
                    found[question] = self.place
        return found

    def petition(self) -> Petition:
        """A person is there while messages are a terminal's: standard input is often a file for the other side."""
        return replace(OneShot.petition(self), present=lambda: os.isatty(2) and _terminal())


def _terminal() -> bool:
    """True where there is a terminal to ask on."""
    try:
        os.close(os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY | os.O_CLOEXEC))
    except OSError:
        return False
    return True
