"""What a block device holds: size, partitions, where it is mounted; from /sys and mountinfo.

What must not live here: reading the device.
"""

from __future__ import annotations

import os
from pathlib import Path

from safeshell.previews.mounts import mounts
from safeshell.previews.telling import count, listing, sentences, size

_SECTOR = 512
"""Bytes; /sys/dev/block/*/size counts these whatever the device's own sector is."""


def describe(path: str, number: int) -> tuple[str, tuple[str, ...]]:
    """One line about the device with this `st_rdev`, and a caveat for each place where it is in use."""
    numbers = f"{os.major(number)}:{os.minor(number)}"
    folder = Path("/sys/dev/block") / numbers
    parts = _partitions(folder)
    used = {numbers, *parts.values()}
    where = [mount.point for mount in mounts() if mount.numbers in used]
    where += [mount.point for mount in mounts() if mount.source == path and mount.numbers not in used]
    text = f"{path}: " + sentences(
        f"a disk of {size(_sectors(folder) * _SECTOR)}" if _sectors(folder) else "a device",
        count(len(parts), "partition") if parts else "",
        f"mounted on {listing(where)}" if where else "not mounted",
    )
    holders = _names(folder / "holders")
    caveats = [f"{path} is in use: mounted on {point}" for point in where[:3]]
    caveats += [f"{path} is part of {listing(holders)}"] if holders else []
    return text, tuple(caveats)


def _partitions(folder: Path) -> dict[str, str]:
    """`major:minor` of each partition by its name."""
    found = {}
    for name in _names(folder):
        try:
            if (folder / name / "partition").exists():
                found[name] = (folder / name / "dev").read_text().strip()
        except OSError:
            continue
    return found


def _sectors(folder: Path) -> int:
    try:
        return int((folder / "size").read_text())
    except (OSError, ValueError):
        return 0


def _names(folder: Path) -> list[str]:
    try:
        return sorted(entry.name for entry in folder.iterdir())
    except OSError:
        return []
