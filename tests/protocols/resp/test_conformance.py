"""The RESP machine passes the suite of all machines."""

from safeshell.protocols.resp.machine import RespMachine
from safeshell.protocols.resp.values import encode
from tests.protocols.conformance import CLIENT, SERVER, Case, suite

SILENT = frozenset({b"GET", b"PING", b"SELECT", b"MULTI", b"EXEC", b"CLIENT|REPLY", b"HELLO", b"AUTH", b"SUBSCRIBE"})
DIALOGUE = (
    (CLIENT, encode([b"HELLO", b"3", b"AUTH", b"ann", b"pw"])),
    (SERVER, b"%1\r\n+server\r\n+redis\r\n"),
    (CLIENT, encode([b"GET", b"a"]) * 3 + b"get b\r\n\r\n*0\r\n"),
    (SERVER, b"$1\r\n1\r\n" * 3 + b"_\r\n"),
    (CLIENT, encode([b"SET", b"a", b"x" * 5000]) + encode([b"GET", b"a"])),
    (SERVER, b"+OK\r\n$5000\r\n" + b"x" * 5000 + b"\r\n"),
    (CLIENT, encode([b"MULTI"]) + encode([b"DEL", b"a"]) + encode([b"EXEC"])),
    (SERVER, b"+OK\r\n+QUEUED\r\n*1\r\n:1\r\n"),
    (CLIENT, b'set "a b" 1\r\n' + encode([b"CLIENT", b"REPLY", b"SKIP"]) + encode([b"SELECT", b"3"])),
    (SERVER, b"+OK\r\n"),
    (CLIENT, encode([b"SUBSCRIBE", b"news"])),
    (
        SERVER,
        b">3\r\n+subscribe\r\n+news\r\n:1\r\n>3\r\n+message\r\n+news\r\n$2\r\n\r\n\r\n-ERR unknown command 'x'\r\n",
    ),
)
HINTS = (
    encode([b"GET", b"a"]),
    encode([b"SET", b"a"]),
    b"*2\r\n$3\r\n",
    b"*x\r\n",
    b"-ERR unknown command '",
    b"get ",
    b"\r\n",
)


def make() -> RespMachine:
    made = RespMachine("n0nce", SILENT, frozenset({b"CLIENT"}))
    made.events()
    return made


HELD = encode([b"SET", b"hunter2-key", b"1"])
TestResp = suite(Case(make, DIALOGUE, HELD, b"hunter2", 20_000, HINTS))
