"""The door of a loopback port: a one-time password before anything else, exchanged for the server's own login.

Everybody on a host can reach its loopback ports. What must not live here: sockets, the machine's queue.
"""

from __future__ import annotations

from hmac import compare_digest

from safeshell.model.values import dataclass

NOAUTH = b"-NOAUTH Authentication required.\r\n"
_WRONG = b"-WRONGPASS invalid username-password pair or user is disabled.\r\n"
_OPEN = frozenset({b"QUIT", b"RESET"})
Words = tuple[bytes, ...]


@dataclass(slots=True)
class Gate:
    """`password` opens it; `login` are the words of the AUTH that the server wants, () for none."""

    password: bytes
    login: Words = ()
    opened: bool = False

    def judge(self, words: Words) -> tuple[Words | None, bytes]:
        """What goes to the server in place of a command (None: nothing), and what the client is answered then."""
        head = words[0].upper()
        if head == b"AUTH" and len(words) > 1:
            return self._auth(words)
        if head == b"HELLO":
            return self._hello(words)
        return (words, b"") if self.opened or head in _OPEN else (None, NOAUTH)

    def _auth(self, words: Words) -> tuple[Words | None, bytes]:
        if not compare_digest(words[-1], self.password):
            return (words, b"") if self.opened else (None, _WRONG)
        self.opened = True
        return (self.login, b"") if self.login else (None, b"+OK\r\n")

    def _hello(self, words: Words) -> tuple[Words | None, bytes]:
        upper = [word.upper() for word in words]
        at = upper.index(b"AUTH", 2) if b"AUTH" in upper[2:] else 0
        if not at or at + 2 >= len(words):
            return (words, b"") if self.opened else (None, NOAUTH)
        if not compare_digest(words[at + 2], self.password):
            return (words, b"") if self.opened else (None, _WRONG)
        self.opened = True
        who = (b"AUTH", *self._named()) if self.login else ()
        return (*words[:at], *who, *words[at + 3 :]), b""

    def _named(self) -> Words:
        """User and password; HELLO wants both."""
        return self.login[1:] if len(self.login) > 2 else (b"default", *self.login[1:])  # noqa: PLR2004 - AUTH user pw
