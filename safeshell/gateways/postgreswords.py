"""The few messages of PostgreSQL's protocol that a gateway itself has to say. Bytes only.

Everything that belongs to a running conversation is the machine's. What must not live here: state.
"""

from __future__ import annotations

import struct

CONNECTION_FAILED = "08006"
SSL_REQUEST, GSS_REQUEST, CANCEL_REQUEST = 80877103, 80877104, 80877102
ASK_PASSWORD = b"R" + struct.pack("!ii", 8, 3)
"""AuthenticationCleartextPassword."""


def fatal(message: str, *, code: str = CONNECTION_FAILED, detail: str = "", hint: str = "") -> bytes:
    """An ErrorResponse that ends a connection."""
    fields = (("S", "FATAL"), ("V", "FATAL"), ("C", code), ("M", message), ("D", detail), ("H", hint))
    body = b"".join(name.encode() + text.encode("utf-8", "replace") + b"\0" for name, text in fields if text) + b"\0"
    return b"E" + struct.pack("!i", len(body) + 4) + body


def startup_words(packet: bytes) -> dict[str, str]:
    """The parameters of a whole StartupMessage (length and protocol included)."""
    parts = packet[8:].split(b"\0")
    pairs = zip(parts[::2], parts[1::2], strict=False)
    return {name.decode("utf-8", "replace"): value.decode("utf-8", "replace") for name, value in pairs if name}
