"""The command line of ssh, read as OpenSSH reads it; and which calls are for nobody to follow.

What must not live here: judging, starting ssh.
"""

from __future__ import annotations

from collections.abc import Sequence

from safeshell.model.values import dataclass

FLAGS = frozenset("1246aACfgGkKMnNqsTtvVxXyY")
VALUED = frozenset("bBcDeEFiIJlLmoOpPQRSwW")
"""Options without and with a value: the getopt string of OpenSSH's ssh.c (9.x)."""
ALONE = frozenset("VQGO")
"""Options with which ssh opens no session: it tells something, or speaks to a master."""
NO_SHELL = frozenset("NWsTfMS")
"""Options with which nobody gets a shell at this terminal, or whose connections are somebody's own."""
FORWARDS = frozenset("LRD")

SHARING = ("-o", "ControlMaster=no", "-o", "ClearAllForwardings=yes")
"""A session over a connection that stands: forwardings are its master's."""
NO_COMMAND = ("-o", "RemoteCommand=none")
"""The configuration's own command would take the place of ours."""
QUIET = ("-o", "BatchMode=yes", *SHARING, *NO_COMMAND)
"""Such a session beside the terminal's, which asks nobody."""
NO_CONFIG = ("-F", "/dev/null")
NO_NEW = (*NO_CONFIG, "-o", "ProxyCommand=false", "-o", "LogLevel=QUIET")
"""Over the master, or not at all: without it they fail at once instead of connecting anew."""
MORTAL = ("-o", "ControlPersist=10")
"""A master of ours ends by itself, so many seconds after its last session, when nobody is left who could end it."""


@dataclass(frozen=True, slots=True)
class SshCall:
    """One call. `options` are its options as separate words, `given` the same as (letter, value).

    `command` are the words behind the destination, () for a shell. `well` is False for a line that ssh
    itself would refuse.
    """

    options: tuple[str, ...] = ()
    given: tuple[tuple[str, str], ...] = ()
    destination: str = ""
    command: tuple[str, ...] = ()
    well: bool = True

    def has(self, letters: frozenset[str]) -> bool:
        """True where one of these options is given."""
        return any(letter in letters for letter, _ in self.given)

    def values(self, letter: str) -> tuple[str, ...]:
        """Every value of an option."""
        return tuple(value for name, value in self.given if name == letter)


def read_call(words: Sequence[str]) -> SshCall:
    """Options may stand before and behind the destination; what follows the first other word is the command."""
    given: list[tuple[str, str]] = []
    destination, at = "", 0
    while True:
        well, ended, at = _options(words, at, given)
        if not well:
            return SshCall(option_words(given), tuple(given), destination, tuple(words[at:]), well=False)
        if destination or at >= len(words):
            break
        destination, at = words[at], at + 1
        if ended:
            break
    well = bool(destination) or any(letter in ALONE for letter, _ in given)
    return SshCall(option_words(given), tuple(given), destination, tuple(words[at:]), well=well)


def _options(words: Sequence[str], at: int, given: list[tuple[str, str]]) -> tuple[bool, bool, int]:
    """Read options from `at` on: all known?, was there a `--`?, where the next word stands."""
    while at < len(words) and words[at].startswith("-") and words[at] != "-":
        if words[at] == "--":
            return True, True, at + 1
        cluster, at = words[at][1:], at + 1
        while cluster:
            letter, cluster = cluster[0], cluster[1:]
            if letter in FLAGS:
                given.append((letter, ""))
            elif letter in VALUED and (cluster or at < len(words)):
                value = cluster or words[at]
                at += not cluster
                given.append((letter, value))
                break
            else:
                return False, False, at
    return True, False, at


def option_words(given: Sequence[tuple[str, str]]) -> tuple[str, ...]:
    """Options as separate words again."""
    return tuple(
        word for letter, value in given for word in ((f"-{letter}", value) if letter in VALUED else (f"-{letter}",))
    )
