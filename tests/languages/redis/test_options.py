"""Options that change the class."""

from __future__ import annotations

import pytest

from safeshell.languages.redis.commands import COMMANDS
from safeshell.languages.redis.options import OPTIONS, sharpened

CASES = """
SET k v                      destroys_rows
SET k v KEEPTTL              destroys_rows
SET k v EX 10 NX             writes
SET k v NX GET               destroys_rows
COPY a b                     writes
COPY a b REPLACE             destroys_rows
RESTORE k 0 x                writes
RESTORE k 0 x REPLACE        destroys_rows
SORT k BY w                  reads
SORT k STORE d               destroys_rows
GEORADIUS k 1 1 1 m          reads
GEORADIUS k 1 1 1 m STOREDIST d destroys_rows
GETEX k                      reads
GETEX k PERSIST              writes
GETEX k EX 10                destroys_rows
HGETEX k FIELDS 1 f          reads
HGETEX k EX 9 FIELDS 1 f     destroys_rows
BITFIELD k GET u8 0          reads
BITFIELD k GET u8 0 SET u8 0 1 writes
BITFIELD k INCRBY u8 0 1     writes
XADD s * f v                 writes
XADD s MAXLEN 10 * f v       destroys_rows
XADD s NOMKSTREAM MINID ~ 1 * f v destroys_rows
XADD s 1-1 f MAXLEN          writes
FUNCTION|LOAD - body         writes
FUNCTION|LOAD - REPLACE body destroys_rows
ACL|LOG -                    reads
ACL|LOG - 10                 reads
ACL|LOG - RESET              writes
CLIENT|REPLY - ON            reads
CLIENT|REPLY - OFF           writes
CONFIG|SET - hz 1            writes
CONFIG|SET - hz 1 save x     stops_service
CONFIG|SET - MAXMEMORY 1     destroys_rows
CONFIG|SET - requirepass x   revokes_access
CONFIG|SET - module.x 1      stops_service
CONFIG|SET -                 stops_service
FT.CURSOR READ i 1           reads
"""


@pytest.mark.parametrize("case", [line for line in CASES.splitlines() if line])
def test_classes(case):
    """One line, one class."""
    *words, effect = case.split()
    start = COMMANDS.get(words[0])
    if start is None:
        found = OPTIONS[words[0]](words)
        assert found is not None
        assert found[0].value == effect
        return
    assert sharpened(words[0], words, start)[0].value == effect


@pytest.mark.parametrize("name", sorted(OPTIONS))
def test_unknown_words_keep_the_worse(name):
    """A word that nobody knows may be the option that writes."""
    words = [name, None, None, None, None, None, None]
    assert sharpened(name, words, COMMANDS.get(name, (None, "")))[0] is not COMMANDS["GET"][0]
