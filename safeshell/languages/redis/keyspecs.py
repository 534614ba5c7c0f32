"""Where the keys of a command stand, and what becomes of them.

The table is that of the servers' own COMMAND (key specifications of Redis 7.0, the newer commands after the
documentation), in one notation; a test holds it against a running server. What must not live here: effects.

A shape is a list of specifications. Each begins with what becomes of the keys: `r` read, `i` added to, `u`
changed, `w` overwritten, `d` removed or emptied. Then where: `1` the first word; `1:-1` the first to the last;
`1:-1:2` every second; `2#` as many as word 2 says, after it; `STORE+6` the word after STORE, looked for from word 6
(`KEYS+-2`: from the last but one backwards); `STREAMS+1/2` the first half of what follows.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache

from safeshell.model.values import dataclass

CHANGED = frozenset("uwd")
"""Accesses after which something of the key is gone."""

_SHAPES: tuple[tuple[str, str], ...] = (
    (
        "d1",
        """
        DELEX DELIFEQ GETDEL HDEL HGETDEL LPOP LREM LTRIM RPOP SPOP SREM VREM XACKDEL XAUTOCLAIM XDEL
        XDELEX XTRIM ZPOPMAX ZPOPMIN ZREM ZREMRANGEBYLEX ZREMRANGEBYRANK ZREMRANGEBYSCORE
    """,
    ),
    ("d1 i2", """BLMOVE BRPOPLPUSH LMOVE RENAMENX RPOPLPUSH SMOVE"""),
    ("d1 w2", """RENAME"""),
    ("d1#", """LMPOP ZMPOP"""),
    ("d1:-1", """DEL UNLINK"""),
    ("d1:-2", """BLPOP BRPOP BZPOPMAX BZPOPMIN"""),
    ("d2", """XGROUP|DELCONSUMER XGROUP|DESTROY"""),
    ("d2#", """BLMPOP BZMPOP"""),
    ("d3 dKEYS+-2:-1", """MIGRATE"""),
    ("i1", """APPEND HSETNX LINSERT LPUSH LPUSHX PFADD RPUSH RPUSHX SADD SETNX VADD"""),
    ("i1 r2:-1", """PFMERGE"""),
    ("i1:-1:2", """MSETNX"""),
    ("i2", """XGROUP|CREATE XGROUP|CREATECONSUMER"""),
    (
        "r1",
        """
        BF.CARD BF.EXISTS BF.INFO BF.MEXISTS BITCOUNT BITFIELD_RO BITPOS DIGEST DUMP EXPIRETIME GEODIST
        GEOHASH GEOPOS GEORADIUSBYMEMBER_RO GEORADIUS_RO GEOSEARCH GET GETBIT GETRANGE HEXISTS
        HEXPIRETIME HGET HGETALL HKEYS HLEN HMGET HPEXPIRETIME HPTTL HRANDFIELD HSCAN HSTRLEN HTTL HVALS
        JSON.ARRLEN JSON.GET JSON.OBJKEYS JSON.OBJLEN JSON.STRLEN JSON.TYPE LINDEX LLEN LPOS LRANGE
        PEXPIRETIME PTTL SCARD SISMEMBER SMEMBERS SMISMEMBER SORT_RO SRANDMEMBER SSCAN STRLEN SUBSTR
        TS.GET TS.INFO TS.RANGE TS.REVRANGE TTL TYPE VCARD VDIM VEMB VGETATTR VINFO VISMEMBER VLINKS
        VRANDMEMBER VRANGE VSIM XLEN XPENDING XRANGE XREVRANGE ZCARD ZCOUNT ZLEXCOUNT ZMSCORE
        ZRANDMEMBER ZRANGE ZRANGEBYLEX ZRANGEBYSCORE ZRANK ZREVRANGE ZREVRANGEBYLEX ZREVRANGEBYSCORE
        ZREVRANK ZSCAN ZSCORE
    """,
    ),
    ("r1 w2", """COPY"""),
    ("r1 wSTORE+2", """SORT"""),
    ("r1 wSTORE+5 wSTOREDIST+5", """GEORADIUSBYMEMBER"""),
    ("r1 wSTORE+6 wSTOREDIST+6", """GEORADIUS"""),
    ("r1#", """SINTERCARD ZDIFF ZINTER ZINTERCARD ZUNION"""),
    ("r1:-1", """EXISTS MGET PFCOUNT SDIFF SINTER SUNION TOUCH WATCH"""),
    ("r1:1", """LCS"""),
    (
        "r2",
        """
        MEMORY|USAGE OBJECT|ENCODING OBJECT|FREQ OBJECT|IDLETIME OBJECT|REFCOUNT PFDEBUG XINFO|CONSUMERS
        XINFO|GROUPS XINFO|STREAM
    """,
    ),
    ("r2#", """EVALSHA_RO EVAL_RO FCALL_RO"""),
    ("rSTREAMS+1/2", """XREAD"""),
    ("rSTREAMS+4/2", """XREADGROUP"""),
    (
        "u1",
        """
        BITFIELD DECR DECRBY EXPIRE EXPIREAT GEOADD GETEX GETSET HEXPIRE HEXPIREAT HGETEX HINCRBY
        HINCRBYFLOAT HMSET HPERSIST HPEXPIRE HPEXPIREAT HSET HSETEX INCR INCRBY INCRBYFLOAT LSET MOVE
        PERSIST PEXPIRE PEXPIREAT SET SETBIT SETRANGE VSETATTR XACK XADD XCFGSET XCLAIM XSETID ZADD
        ZINCRBY
    """,
    ),
    ("u1 r2:-1", """SINTERSTORE"""),
    ("u2", """XGROUP|SETID"""),
    ("u2#", """EVAL EVALSHA FCALL"""),
    ("w1", """PSETEX RESTORE RESTORE-ASKING SETEX"""),
    ("w1 r2", """GEOSEARCHSTORE ZRANGESTORE"""),
    ("w1 r2#", """ZDIFFSTORE ZINTERSTORE ZUNIONSTORE"""),
    ("w1 r2:-1", """SDIFFSTORE SUNIONSTORE"""),
    ("w1:-1:2", """MSET"""),
    ("w2 r3:-1", """BITOP"""),
)

SHAPES: dict[str, str] = {name: shape for shape, names in _SHAPES for name in names.split()}
"""Specifications by command, `NAME|SUBCOMMAND` for those with subcommands."""


_ELSEWHERE: dict[str, tuple[str, int]] = {"COPY": ("DB", 3)}
"""Commands whose written key stands in the database that follows this word, looked for from this place on."""

STAYS: dict[str, int] = {"MOVE": 2}
"""Commands after which the key stands in another database too: the word that names it."""


def database_of(name: str, words: Sequence[str], own: int) -> int | None:
    """The database in which a command changes keys: its connection's `own`, mostly; None for a number that is none."""
    if name not in _ELSEWHERE:
        return own
    keyword, start = _ELSEWHERE[name]
    for word, value in zip(words[start:], words[start + 1 :], strict=False):
        if word.upper() == keyword:
            return int(value) if value.isascii() and value.isdigit() else None
    return own


@dataclass(frozen=True, slots=True)
class Key:
    """A key of a command: which word it is, and its access letter."""

    index: int
    access: str


@dataclass(frozen=True, slots=True)
class _Spec:
    """One specification, taken apart; `keyword` is "" where the place is a number."""

    access: str
    keyword: str
    start: int
    last: int
    step: int
    counted: bool
    halved: bool


def keys_of(name: str, words: Sequence[str | None]) -> tuple[Key, ...] | None:
    """The keys among the words of a command (its name is word 0), each once, the strongest access first found.

    None where nobody can tell: a command without a shape, a count or a keyword that is not known.
    """
    shape = SHAPES.get(name)
    if shape is None:
        return None
    found: dict[int, Key] = {}
    for spec in _specs(shape):
        places = _places(spec, words)
        if places is None:
            return None
        for index in places:
            found.setdefault(index, Key(index, spec.access))
    return tuple(found[index] for index in sorted(found))


@cache
def _specs(shape: str) -> tuple[_Spec, ...]:
    return tuple(_spec(text) for text in shape.split())


def _spec(text: str) -> _Spec:
    access, where = text[0], text[1:]
    counted, halved = where.endswith("#"), where.endswith("/2")
    where = where.removesuffix("#").removesuffix("/2")
    keyword, plus, start = where.rpartition("+")
    first, *rest = (start if plus else where).split(":")
    last = int(rest[0]) if rest else 0
    step = int(rest[1]) if len(rest) > 1 else 1
    return _Spec(access, keyword, int(first), last, step, counted, halved)


def _places(spec: _Spec, words: Sequence[str | None]) -> Iterator[int] | None:
    """Indexes of the words that are keys; None where a word that decides is not known."""
    start: int | None = spec.start
    if spec.keyword:
        start = _after(spec, words)
        if start is None:
            return iter(())
        if start < 0:
            return None
    assert start is not None  # noqa: S101 - a keyword's place was settled above
    if start >= len(words):
        return iter(())
    if spec.counted:
        count = words[start]
        if count is None or not count.isdigit():
            return None
        return iter(range(start + 1, min(start + 1 + int(count), len(words))))
    if spec.halved:
        return iter(range(start, start + (len(words) - start) // 2))
    end = start + spec.last if spec.last >= 0 else len(words) + spec.last
    return iter(range(start, min(end, len(words) - 1) + 1, spec.step))


def _after(spec: _Spec, words: Sequence[str | None]) -> int | None:
    """The place after the keyword; None where it is absent, -1 where an unknown word may be it."""
    backwards = spec.start < 0
    order = range(len(words) + spec.start, 0, -1) if backwards else range(spec.start, len(words))
    for index in order:
        word = words[index]
        if word is None:
            return -1
        if word.upper() == spec.keyword:
            return index + 1
    return None
