"""What waits in a process's memory: texts, arrays of texts, socket addresses, facts of /proc."""

import ctypes
import os
import socket
import struct
from pathlib import Path

import pytest

from safeshell.gateways import memory
from safeshell.gateways.memory import Address, Memory


def test_texts_are_read_up_to_their_end_over_pages():
    """A text longer than a page, an empty one, and an array of both with its null at the end."""
    long = b"x" * 10_000
    first, second = ctypes.create_string_buffer(long), ctypes.create_string_buffer(b"")
    array = (ctypes.c_void_p * 3)(ctypes.addressof(first), ctypes.addressof(second), None)
    with Memory(os.getpid()) as found:
        assert found.text(ctypes.addressof(first)) == long
        assert found.texts(ctypes.addressof(array)) == [long, b""]
        assert found.texts(0) == []
        assert found.bytes_at(ctypes.addressof(first), 3) == b"xxx"


def test_what_cannot_be_read_is_an_error_of_the_system():
    """An address that is nobody's, and more than the bound."""
    with Memory(os.getpid()) as found, pytest.raises(OSError):
        found.text(8)
    big = ctypes.create_string_buffer(b"y" * 3_000_000)
    with Memory(os.getpid()) as found, pytest.raises(OSError, match="longer"):
        found.text(ctypes.addressof(big))


@pytest.mark.parametrize(
    ("data", "address"),
    [
        (struct.pack("=H", socket.AF_UNIX) + b"/run/x/.s.PGSQL.5432\0rest", Address("unix", "/run/x/.s.PGSQL.5432")),
        (struct.pack("=H", socket.AF_UNIX) + b"\0abstract", Address("unix", "\0abstract")),
        (struct.pack("=H", socket.AF_INET) + struct.pack("!H", 5433) + bytes([10, 0, 0, 5]), Address("inet", "10.0.0.5", 5433)),
        (
            struct.pack("=H", socket.AF_INET6) + struct.pack("!HI", 5432, 0) + socket.inet_pton(socket.AF_INET6, "::1") + bytes(4),
            Address("inet", "::1", 5432),
        ),
        (struct.pack("=H", socket.AF_NETLINK) + bytes(10), Address("other")),
        (struct.pack("=H", socket.AF_INET) + b"\1", Address("other")),
        (b"", Address("other")),
    ],
)  # fmt: skip
def test_addresses(data, address):
    """Each family as the kernel lays it out; what is cut off is of no known kind."""
    assert memory.address_of(data) == address


def test_facts_of_a_process():
    """A thread belongs to its process; a process that is gone has no facts."""
    assert memory.process_of(os.getpid()) == os.getpid()
    assert memory.working_directory(os.getpid()) == str(Path.cwd())
    assert memory.status_of(2**22 - 1) == {}
    assert memory.working_directory(2**22 - 1) == ""
    assert memory.program_of(os.getpid()).startswith("python")
    assert memory.program_of(2**22 - 1) == ""
    assert memory.readable(os.getpid()) == ""
    assert "No such file" in memory.readable(2**22 - 1)
