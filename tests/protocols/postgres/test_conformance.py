"""The PostgreSQL machine passes the suite of all machines, in each way of enforcing read-only."""

from tests.protocols.conformance import CLIENT, SERVER, Case, suite
from tests.protocols.postgres.play import (
    BOUND,
    COPY_DONE,
    NO_DATA,
    PARSED,
    B,
    D,
    E,
    H,
    P,
    Play,
    Q,
    S,
    X,
    columns,
    copy,
    done,
    error,
    parameter,
    ready,
    reply,
    row,
    tag,
)

NOTE = reply("A", b"\0\0\0\1channel\0payload\0")
DIALOGUE = (
    (CLIENT, Q("select 1; select 2")),
    (
        SERVER,
        columns("a") + row("1") + tag("SELECT 1") + columns("b", "c") + row(None, "Z\0\0\0\5I") + done("SELECT 1"),
    ),
    (CLIENT, P("select $1", "s", (23,)) + D("S", "s") + S),
    (SERVER, PARSED + reply("t", b"\0\1\0\0\0\x17") + columns("x") + ready()),
    (CLIENT, B(b"7", None, name="s") + D("P") + E() + S),
    (SERVER, NOTE + BOUND + columns("x") + row("7") + parameter("TimeZone", "UTC") + done("SELECT 1")),
    (CLIENT, P("insert") + B(b"x" * 3000) + E() + H),
    (SERVER, PARSED + BOUND + tag("INSERT 0 1")),
    (CLIENT, P("nope") + B() + E() + H),
    (SERVER, PARSED + reply("N", b"SNOTICE\0Mx\0\0") + error("nope")),
    (CLIENT, S),
    (SERVER, ready()),
    (CLIENT, Q("copy t from stdin")),
    (SERVER, reply("G", b"\0\0\0")),
    (CLIENT, copy(b"1\t2\n") * 20 + copy(b"y" * 5000) + COPY_DONE),
    (SERVER, done("COPY 21")),
    (CLIENT, P("copy t from stdin") + B() + D("P") + E() + S),
    (SERVER, PARSED + BOUND + NO_DATA + reply("G", b"\0\0\0")),
    (CLIENT, copy(b"1\n") + reply("f", b"why\0") + S),
    (SERVER, error("COPY failed") + ready()),
    (CLIENT, Q("copy t to stdout")),
    (SERVER, reply("H", b"\0\0\0") + reply("d", b"1\n") * 30 + reply("c") + done("COPY 30")),
    (CLIENT, Q("begin")),
    (SERVER, done("BEGIN", "T")),
    (CLIENT, Q("")),
    (SERVER, reply("I") + ready("T")),
    (CLIENT, Q("select nope")),
    (SERVER, error("nope") + ready("E")),
    (CLIENT, X),
)
HINTS = (
    Q("select 1"),
    P("a"),
    B(),
    E(),
    S,
    H,
    Q(""),
    done("X"),
    ready(),
    row("1"),
    tag("X"),
    PARSED,
    BOUND,
    error(),
    copy(b"x"),
)
SECRET = b"drop table secrets"


def case(**options) -> Case:
    return Case(
        make=lambda: Play(cap=100_000, **options).machine,
        dialogue=DIALOGUE,
        held=P("select 1") + B() + E() + P(SECRET.decode()) + B() + E() + S,
        secret=SECRET,
        bound=2000,
        hints=HINTS,
    )


TestOff = suite(case(mode="off"))
TestOptions = suite(Case(**{**vars(case(mode="options")), "dialogue": DIALOGUE[:6] + DIALOGUE[12:22]}))
"""Transactions and pipelines are framed where read-only is enforced, so the dialogue leaves them out."""
