"""The tables of Redis commands against a running server: no command without an answer, no key in the wrong place."""

from __future__ import annotations

import shutil
import time

import pytest

from safeshell.gateways.redislink import RedisLink
from safeshell.languages.redis.commands import COMMANDS, CONTAINERS
from safeshell.languages.redis.keyspecs import CHANGED, SHAPES, keys_of
from safeshell.languages.redis.options import OPTIONS
from safeshell.model.effects import Effect
from tests.cli.redismaking import target_at
from tests.languages.redis.test_commands import stated
from tests.servers import redis_server

pytestmark = pytest.mark.live
SERVERS = [name for name in ("redis-server", "valkey-server") if shutil.which(name)]
_WORDS = {
    "LMPOP": "LMPOP 2 a b LEFT",
    "ZMPOP": "ZMPOP 2 a b MIN",
    "BLMPOP": "BLMPOP 0 2 a b LEFT",
    "BZMPOP": "BZMPOP 0 2 a b MIN",
    "EVAL": "EVAL s 1 a b",
    "EVALSHA": "EVALSHA s 1 a b",
    "EVAL_RO": "EVAL_RO s 1 a b",
    "EVALSHA_RO": "EVALSHA_RO s 1 a b",
    "FCALL": "FCALL s 1 a b",
    "FCALL_RO": "FCALL_RO s 1 a b",
    "XREAD": "XREAD COUNT 1 STREAMS a b 0 0",
    "XREADGROUP": "XREADGROUP GROUP g c STREAMS a b 0 0",
    "MIGRATE": "MIGRATE h 1 a 0 10",
    "SINTERCARD": "SINTERCARD 2 a b",
    "ZINTERCARD": "ZINTERCARD 2 a b",
    "ZDIFF": "ZDIFF 2 a b",
    "ZINTER": "ZINTER 2 a b",
    "ZUNION": "ZUNION 2 a b",
    "ZDIFFSTORE": "ZDIFFSTORE d 2 a b",
    "ZINTERSTORE": "ZINTERSTORE d 2 a b",
    "ZUNIONSTORE": "ZUNIONSTORE d 2 a b",
    "GEORADIUS": "GEORADIUS a 1 1 1 m STORE d",
    "GEORADIUSBYMEMBER": "GEORADIUSBYMEMBER a m 1 m STORE d",
    "LCS": "LCS a b",
    "SORT": "SORT a",
    "MSET": "MSET a 1 b 2",
    "MSETNX": "MSETNX a 1 b 2",
}


@pytest.fixture(scope="module", params=SERVERS)
def server(request):
    with redis_server(program=request.param) as running:
        link = RedisLink(target_at(running))
        link.deadline = time.monotonic() + 60
        link.place((), 0)
        yield link
        link.close()


def commands(server) -> dict[str, list]:
    """Every command and subcommand of COMMAND by its name in capitals, with what it says of it."""
    found = {}

    def add(told):
        for one in told:
            found[one[0].decode().upper()] = one
            add(one[9] if len(one) > 9 else [])

    add(server.call(b"COMMAND"))
    return found


def flags(one) -> set[str]:
    return {flag.decode() for flag in one[2]}


def test_every_command_has_a_stated_answer(server):
    """A server of this version has none that answers.txt or the tables do not name."""
    missing = [name for name in commands(server) if name not in COMMANDS and name not in CONTAINERS]
    assert missing == []
    assert set(stated()) - set(commands(server)) <= {"PFDEBUG"} or len(commands(server)) > 370


def test_what_the_server_calls_a_write_is_no_read(server):
    """Unless its options decide; and what it calls read-only destroys nothing."""
    for name, one in commands(server).items():
        if name not in COMMANDS:
            continue
        effect = COMMANDS[name][0]
        if "write" in flags(one):
            assert effect is not Effect.READS, name
        if "readonly" in flags(one) and name not in OPTIONS:
            assert effect in (Effect.READS, Effect.BLOCKS_OTHERS), name


def test_keys_stand_where_the_server_says(server):
    """For every command with keys, on a line of its own shape: COMMAND GETKEYSANDFLAGS and our table agree."""
    compared = 0
    for name, one in commands(server).items():
        if name not in SHAPES:
            assert one[3] == 0 or name in ("SSUBSCRIBE", "SUNSUBSCRIBE", "SPUBLISH", "WATCH"), name
            continue
        arity = abs(int(one[1]))
        head = name.lower().split("|")
        words = _WORDS[name].split() if name in _WORDS else [*head, *(f"k{n}" for n in range(arity - len(head)))]
        told = server.call(b"COMMAND", b"GETKEYSANDFLAGS", *(word.encode() for word in words))
        if not isinstance(told, list):
            continue
        theirs = {pair[0].decode() for pair in told}
        ours = {words[key.index] for key in keys_of(name, words) or ()}
        assert ours == theirs, (name, words)
        changed = {pair[0].decode() for pair in told if {b"OW", b"RM", b"delete"} & set(pair[1])}
        gone = {words[key.index] for key in keys_of(name, words) or () if key.access in CHANGED}
        assert changed - gone <= {pair[0].decode() for pair in told if b"insert" in pair[1]}, (name, words)
        compared += 1
    assert compared > 150
