"""Which look fits, and a look that fails."""

from __future__ import annotations

import time

import pytest

from safeshell.model.errors import PreviewError
from safeshell.model.judgement import Exactness
from safeshell.previews.redis import Inquiry, take


@pytest.mark.parametrize(
    ("name", "line", "reads", "told"),
    [
        ("FLUSHDB", "FLUSHDB", False, "0 keys of db3 go"),
        ("DEL", "DEL a", False, ": no such key"),
        ("SORT", "SORT a STORE b", False, ": no such key"),
        ("SORT", "SORT a", True, "reads 0 elements"),
        ("EVAL", "EVAL x 1 a", False, "commands a second"),
        ("CONFIG|SET", "CONFIG SET hz 10", False, "1 setting"),
    ],
)
def test_the_look_that_fits(server, name, line, reads, told):
    """By name, and by whether the command only reads."""
    preview = take(server, Inquiry(name, tuple(line.encode().split()), 3, reads=reads))
    assert told in preview.summary
    assert preview.took > 0


def test_time_that_is_up_is_a_caveat(server):
    """Never an exception: the road asks harder."""
    server.deadline = time.monotonic() - 1
    preview = take(server, Inquiry("FLUSHDB", (b"FLUSHDB",), 3))
    assert preview.exactness is Exactness.UNKNOWN
    assert preview.caveats == ("there was no time left to look",)


def test_a_server_that_talks_nonsense():
    """Is told, too."""

    class Mad:
        def call(self, *words):
            raise ValueError("7")

        def left(self):
            return 1.0

    preview = take(Mad(), Inquiry("DEL", (b"DEL", b"a")))
    assert preview.caveats == ("the server's answers make no sense (7)",)
    assert issubclass(PreviewError, Exception)
