"""`safeshell replay`: plays a session recording in this terminal, or converts it.

What is played goes to the terminal as it was recorded; nothing else is looked at or changed.
What must not live here: the format (records.asciicast).
"""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterator

    from safeshell.records.asciicast import Reader

_TIDY = "\x1b[0m\x1b[?25h\x1b[?1049l\x1b[?1000l\x1b[?1002l\x1b[?1003l\x1b[?1006l\x1b[?2004l"
"""Colours off, cursor on, off the alternate screen, mouse and bracketed paste off."""


def register(subparsers: Any) -> None:
    """Add the parser of `safeshell replay`."""
    parser = subparsers.add_parser(
        "replay",
        description="Play a session recording (asciicast v2 or v3). Space pauses and goes on, q quits.",
        epilog="Example: safeshell replay --speed 2 --idle-limit 1 session.cast",
    )
    parser.add_argument("file", metavar="FILE", help="the recording, - for standard input")
    parser.add_argument("--speed", type=_above_zero, default=1.0, metavar="N", help="N times as fast; default 1")
    parser.add_argument("--idle-limit", type=_above_zero, metavar="S", help="no pause longer than S seconds")
    parser.add_argument(
        "--to", nargs=2, metavar=("VERSION", "OUT"), help="write it as v2 or v3 to OUT (- for standard output) instead"
    )


def _above_zero(word: str) -> float:
    value = float(word)
    if not 0 < value < float("inf"):
        raise ValueError(word)
    return value


def run(args: argparse.Namespace) -> int:
    """Play or convert.

    Returns:
        0; 1 where a file cannot be read or written; 2 for wrong usage. 130 after Ctrl-C.
    """
    from safeshell.records.asciicast import Reader

    if args.to and args.to[0] not in ("v2", "v3"):
        print(f"safeshell: {args.to[0]!r} is no version: v2 or v3", file=sys.stderr)
        return 2
    try:
        with _source(args.file) as lines:
            reader = Reader(lines)
            if args.to:
                _convert(reader, int(args.to[0][1]), args.to[1])
            else:
                _play(reader, args.speed, args.idle_limit)
    except BrokenPipeError:
        raise
    except OSError as error:
        print(f"safeshell: {error.filename or args.file}: {error.strerror or error}", file=sys.stderr)
        return 1
    if reader.damaged:
        print(f"safeshell: {reader.damaged} damaged line{'s' * (reader.damaged != 1)} passed over", file=sys.stderr)
    return 0


@contextmanager
def _source(name: str) -> Iterator[Iterator[str]]:
    descriptor = 0 if name == "-" else os.open(name, os.O_RDONLY)
    with os.fdopen(descriptor, encoding="utf-8", errors="replace", newline="\n", closefd=name != "-") as source:
        yield iter(source)


def _convert(reader: Reader, version: int, out: str) -> None:
    """A new file is private, as recordings are; an existing one is never overwritten."""
    from safeshell.records.asciicast import convert

    if out == "-":
        sys.stdout.writelines(convert(reader, version))
        return
    descriptor = os.open(out, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as target:
        target.writelines(convert(reader, version))


def _play(reader: Reader, speed: float, idle_limit: float | None) -> None:
    with _keys() as wait:
        before = 0.0
        try:
            for event in reader.events():
                pause = event.at - before
                before = event.at
                if not wait(min(pause, idle_limit or pause) / speed):
                    return
                if event.code == "o":
                    sys.stdout.buffer.write(event.data.encode("utf-8", "replace"))
                    sys.stdout.buffer.flush()
        finally:
            if sys.stdout.isatty():
                sys.stdout.write(_TIDY)
                sys.stdout.flush()


@contextmanager
def _keys() -> Iterator[Callable[[float], bool]]:
    """Gives a function that waits so many seconds, False when the person pressed q; pauses on space."""
    import termios
    import tty

    from safeshell.cli.pausing import Pausing

    if not sys.stdin.isatty() or not sys.stdout.isatty():
        yield Pausing(None)
        return
    saved = termios.tcgetattr(0)
    try:
        tty.setcbreak(0)
        yield Pausing(0)
    finally:
        termios.tcsetattr(0, termios.TCSADRAIN, saved)
