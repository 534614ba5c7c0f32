"""Opens a guarded server on this terminal and runs a client script through it: `wire_child HOST PORT SCRIPT`."""

from __future__ import annotations

import os
import sys

from safeshell.cli.setting import load_setting
from safeshell.cli.wirecourt import open_postgres
from safeshell.gateways.postgrestarget import resolve

if __name__ == "__main__":
    words = {
        "host": sys.argv[1],
        "port": sys.argv[2],
        "user": "postgres",
        "dbname": os.environ.get("WIRE_DATABASE", "postgres"),
    }
    target = resolve(words, {}, user="postgres", home=os.environ["HOME"])
    with open_postgres(load_setting(), target, token=os.environ.pop("SAFESHELL_CONFIRM", "")) as wire:
        sys.exit(wire.run([sys.executable, "-c", sys.argv[3]], os.environ))
