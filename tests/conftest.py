"""What every test starts from, however the run itself was started.

A run in the background (nohup, a CI without a terminal) may ignore SIGINT and SIGHUP, and what is ignored is
inherited by every shell that a test drives. And pytest-xdist renames its workers where it can, while tests
look processes up by name. What must not live here: fixtures that a test has to know of.
"""

from __future__ import annotations

import contextlib
import signal

import pytest

signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGHUP, signal.SIG_DFL)


@pytest.fixture(autouse=True)
def _name_of_this_process() -> None:
    """The name that it has outside of pytest-xdist."""
    with contextlib.suppress(ImportError):
        from setproctitle import setproctitle

        setproctitle("python")
