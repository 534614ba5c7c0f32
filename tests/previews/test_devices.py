"""Block devices of this machine, described without opening them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from safeshell.previews.devices import describe
from safeshell.previews.mounts import mounts
from safeshell.previews.telling import size


def blocks() -> list[str]:
    folder = Path("/sys/dev/block")
    return sorted(entry.name for entry in folder.iterdir()) if folder.is_dir() else []


@pytest.mark.skipif(not blocks(), reason="no block device in sight")
def test_the_size_is_the_kernels():
    """In bytes, from its count of 512-byte sectors."""
    numbers = next((n for n in blocks() if int(Path(f"/sys/dev/block/{n}/size").read_text())), blocks()[0])
    major, minor = (int(part) for part in numbers.split(":"))
    sectors = int(Path(f"/sys/dev/block/{numbers}/size").read_text())
    text, _ = describe("/dev/x", os.makedev(major, minor))
    assert (f"a disk of {size(sectors * 512)}" in text) is bool(sectors)


def test_a_mounted_device_says_where():
    """Any mount of this machine with a device number of its own: in use, there."""
    mount = mounts()[0]
    major, minor = (int(part) for part in mount.numbers.split(":"))
    text, caveats = describe(mount.source, os.makedev(major, minor))
    assert "mounted on " in text
    assert caveats[0].startswith(f"{mount.source} is in use: mounted on /")


def test_an_unknown_device_is_still_one():
    """Numbers that no driver has."""
    assert describe("/dev/none", os.makedev(4000, 4000)) == ("/dev/none: a device, not mounted", ())
