"""Several previews of one action as one. Pure.

What must not live here: taking them.
"""

from __future__ import annotations

from collections.abc import Sequence

from safeshell.model.judgement import Exactness, Preview, Reversibility

_SAMPLE_MOST = 24

_FIRMNESS = (Exactness.EXACT, Exactness.AT_LEAST, Exactness.AT_MOST, Exactness.ESTIMATE, Exactness.UNKNOWN)
_HOPE = (Reversibility.REVERSIBLE, Reversibility.UNDO_KIT, Reversibility.UNKNOWN, Reversibility.IRREVERSIBLE)


def merge(previews: Sequence[Preview]) -> Preview:
    """One preview: the numbers of the first unit are added, the weakest exactness and the least hope count."""
    if not previews:
        return Preview("")
    if len(previews) == 1:
        return previews[0]
    unit = next((preview.unit for preview in previews if preview.affected is not None), "")
    counted = [preview.affected for preview in previews if preview.affected is not None and preview.unit == unit]
    return Preview(
        summary="; ".join(dict.fromkeys(preview.summary for preview in previews if preview.summary)),
        affected=sum(counted) if counted else None,
        unit=unit,
        exactness=max((preview.exactness for preview in previews), key=_FIRMNESS.index),
        sample=tuple(line for preview in previews for line in preview.sample)[:_SAMPLE_MOST],
        reversibility=max((preview.reversibility for preview in previews), key=_HOPE.index),
        caveats=tuple(dict.fromkeys(caveat for preview in previews for caveat in preview.caveats)),
        took=max(preview.took for preview in previews),
        raises=max(preview.raises for preview in previews),
        safer=tuple(line for preview in previews for line in preview.safer)[:_SAMPLE_MOST],
        rollback=all(preview.rollback for preview in previews),
    )
