"""Warming up."""

from __future__ import annotations

import subprocess
import sys


def test_warming_loads_all_that_the_first_question_needs():
    """After it, a question imports nothing of prompt_toolkit that is not there yet."""
    code = """
import os, sys, threading
from safeshell.dialogs import warm
warm.warm().join()
before = {name for name in sys.modules if name.startswith("prompt_toolkit")}
from safeshell.dialogs.inline import _Driver, _sheet
from safeshell.dialogs.onekey import KeyTalk
from safeshell.model.effects import Tier
from tests.dialogs.samples import SAMPLES
far, near = os.openpty()
with os.fdopen(near, "r+b", buffering=0) as terminal:
    _Driver(KeyTalk(SAMPLES["key"]), near, Tier.PRODUCTION)._build(open(near, closefd=False), open(near, "w", closefd=False))
after = {name for name in sys.modules if name.startswith("prompt_toolkit")}
print(len(before) > 10, sorted(after - before))
"""
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "True []\n"
