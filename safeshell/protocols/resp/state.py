"""What a connection's own commands make of it: the database, the login, MULTI, the protocol, whether it answers.

Followed on the client's side alone, as it is sent; whether the server agreed is asked of the server where it matters
(CLIENT INFO). What must not live here: bytes, judging.
"""

from __future__ import annotations

from collections.abc import Callable

from safeshell.model.values import dataclass, field

Words = tuple[bytes, ...]


@dataclass(slots=True)
class Connection:
    """The state of one connection. `login` are the words of AUTH that bring a second one to the same user.

    `queued` are the modes of CLIENT REPLY that EXEC will set, `aborted` says that it will not.
    """

    database: int = 0
    user: str = "default"
    login: Words = ()
    in_multi: bool = False
    protocol: int = 2
    subscribed: bool = False
    replica: bool = False
    muted: bool = False
    skip: int = 0
    queued: list[bytes] = field(default_factory=list)
    aborted: bool = False

    def sent(self, words: Words) -> bool:
        """A command goes to the server; True when user, database or protocol changed."""
        if self.skip:
            self.skip -= 1
        change = _CHANGES.get(words[0].upper())
        return bool(change and change(self, words))

    def refused(self) -> None:
        """A command was refused: inside MULTI, EXEC will run nothing."""
        self.queued.clear()
        self.aborted = self.in_multi

    @property
    def answers(self) -> bool:
        """False while the server has been told not to answer the next command."""
        return not self.muted and self.skip == 0


def _select(state: Connection, words: Words) -> bool:
    if len(words) == 2 and words[1].isdigit():  # noqa: PLR2004 - SELECT n
        state.database = int(words[1])
        return True
    return False


def _auth(state: Connection, words: Words) -> bool:
    state.login = words
    state.user = words[1].decode("utf-8", "replace") if len(words) > 2 else "default"  # noqa: PLR2004 - AUTH user pw
    return True


def _hello(state: Connection, words: Words) -> bool:
    if len(words) > 1 and words[1].isdigit():
        state.protocol = int(words[1])
    for index in range(2, len(words) - 2):
        if words[index].upper() == b"AUTH":
            return _auth(state, (b"AUTH", words[index + 1], words[index + 2]))
    return len(words) > 1


def _multi(state: Connection, _words: Words) -> bool:
    state.in_multi = True
    return False


def _exec(state: Connection, words: Words) -> bool:
    modes = [] if state.aborted else list(state.queued)
    _discard(state, words)
    for mode in modes:
        _reply(state, mode)
    return False


def _discard(state: Connection, _words: Words) -> bool:
    state.in_multi = state.aborted = False
    state.queued.clear()
    return False


def _reset(state: Connection, _words: Words) -> bool:
    state.database, state.user, state.login, state.protocol = 0, "default", (), 2
    state.muted = state.subscribed = False
    _discard(state, _words)
    return True


def _subscribe(state: Connection, _words: Words) -> bool:
    state.subscribed = True
    return False


def _unsubscribe(state: Connection, words: Words) -> bool:
    state.subscribed = state.subscribed and len(words) > 1
    return False


def _sync(state: Connection, _words: Words) -> bool:
    state.replica = True
    return False


def _client(state: Connection, words: Words) -> bool:
    if len(words) > 2 and words[1].upper() == b"REPLY":  # noqa: PLR2004 - CLIENT REPLY mode
        if state.in_multi:
            state.queued.append(words[2].upper())
        else:
            _reply(state, words[2].upper())
    return False


def _reply(state: Connection, mode: bytes) -> None:
    if mode == b"SKIP":
        state.skip = 0 if state.muted else 1
    elif mode in (b"ON", b"OFF"):
        state.muted = mode == b"OFF"


_CHANGES: dict[bytes, Callable[[Connection, Words], bool]] = {
    b"SELECT": _select,
    b"AUTH": _auth,
    b"HELLO": _hello,
    b"MULTI": _multi,
    b"EXEC": _exec,
    b"DISCARD": _discard,
    b"RESET": _reset,
    b"SUBSCRIBE": _subscribe,
    b"PSUBSCRIBE": _subscribe,
    b"SSUBSCRIBE": _subscribe,
    b"UNSUBSCRIBE": _unsubscribe,
    b"PUNSUBSCRIBE": _unsubscribe,
    b"SUNSUBSCRIBE": _unsubscribe,
    b"SYNC": _sync,
    b"PSYNC": _sync,
    b"CLIENT": _client,
}
CHANGING = frozenset(_CHANGES)
"""Commands that this module follows; they never take the quick lane."""
