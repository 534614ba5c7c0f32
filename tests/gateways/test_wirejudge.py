"""Taking a question back: whoever waits is stopped, now or as soon as it begins to wait."""

from __future__ import annotations

import threading

from safeshell.gateways.wirejudge import Withdrawal


def test_what_waits_is_stopped_once():
    """Two withdrawals, one stop; the first reason counts."""
    stopped = []
    withdrawal = Withdrawal()
    withdrawal.attach(lambda: stopped.append("a"))
    assert (withdrawal.why, stopped) == ("", [])
    withdrawal.withdraw("it was cancelled")
    withdrawal.withdraw("the client is gone")
    assert (withdrawal.why, stopped) == ("it was cancelled", ["a"])


def test_what_comes_too_late_is_stopped_at_once():
    """A question that opens after the cancel does not stay."""
    stopped = []
    withdrawal = Withdrawal()
    withdrawal.withdraw("it was cancelled")
    withdrawal.attach(lambda: stopped.append("late"))
    assert stopped == ["late"]


def test_nothing_is_lost_between_two_threads():
    """Whichever comes first, the stop is called."""
    for _ in range(200):
        stopped = []
        withdrawal = Withdrawal()
        thread = threading.Thread(target=withdrawal.withdraw, args=("gone",))
        thread.start()
        withdrawal.attach(lambda: stopped.append(1))  # noqa: B023 - called in this turn
        thread.join()
        assert stopped == [1]
