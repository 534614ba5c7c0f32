"""Parts of SQL texts that only running tells: whether they stand where they can only be data.

What must not live here: what a statement does (sql), how a text is cut (sqllexer).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from safeshell.languages.reading import UNKNOWN_PART
from safeshell.languages.sqllexer import META, STRING, Token
from safeshell.model.effects import Effect

if TYPE_CHECKING:
    from collections.abc import Sequence

    from safeshell.model.statements import Claim, Statement

_BEFORE_CODE = frozenset({"EXPLAIN", "ANALYZE", "ANALYSE", "VERBOSE", ")", "AS", "MATERIALIZED"})
"""Words after which another statement may begin; after AS only in brackets."""
_HOLDING_CODE = frozenset({"DO", "EXECUTE", "PREPARE", "DECLARE", "COPY"})


def may_be_code(group: Sequence[Token], claims: Sequence[Claim], nested: Sequence[Statement]) -> bool:
    """Whether an unknown part stands where it may be more than a value, a name or a condition."""
    for index, token in enumerate(group):
        if UNKNOWN_PART not in token.text.lower():
            continue
        if token.kind == META:
            if nested or any(item.effect is not Effect.READS for item in claims):
                return True
        elif token.kind != STRING and _could_be_code(group, index):
            return True
    return False


def _could_be_code(group: Sequence[Token], index: int) -> bool:
    """The start of a statement (after EXPLAIN, `AS (`, brackets), or a function that is called."""
    before = [token.text for token in group[:index] if token.text != "("]
    called = group[index + 1 : index + 2]
    opened = index > 0 and group[index - 1].text == "("
    starts = not before or (before[-1] in _BEFORE_CODE and (opened or before[-1] != "AS"))
    return starts or before[0] in _HOLDING_CODE or bool(called and called[0].text == "(")
