"""An argument that nobody shall read in a process list."""

import subprocess
import sys

CODE = """
import sys
from safeshell.gateways.proctitle import forget_argument
found = [forget_argument(word) for word in sys.argv[2:]]
with open('/proc/self/cmdline', 'rb') as file:
    print(found, file.read().split(b'\\0')[-4:-1], sys.argv[1:])
"""


def test_a_whole_argument_is_overwritten():
    """Only a whole one: a part of another argument stays, and so does what Python itself knows."""
    line = [sys.executable, "-c", CODE, "shop-geheim", "geheim", "äö"]
    done = subprocess.run(line, capture_output=True, text=True, check=True)
    shown = ["b'shop-geheim'", "b'******'", "b'****'"]
    assert done.stdout == f"[True, True] [{', '.join(shown)}] ['shop-geheim', 'geheim', 'äö']\n"


def test_what_is_not_an_argument_is_not_found():
    """Nothing is written anywhere."""
    from safeshell.gateways.proctitle import forget_argument

    assert not forget_argument("certainly not an argument of the tests")
    assert not forget_argument("")
