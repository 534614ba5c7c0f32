"""What is mounted where, from /proc/self/mountinfo (proc(5)).

What must not live here: walking, sentences.
"""

from __future__ import annotations

from pathlib import Path

from safeshell.model.values import dataclass

REMOTE = frozenset(
    {"nfs", "nfs4", "cifs", "smb3", "smbfs", "fuse.sshfs", "ceph", "glusterfs", "9p", "afs", "fuse.s3fs"}
)
"""File systems whose files lie on another machine."""

UNREAL = frozenset(
    {"proc", "sysfs", "cgroup", "cgroup2", "devpts", "debugfs", "tracefs", "securityfs", "bpf", "configfs", "efivarfs"}
)
"""File systems that the kernel makes up: what they show are no files that could be lost."""

_ESCAPES = (("\\040", " "), ("\\011", "\t"), ("\\012", "\n"), ("\\134", "\\"))


@dataclass(frozen=True, slots=True)
class Mount:
    """One mount: the device's numbers as `major:minor`, where, what kind, of what."""

    numbers: str
    point: str
    kind: str
    source: str

    @property
    def remote(self) -> bool:
        """True when the files are another machine's."""
        return self.kind in REMOTE


def mounts() -> list[Mount]:
    """All mounts of this process's namespace in mount order; empty where there is no mountinfo."""
    try:
        text = Path("/proc/self/mountinfo").read_text(encoding="utf-8", errors="surrogateescape")
    except OSError:
        return []
    return [mount for mount in map(_parse, text.splitlines()) if mount is not None]


def _parse(line: str) -> Mount | None:
    """`36 35 98:0 /root /point opts - ext4 /dev/sda1 rw`; optional fields end at the lone dash."""
    head, dash, tail = line.partition(" - ")
    fields, rest = head.split(" "), tail.split(" ")
    if not dash or len(fields) < 5 or len(rest) < 2:  # noqa: PLR2004 - the fields used below
        return None
    return Mount(fields[2], _plain(fields[4]), rest[0], _plain(rest[1]))


def _plain(text: str) -> str:
    for escape, char in _ESCAPES:
        text = text.replace(escape, char)
    return text


def at_or_below(path: str, among: list[Mount]) -> list[Mount]:
    """Mounts whose point is the path or lies below it, the path's own first."""
    base = path.rstrip("/")
    return [mount for mount in among if (mount.point.rstrip("/") + "/").startswith(base + "/")]


def unreal() -> frozenset[str]:
    """Where the kernel's made-up file systems are mounted."""
    return frozenset(mount.point for mount in mounts() if mount.kind in UNREAL)
