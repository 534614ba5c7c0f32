"""Play scripts for the PostgreSQL machine: `client` and `server` speak, the other verbs say what must follow.

Each verb returns the play, so that a test reads from top to bottom as the wire does. What must not
live here: facts.
"""

from __future__ import annotations

import struct
from typing import Self

from safeshell.protocols.postgres import framing
from safeshell.protocols.postgres.decoding import error_message
from safeshell.protocols.postgres.machine import PostgresMachine
from safeshell.protocols.wire import Replied, ServerError, Submitted

NONCE = "abc123"


def startup(**parameters: str) -> bytes:
    body = struct.pack("!I", 196608) + b"".join(f"{k}\0{v}\0".encode() for k, v in parameters.items()) + b"\0"
    return struct.pack("!I", len(body) + 4) + body


def Q(sql: str) -> bytes:  # noqa: N802 - the letters of the wire
    return framing.query(sql.encode())


def P(sql: str, name: str = "", types: tuple[int, ...] = ()) -> bytes:  # noqa: N802
    return framing.parse(name.encode(), sql.encode(), types)


def B(*values: bytes | None, name: str = "", portal: str = "") -> bytes:  # noqa: N802
    return framing.bind(portal.encode(), name.encode(), (), values)


def E(portal: str = "", limit: int = 0) -> bytes:  # noqa: N802
    return framing.message(b"E", portal.encode() + b"\0" + struct.pack("!I", limit))


def D(what: str, name: str = "") -> bytes:  # noqa: N802
    return framing.describe(what.encode(), name.encode())


S, H, X = framing.SYNC, framing.FLUSH, framing.TERMINATE


def closing(what: str, name: str) -> bytes:
    return framing.close(what.encode(), name.encode())


def copy(data: bytes) -> bytes:
    return framing.message(b"d", data)


COPY_DONE = framing.message(b"c")
BAD_QUERY = framing.query(b"/* safeshell refused a statement here */ )")
BAD_PARSE = framing.parse(b"", b"/* safeshell refused a statement here */ )")


def reply(kind: str, body: bytes = b"") -> bytes:
    return framing.message(kind.encode(), body)


def tag(text: str) -> bytes:
    return reply("C", text.encode() + b"\0")


def ready(status: str = "I") -> bytes:
    return reply("Z", status.encode())


def done(text: str, status: str = "I") -> bytes:
    return tag(text) + ready(status)


def row(*values: str | None) -> bytes:
    parts = [struct.pack("!H", len(values))]
    for value in values:
        parts += [struct.pack("!i", -1)] if value is None else [struct.pack("!i", len(value.encode())), value.encode()]
    return reply("D", b"".join(parts))


def columns(*names: str) -> bytes:
    return reply("T", struct.pack("!H", len(names)) + b"".join(n.encode() + b"\0" + b"\0" * 18 for n in names))


def error(message: str = "no", code: str = "42601", severity: str = "ERROR") -> bytes:
    return error_message(ServerError(severity, code, message), "utf-8")


def parameter(name: str, value: str) -> bytes:
    return reply("S", f"{name}\0{value}\0".encode())


PARSED, BOUND, CLOSED, NO_DATA = reply("1"), reply("2"), reply("3"), reply("n")


def ours(*texts: str) -> bytes:
    """Statements of the guard's inside a pipeline."""
    own = f"safeshell_{NONCE}"
    return b"".join(
        P(text, own) + B(name=own, portal=own) + E(own) + closing("P", own) + closing("S", own) for text in texts
    )


def theirs(*tags: str) -> bytes:
    """What the server answers to `ours`."""
    return b"".join(PARSED + BOUND + tag(one) + CLOSED + CLOSED for one in tags)


class Play:
    """One machine, started unless `begin` is False."""

    def __init__(self, *, begin: bool = True, version: str = "15.4", read_only: str = "on", **options) -> None:
        options.setdefault("mode", "off")
        self.machine = PostgresMachine(NONCE, **options)
        self.id = ""
        if begin:
            self.machine.receive_from_client(startup(user="me", database="shop"))
            told = parameter("server_version", version) + parameter("default_transaction_read_only", read_only)
            self.machine.receive_from_server(reply("R", b"\0\0\0\0") + told + reply("K", b"\0\0\0\7keyy") + ready())
            self.events()
            self.machine.data_to_client()
            self.machine.data_to_server()

    def events(self) -> list[object]:
        return list(self.machine.events())

    def client(self, *messages: bytes) -> Self:
        self.machine.receive_from_client(b"".join(messages))
        return self

    def server(self, *messages: bytes) -> Self:
        self.machine.receive_from_server(b"".join(messages))
        return self

    def to_server(self, *messages: bytes) -> Self:
        assert self.machine.data_to_server() == b"".join(messages)
        return self

    def to_client(self, *messages: bytes) -> Self:
        assert self.machine.data_to_client() == b"".join(messages)
        return self

    def submitted(self, *texts: str, **fields: object) -> Self:
        events = [event for event in self.events() if isinstance(event, Submitted)]
        assert [event.text for event in events] == list(texts)
        for event in events:
            self.id = event.id
            assert {name: getattr(event, name) for name in fields} == fields
        return self

    def told(self, *events: object) -> Self:
        assert self.events() == list(events)
        return self

    def release(self, **options: bool) -> Self:
        self.machine.release(self.id, **options)
        return self

    def refuse(self, reason: str = "safeshell: refused: no", **options) -> Self:
        self.machine.refuse(self.id, reason, **options)
        return self

    def run(self, sql: str, **options) -> Self:
        self.machine.run("g", sql, **options)
        return self

    def replied(self, *tags: str, status: str) -> Self:
        return self.told(Replied(self.id, tags, None, status))

    def passes(self, sent: bytes, answer: bytes) -> Self:
        """A statement goes through and is answered."""
        self.client(sent)
        for event in self.events():
            if isinstance(event, Submitted):
                self.machine.release(event.id)
        return self.to_server(sent).server(answer).to_client(answer)


def refusal(reason: str = "safeshell: refused: no", detail: str = "", hint: str = "", code: str = "42501") -> bytes:
    return error_message(ServerError("ERROR", code, reason, detail, hint), "utf-8")
