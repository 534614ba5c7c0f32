"""The kernel's user notification for system calls, by ctypes: a filter, its listener, the answers.

`install` is called in a child between fork and exec; the calls of it and of everything below it that
WATCHED names then wait until the listener's owner lets them go on or fails them. Facts: seccomp(2),
seccomp_unotify(2), include/uapi/linux/seccomp.h. What must not live here: what is let through.
"""

from __future__ import annotations

import ctypes
import errno
import fcntl
import os
import struct
from collections.abc import Mapping

from safeshell.model.values import dataclass

_SECCOMP = {"x86_64": 317, "aarch64": 277}
_AUDIT_ARCH = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
WATCHED: Mapping[str, Mapping[str, int]] = {
    "x86_64": {"execve": 59, "execveat": 322, "connect": 42},
    "aarch64": {"execve": 221, "execveat": 281, "connect": 203},
}
"""Numbers of the calls that wait for an answer, by machine (the kernel's own tables)."""

_SET_MODE_FILTER, _GET_ACTION_AVAIL = 1, 2
_NEW_LISTENER, _WAIT_KILLABLE = 1 << 3, 1 << 5
_USER_NOTIF, _ALLOW = 0x7FC00000, 0x7FFF0000
_LOAD, _JUMP_EQUAL, _RETURN = 0x20, 0x15, 0x06
_NUMBER_AT, _ARCH_AT = 0, 4
_PR_SET_NO_NEW_PRIVS = 38
_RECV, _SEND, _ID_VALID = 0xC0502100, 0xC0182101, 0x40082102
_CONTINUE = 1
_NOTICE = struct.Struct("=QIIiIQ6Q")
_ANSWER = struct.Struct("=QqiI")


class _Instruction(ctypes.Structure):
    _fields_ = (("code", ctypes.c_ushort), ("jt", ctypes.c_ubyte), ("jf", ctypes.c_ubyte), ("k", ctypes.c_uint))


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("instructions", ctypes.POINTER(_Instruction)))


@dataclass(frozen=True, slots=True)
class Notice:
    """One waiting call: its id, the thread that calls, the call's name and its six arguments."""

    id: int
    pid: int
    call: str
    arguments: tuple[int, ...]


def machine() -> str:
    """The machine's name as the kernel gives it."""
    return os.uname().machine


def available() -> bool:
    """True when this kernel knows user notifications (5.0) and this machine's numbers are known."""
    number = _SECCOMP.get(machine())
    if number is None or struct.calcsize("P") != 8:  # noqa: PLR2004 - a 32-bit Python has other numbers
        return False
    action = ctypes.c_uint32(_USER_NOTIF)
    return _call(number, _GET_ACTION_AVAIL, 0, ctypes.byref(action)) == 0


def install() -> int:
    """Put the filter on this process for good and give back the listener. Raises OSError.

    With CAP_SYS_ADMIN the privileges of programs below stay as they are; else no_new_privs is set, as the
    kernel demands, and sudo gets no rights below. EBUSY: a filter with a listener is there already.
    """
    number = _SECCOMP[machine()]
    program = _program(machine())
    try:
        return _filtered(number, program)
    except PermissionError:
        _checked(_libc().prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
        return _filtered(number, program)


def _filtered(number: int, program: _Program) -> int:
    """The listener; the flag that keeps a waiting call from being broken off needs Linux 5.19."""
    for flags in (_NEW_LISTENER | _WAIT_KILLABLE, _NEW_LISTENER):
        try:
            return _checked(_call(number, _SET_MODE_FILTER, flags, ctypes.byref(program)))
        except OSError as fault:
            if fault.errno != errno.EINVAL or flags == _NEW_LISTENER:
                raise
    raise OSError(errno.EINVAL, "no listener")


def _program(name: str) -> _Program:
    """Load the architecture, load the number, notify for what is watched, allow the rest."""
    calls = sorted(WATCHED[name].values())
    lines = [(_LOAD, 0, 0, _ARCH_AT), (_JUMP_EQUAL, 0, len(calls) + 1, _AUDIT_ARCH[name]), (_LOAD, 0, 0, _NUMBER_AT)]
    lines += [(_JUMP_EQUAL, len(calls) - at, 0, call) for at, call in enumerate(calls)]
    lines += [(_RETURN, 0, 0, _ALLOW), (_RETURN, 0, 0, _USER_NOTIF)]
    array = (_Instruction * len(lines))(*(_Instruction(*line) for line in lines))
    return _Program(len(lines), array)


def receive(listener: int) -> Notice | None:
    """The next waiting call; None when it went away meanwhile. Raises OSError when the listener is dead."""
    data = bytearray(_NOTICE.size)
    try:
        fcntl.ioctl(listener, _RECV, data)
    except OSError as fault:
        if fault.errno in (errno.ENOENT, errno.EINTR):
            return None
        raise
    number, pid, _flags, call, _arch, _pointer, *arguments = _NOTICE.unpack(data)
    names = {value: name for name, value in WATCHED[machine()].items()}
    return Notice(number, pid, names.get(call, ""), tuple(arguments))


def waits_still(listener: int, notice: Notice) -> bool:
    """True while that call waits: what was read of its memory meanwhile was really its own."""
    try:
        fcntl.ioctl(listener, _ID_VALID, struct.pack("=Q", notice.id))
    except OSError:
        return False
    return True


def go_on(listener: int, notice: Notice) -> None:
    """Let the call run as it was made."""
    _answer(listener, _ANSWER.pack(notice.id, 0, 0, _CONTINUE))


def fail(listener: int, notice: Notice, error: int) -> None:
    """Have the call fail with this errno."""
    _answer(listener, _ANSWER.pack(notice.id, 0, -error, 0))


def _answer(listener: int, data: bytes) -> None:
    """A call that is gone needs no answer."""
    try:
        fcntl.ioctl(listener, _SEND, bytearray(data))
    except OSError as fault:
        if fault.errno not in (errno.ENOENT, errno.EINPROGRESS):
            raise


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _call(number: int, *arguments: object) -> int:
    return int(_libc().syscall(number, *arguments))


def _checked(result: int) -> int:
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))
    return result
