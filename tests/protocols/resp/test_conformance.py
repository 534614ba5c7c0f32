"""The RESP machine passes the suite of all machines."""

from safeshell.protocols.resp.machine import RespMachine
from safeshell.protocols.resp.values import encode
from tests.protocols.conformance import CLIENT, SERVER, Case, suite

HINTS = (encode([b"GET", b"a"]), encode([b"DEL", b"a"]), b"PING\r\n", b"+OK\r\n", b"$3\r\nabc\r\n", b"*1\r\n:1\r\n")


def started() -> RespMachine:
    machine = RespMachine("abc123")
    machine.events()
    machine.data_to_client()
    machine.data_to_server()
    return machine


TestResp = suite(
    Case(
        make=started,
        dialogue=(
            (CLIENT, encode([b"SET", b"a", b"v" * 300])),
            (SERVER, b"+OK\r\n"),
            (CLIENT, encode([b"GET", b"a"])),
            (SERVER, b"$300\r\n" + b"v" * 300 + b"\r\n"),
        ),
        held=encode([b"DEL", b"secretkey"]),
        secret=b"secretkey",
        bound=2000,
        hints=HINTS,
    )
)
