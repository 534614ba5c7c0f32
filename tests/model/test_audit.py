"""What an audit event holds."""

from __future__ import annotations

from safeshell.model.audit import AuditEvent, EventKind


def test_an_event_is_not_durable_unless_asked():
    """fsync is for what destroys; a session's start does not wait for a disk."""
    assert not AuditEvent(0.0, "s", "", EventKind.SESSION_START).durable
