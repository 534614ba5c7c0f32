"""What the options of a command make of it: SET NX, GETEX with EX, SORT STORE, BITFIELD SET, CONFIG SET by parameter.

A word that is not known may be any option: doubt keeps the worse. What must not live here: the class of a command
without its options (commands).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from safeshell.languages.redis.settings import SETTINGS, UNLISTED
from safeshell.model.effects import RISKS, Effect

Meaning = tuple[Effect, str]
Words = Sequence[str | None]

_READ: Meaning = (Effect.READS, "reads")


def _said(words: Words, start: int = 2) -> frozenset[str] | None:
    """The words from `start` on in capitals; None when one of them is not known."""
    if any(word is None for word in words[start:]):
        return None
    return frozenset((word or "").upper() for word in words[start:])


def _set(words: Words) -> Meaning | None:
    said = _said(words, 3)
    if said is not None and "NX" in said and not {"XX", "GET"} & said:
        return Effect.WRITES, "sets a new key"
    return None


def _copy(words: Words) -> Meaning | None:
    said = _said(words, 1)
    return (Effect.WRITES, "copies to a new key") if said is not None and "REPLACE" not in said else None


def _restore(words: Words) -> Meaning | None:
    said = _said(words, 4)
    return (Effect.WRITES, "makes a new key") if said is not None and "REPLACE" not in said else None


def _stores(words: Words) -> Meaning | None:
    """SORT and GEORADIUS read, unless they are told where to store."""
    said = _said(words)
    return _READ if said is not None and not {"STORE", "STOREDIST"} & said else None


def _getex(words: Words) -> Meaning | None:
    """Without an option GETEX is a GET; PERSIST takes an expiry away, the others set one."""
    said = _said(words)
    if said is None:
        return None
    if said & {"EX", "PX", "EXAT", "PXAT"}:
        return Effect.DESTROYS_ROWS, "lets the key disappear by itself"
    return (Effect.WRITES, "takes the expiry away") if "PERSIST" in said else _READ


def _bitfield(words: Words) -> Meaning | None:
    said = _said(words)
    return _READ if said is not None and not {"SET", "INCRBY"} & said else None


def _xadd(words: Words) -> Meaning | None:
    """Options stand before the entry's id; MAXLEN and MINID throw old entries away."""
    for word in words[2:8]:
        if word is None or word.upper() in ("MAXLEN", "MINID"):
            return Effect.DESTROYS_ROWS, "adds an entry, and throws old ones away"
        if word == "*" or word[:1].isdigit():
            break
    return None


def _function_load(words: Words) -> Meaning | None:
    replaces = any(word is None or word.upper() == "REPLACE" for word in words[2:-1])
    return (Effect.DESTROYS_ROWS, "replaces a library of functions") if replaces else None


def _acl_log(words: Words) -> Meaning | None:
    said = _said(words)
    return _READ if said is not None and "RESET" not in said else None


def _reply(words: Words) -> Meaning | None:
    return _READ if _said(words) == frozenset({"ON"}) else None


def _config(words: Words) -> Meaning | None:
    """The gravest of the parameters decides; one that is not known may be any."""
    names = words[2::2]
    found = [UNLISTED if name is None else SETTINGS.get(name.lower(), UNLISTED) for name in names]
    return max(found, key=lambda meaning: RISKS[meaning[0]], default=UNLISTED)


def _cursor(words: Words) -> Meaning | None:
    return _READ if _said(words[:2], 1) == frozenset({"READ"}) else None


OPTIONS: dict[str, Callable[[Words], Meaning | None]] = {
    "SET": _set,
    "COPY": _copy,
    "RESTORE": _restore,
    "RESTORE-ASKING": _restore,
    "SORT": _stores,
    "GEORADIUS": _stores,
    "GEORADIUSBYMEMBER": _stores,
    "GETEX": _getex,
    "HGETEX": _getex,
    "BITFIELD": _bitfield,
    "XADD": _xadd,
    "FUNCTION|LOAD": _function_load,
    "ACL|LOG": _acl_log,
    "CLIENT|REPLY": _reply,
    "CONFIG|SET": _config,
    "FT.CURSOR": _cursor,
}
"""Commands whose class hangs on their words; None keeps the class of the table."""


def sharpened(name: str, words: Words, meaning: Meaning) -> Meaning:
    """Effect and reason of a command with these words (its name is word 0)."""
    option = OPTIONS.get(name)
    return (option(words) or meaning) if option else meaning
