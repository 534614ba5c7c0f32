"""The painted prompt."""

from __future__ import annotations

import os
import time

import pytest

from safeshell.gateways.redisprompt import PaintedOutput, Painter, label


def test_labels_are_always_as_wide():
    """Whatever the mode; nothing that a path or a terminal would take otherwise."""
    assert label("PROD", "cache.prod:6379", "ro") == "PROD cache.prod:6379 ro    "
    assert len(label("PROD", "cache", "rw 15m")) == len(label("PROD", "cache", "ro"))
    odd = label("UNKNOWN", "a/b\x1b[31m\u00e9" + "x" * 200, "rw")
    assert len(odd) <= 60
    assert "/" not in odd
    assert odd.isprintable()


@pytest.mark.parametrize("cut", range(40))
def test_the_label_is_painted_whatever_the_cuts(cut):
    """With the mode of the moment, in the same width."""
    painter = Painter("PROD c ro    ", lambda: "PROD c rw 15m", colour=True)
    stream = b"redis PROD c ro    > get PROD\r\nPRO"
    out = painter.feed(stream[:cut]) + painter.feed(stream[cut:]) + painter.rest()
    assert out == b"redis \x1b[1;97;41mPROD c rw 15m\x1b[0m> get PROD\r\nPRO"


def test_without_colour_the_words_are_there():
    """And never another width."""
    painter = Painter("PROD c ro    ", lambda: "PROD c", colour=False)
    assert painter.feed(b"redis PROD c ro    > ") == b"redis PROD c       > "


def test_output_passes_through(capfdbinary):
    """With the label painted and line ends for a terminal that may be raw; afterwards descriptor 1 is what it was."""
    painter = Painter("LABEL", lambda: "OTHER", colour=False)
    with PaintedOutput(painter) as output:
        output.start()
        os.write(1, b"a LABEL\n\x00\xff")
        time.sleep(0.2)
    os.write(1, b"|after LABEL")
    assert capfdbinary.readouterr().out == b"a OTHER\r\n\x00\xff|after LABEL"
