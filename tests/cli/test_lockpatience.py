"""How often and how long a definition is tried."""

from __future__ import annotations

import time

from safeshell.cli.lockpatience import LockPatience, patience
from safeshell.policy.policy import Limits


class Unit:
    text = "ALTER TABLE t ADD COLUMN a int; ALTER TABLE u ADD COLUMN b int"


def test_pauses_grow_and_end():
    """As long as an attempt, half as long again each time, half a minute at most; none after the last."""
    made = LockPatience(2.0, 10, time.monotonic() + 3600)
    pauses = [made.pause(tried) for tried in range(1, 11)]
    assert pauses[:3] == [2.0, 3.0, 4.5]
    assert max(pause for pause in pauses[:-1] if pause) == 30.0
    assert pauses[-1] is None


def test_no_attempt_begins_that_would_end_too_late():
    """The time for all of them counts the next pause and the next wait."""
    made = LockPatience(2.0, 10, time.monotonic() + 3.9)
    assert made.pause(1) is None


def test_the_configuration_is_heeded():
    """`locks` of the policy, and the plans of every statement of the message."""
    made = patience(Limits(lock_wait=1.5, lock_tries=4, lock_within=60), [Unit()], {})
    assert (made.wait, made.tries) == (1.5, 4)
    assert 55 < made.until - time.monotonic() <= 60
    assert [one.verb for one in made.plans] == ["alter table", "alter table"]
