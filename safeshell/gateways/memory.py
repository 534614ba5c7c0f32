"""What a waiting process passes to the kernel: words, an environment and addresses from its memory.

Reads /proc; the caller asks afterwards whether the call still waits. What must not live here: judging.
"""

from __future__ import annotations

import os
import socket
import struct

from safeshell.model.values import dataclass

TYPE_CHECKING = False  # as elsewhere in a session: typing costs time
if TYPE_CHECKING:
    from typing import Self

_PAGE = 4096
_NUMBERS = ("Tgid:", "NoNewPrivs:")
_LONGEST = 2 * 1024 * 1024
"""Bytes of words and environment together that are read; the kernel's own limit is of this size."""


class Memory:
    """The memory of one process, for reading. Raises OSError where it cannot be read."""

    def __init__(self, pid: int) -> None:
        self._fd = os.open(f"/proc/{pid}/mem", os.O_RDONLY | os.O_CLOEXEC)
        self._left = _LONGEST

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._fd)

    def text(self, address: int) -> bytes:
        """The bytes up to a NUL."""
        found = bytearray()
        while b"\0" not in found:
            size = _PAGE - (address + len(found)) % _PAGE
            found += self._read(address + len(found), size)
        return bytes(found.partition(b"\0")[0])

    def texts(self, address: int) -> list[bytes]:
        """What an array of pointers, ended by a null, points to; none for a null pointer."""
        found: list[bytes] = []
        while address:
            (pointer,) = struct.unpack("=Q", self._read(address, 8))
            if not pointer:
                break
            found.append(self.text(pointer))
            address += 8
        return found

    def bytes_at(self, address: int, size: int) -> bytes:
        """Exactly `size` bytes."""
        return self._read(address, size)

    def _read(self, address: int, size: int) -> bytes:
        self._left -= size
        if self._left < 0:
            raise OSError(7, "longer than can be read")
        data = os.pread(self._fd, size, address)
        if not data:
            raise OSError(14, "not readable")
        return data


@dataclass(frozen=True, slots=True)
class Address:
    """Where a connection goes. `kind` is unix, inet or other; `host` is the path of a unix socket."""

    kind: str
    host: str = ""
    port: int = 0


def address_of(data: bytes) -> Address:
    """A sockaddr as connect(2) gets it."""
    if len(data) < 2:  # noqa: PLR2004 - the family's own two bytes
        return Address("other")
    (family,) = struct.unpack_from("=H", data)
    rest = data[2:]
    if family == socket.AF_UNIX:
        path = rest if rest[:1] == b"\0" else rest.partition(b"\0")[0]
        return Address("unix", os.fsdecode(path))
    if family == socket.AF_INET and len(data) >= 8:  # noqa: PLR2004 - port and address
        return Address("inet", socket.inet_ntop(socket.AF_INET, data[4:8]), struct.unpack_from("!H", data, 2)[0])
    if family == socket.AF_INET6 and len(data) >= 24:  # noqa: PLR2004 - port, flow and address
        return Address("inet", socket.inet_ntop(socket.AF_INET6, data[8:24]), struct.unpack_from("!H", data, 2)[0])
    return Address("other")


def program_of(pid: int) -> str:
    """The file name of the program that a process runs, its short name where the file is not shown; "" when gone."""
    try:
        return os.path.basename(os.readlink(f"/proc/{pid}/exe")).removesuffix(" (deleted)")
    except OSError:
        pass
    try:
        with open(f"/proc/{pid}/comm", encoding="utf-8", errors="replace") as file:
            return file.read().rstrip("\n")
    except OSError:
        return ""


def readable(pid: int) -> str:
    """Why the memory of this process cannot be read, "" where it can."""
    try:
        os.close(os.open(f"/proc/{pid}/mem", os.O_RDONLY | os.O_CLOEXEC))
    except OSError as fault:
        return f"this host lets nobody look at what another process passes to the kernel ({fault.strerror})"
    return ""


def process_of(thread: int) -> int:
    """The process that a thread belongs to; 0 when it is gone."""
    return status_of(thread).get("Tgid", 0)


def status_of(pid: int) -> dict[str, int]:
    """Tgid and NoNewPrivs of a process or thread; empty when it is gone."""
    try:
        with open(f"/proc/{pid}/status", encoding="utf-8", errors="replace") as file:
            lines = [line.split() for line in file]
    except OSError:
        return {}
    return {words[0][:-1]: int(words[1]) for words in lines if words and words[0] in _NUMBERS}


def working_directory(pid: int) -> str:
    """The directory that a process is in, "" when that cannot be seen."""
    try:
        return os.readlink(f"/proc/{pid}/cwd")
    except OSError:
        return ""
