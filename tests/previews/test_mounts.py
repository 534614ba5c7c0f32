"""What is mounted where."""

from __future__ import annotations

from safeshell.previews.mounts import Mount, _parse, at_or_below, mounts


def test_this_machines_mounts_are_read():
    """/proc is one, everywhere."""
    assert any(mount.point == "/proc" and mount.kind == "proc" for mount in mounts())


def test_a_line_of_mountinfo():
    """With optional fields, with spaces in names; a broken line is none."""
    line = r"36 35 98:0 /root /mnt/my\040disk rw,noatime shared:1 master:2 - nfs4 srv:/x\040y rw"
    assert _parse(line) == Mount("98:0", "/mnt/my disk", "nfs4", "srv:/x y")
    assert _parse(line).remote
    assert _parse("nonsense") is None


def test_mounts_below_a_path():
    """The path's own and those below, not those that only begin alike."""
    made = [Mount("1:1", point, "ext4", "x") for point in ("/", "/data", "/data/sub", "/database")]
    assert [mount.point for mount in at_or_below("/data/", made)] == ["/data", "/data/sub"]
    assert len(at_or_below("/", made)) == 4
