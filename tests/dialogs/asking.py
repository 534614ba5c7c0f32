"""A program for live tests: asks one sample question on its terminal and writes the answer as JSON.

    python -m tests.dialogs.asking SAMPLE RESULT_FILE [plain] [raw] [busy] [slow] [devtty]

`raw` puts the terminal into raw mode first, as the session's gateway does, and shows afterwards that
it still is; `busy` waits half a second before it asks, so that type-ahead can be sent; `slow` has the
question start to listen after two seconds; `devtty` asks on /dev/tty.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import termios
import time
import tty
from pathlib import Path

from safeshell.dialogs import terminal
from safeshell.dialogs.ask import ask
from tests.dialogs.samples import SAMPLES


def main(name: str, result: str, *flags: str) -> None:
    seen: list[int] = []
    for number in (signal.SIGWINCH, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda got, _frame: seen.append(got))
    handlers = [signal.getsignal(number) for number in (signal.SIGWINCH, signal.SIGTERM, signal.SIGINT)]
    if "slow" in flags:
        terminal.QUIET = terminal.QUIET_MOST = 2.0
    if "raw" in flags:
        tty.setraw(0)
    before = termios.tcgetattr(0)
    sys.stdout.write("prompt$ the line")
    sys.stdout.flush()
    if "busy" in flags:
        time.sleep(0.5)
    terminal_fd = os.open("/dev/tty", os.O_RDWR) if "devtty" in flags else 0
    answer = ask(SAMPLES[name], tty_fd=terminal_fd, plain=True if "plain" in flags else None)
    kept = handlers == [signal.getsignal(number) for number in (signal.SIGWINCH, signal.SIGTERM, signal.SIGINT)]
    try:
        same = termios.tcgetattr(0) == before
    except termios.error:
        same = True
    told = {
        "how": answer.how.value,
        "granted": answer.granted,
        "reason": answer.reason,
        "minutes": answer.minutes,
        "handlers_kept": kept,
        "wakeup_kept": signal.set_wakeup_fd(-1) == -1,
        "terminal_kept": same,
        "signals": seen,
    }
    Path(result + ".part").write_text(json.dumps(told))
    Path(result + ".part").rename(result)


if __name__ == "__main__":
    main(*sys.argv[1:])
