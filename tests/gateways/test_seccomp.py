"""The kernel's notifications: a filter in a child, its calls seen, let go on or failed by the parent."""

import os
import socket

import pytest

from safeshell.gateways import seccomp


def child_with_filter(work) -> tuple[int, int]:
    """(pid, listener) of a child that puts the filter on and then does `work`."""
    ours, theirs = socket.socketpair()
    pid = os.fork()
    if pid == 0:
        try:
            listener = seccomp.install()
            socket.send_fds(theirs, [b"x"], [listener])
            os.close(listener)
            os._exit(work())
        finally:
            os._exit(99)
    theirs.close()
    with ours:
        return pid, socket.recv_fds(ours, 1, 1)[1][0]


def ended(pid: int, listener: int) -> int:
    os.close(listener)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def test_this_kernel_is_watched_by_the_tests():
    """The tests below mean something only where the kernel has notifications; on Linux it is expected to."""
    assert seccomp.available()


def test_an_execve_waits_and_goes_on():
    """The call is told with its number and arguments, still waits when asked, and then runs."""
    pid, listener = child_with_filter(lambda: os.execv("/bin/true", ["true"]))
    notice = seccomp.receive(listener)
    assert (notice.call, notice.pid) == ("execve", pid)
    assert notice.arguments[0] > 0
    assert seccomp.waits_still(listener, notice)
    seccomp.go_on(listener, notice)
    assert ended(pid, listener) == 0


def test_an_execve_fails_with_the_errno_that_was_chosen():
    """The program sees an ordinary EACCES."""

    def work() -> int:
        try:
            os.execv("/bin/true", ["true"])
        except PermissionError:
            return 13
        return 1

    pid, listener = child_with_filter(work)
    seccomp.fail(listener, seccomp.receive(listener), 13)
    assert ended(pid, listener) == 13


def test_a_call_that_is_gone_waits_no_more():
    """After a kill nothing waits, and an answer to it is no error."""
    pid, listener = child_with_filter(lambda: os.execv("/bin/true", ["true"]))
    notice = seccomp.receive(listener)
    os.kill(pid, 9)
    os.waitpid(pid, 0)
    assert not seccomp.waits_still(listener, notice)
    seccomp.go_on(listener, notice)
    os.close(listener)


def test_a_second_listener_below_the_first_is_refused_by_the_kernel():
    """One filter of a process may have a listener: a guarded client inside another one goes without."""

    def work() -> int:
        try:
            seccomp.install()
        except OSError as fault:
            return fault.errno
        return 0

    pid, listener = child_with_filter(work)
    code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    os.close(listener)
    assert code == 16


@pytest.mark.parametrize("machine", ["x86_64", "aarch64"])
def test_the_filter_watches_the_same_calls_on_every_machine(machine):
    """Run as the kernel would: only the watched numbers of the machine's own architecture notify."""
    program = seccomp._program(machine)
    lines = [program.instructions[at] for at in range(program.length)]

    def verdict(architecture: int, number: int) -> int:
        accumulator, at = 0, 0
        while True:
            line = lines[at]
            if line.code == 0x20:
                accumulator = architecture if line.k == 4 else number
            elif line.code == 0x15:
                at += line.jt if accumulator == line.k else line.jf
            else:
                return line.k
            at += 1

    own = seccomp._AUDIT_ARCH[machine]
    watched = {number for number in range(500) if verdict(own, number) == 0x7FC00000}
    assert watched == set(seccomp.WATCHED[machine].values())
    assert set(seccomp.WATCHED[machine]) == {"execve", "execveat", "connect"}
    assert verdict(0x40000003, 59) == 0x7FFF0000
