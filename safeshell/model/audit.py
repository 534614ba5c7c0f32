"""The audit's noun.

What must not live here: how it is chained and stored (records).
"""

from __future__ import annotations

from enum import StrEnum

from safeshell.model.values import dataclass, field

TYPE_CHECKING = False  # typing costs 8 ms, and the first prompt waits
if TYPE_CHECKING:
    from collections.abc import Mapping


class EventKind(StrEnum):
    """What an audit line tells. INTENT is written before release, OUTCOME after the end."""

    SESSION_START = "session_start"
    SESSION_END = "session_end"
    INTENT = "intent"
    REFUSED = "refused"
    OUTCOME = "outcome"
    UNLOCK = "unlock"
    LOCK = "lock"
    TAMPERING = "tampering"
    SUMMARY = "summary"
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class AuditEvent:
    """One line of the audit before it is numbered, redacted and chained.

    `action` is the id of the action it belongs to ("" for session events); `at` is seconds since
    the epoch; `detail` holds JSON values only. `durable` asks for fsync before going on.
    """

    at: float
    session: str
    action: str
    kind: EventKind
    detail: Mapping[str, object] = field(default_factory=dict)
    durable: bool = False
