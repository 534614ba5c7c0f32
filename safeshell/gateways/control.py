"""The session's private unix socket: `safeshell unlock`, run inside, asks the guard outside.

A request is one JSON line `{"verb": ..., arguments}`, the reply is one JSON line; both strings only.
Only processes of the same user are heard, and a request can only OPEN a dialog on the guard's own
terminal: nothing sent here is ever a consent. What must not live here: what verbs mean.
"""

from __future__ import annotations

import os
import struct

TYPE_CHECKING = False  # typing costs 8 ms, and the first prompt waits
if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Mapping

_LIMIT = 65536
VERBS = frozenset({"unlock", "lock", "status"})


class ControlSocket:
    """The listening end. Connections are served one at a time, each within a second."""

    def __init__(self, path: str) -> None:
        import socket

        self.path = path
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        umask = os.umask(0o177)
        try:
            self._listener.bind(path)
        finally:
            os.umask(umask)
        self._listener.listen(8)
        self._listener.setblocking(False)

    def fileno(self) -> int:
        """The descriptor to poll."""
        return self._listener.fileno()

    def serve(self, answer: Callable[[str, Mapping[str, str]], Mapping[str, str]]) -> None:
        """Accept one connection and answer its request."""
        try:
            peer, _ = self._listener.accept()
        except OSError:
            return
        with peer:
            peer.settimeout(1.0)
            try:
                reply = _reply(peer, answer)
                peer.sendall(reply)
            except OSError:
                return

    def close(self) -> None:
        """Stop listening."""
        self._listener.close()


def _reply(peer: socket.socket, answer: Callable[[str, Mapping[str, str]], Mapping[str, str]]) -> bytes:
    import json
    import socket

    _, uid, _ = struct.unpack("3i", peer.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))
    if uid != os.geteuid():
        return json.dumps({"error": "this session belongs to somebody else"}).encode() + b"\n"
    try:
        request = json.loads(_line(peer))
        words = {str(key): str(value) for key, value in request.items()}
        verb = words.pop("verb", "")
    except (ValueError, AttributeError):
        return json.dumps({"error": "one JSON object on one line was expected"}).encode() + b"\n"
    if verb not in VERBS:
        return (
            json.dumps({"error": f"unknown request {verb!r}; expected one of {', '.join(sorted(VERBS))}"}).encode()
            + b"\n"
        )
    return json.dumps(dict(answer(verb, words))).encode() + b"\n"


def _line(peer: socket.socket) -> bytes:
    data = b""
    while b"\n" not in data and len(data) < _LIMIT:
        part = peer.recv(4096)
        if not part:
            break
        data += part
    return data.partition(b"\n")[0]


def request(
    path: str, verb: str, arguments: Mapping[str, str] | None = None, *, patience: float = 600.0
) -> dict[str, str]:
    """Ask the session whose socket is `path` (SAFESHELL_SESSION); waits `patience` seconds for a dialog.

    Raises OSError when the session is gone, ValueError when its reply is no JSON object.
    """
    import json
    import socket

    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as end:
        end.settimeout(patience)
        end.connect(path)
        end.sendall(json.dumps({**(arguments or {}), "verb": verb}).encode() + b"\n")
        reply = json.loads(_line(end))
    if not isinstance(reply, dict):
        raise ValueError("the session's reply is no JSON object")  # noqa: TRY004 - a bad value from outside, not a bad call
    return {str(key): str(value) for key, value in reply.items()}
