"""Starting a shell in a pty: what it inherits, and what happens when it can't be started."""

import os
import resource
import select
import signal
import time
from pathlib import Path

import pytest

from safeshell.gateways import rundir
from safeshell.gateways.launch import launch


@pytest.fixture
def begin(tmp_path, monkeypatch):
    """Launch shells that end with the test."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "s"))
    monkeypatch.chdir(tmp_path)
    children = []

    def launched(**options):
        children.append(launch("bash", **options))
        return children[-1]

    yield launched
    for child in children:
        try:
            os.kill(child.pid, signal.SIGKILL)
            os.waitpid(child.pid, 0)
        except (ProcessLookupError, ChildProcessError):
            pass
        for fd in {child.master, *child.ends}:
            os.close(fd)
        rundir.remove(child.directory)


def read(child, until: bytes, seconds: float = 8.0) -> bytes:
    """The hook waits for its guard at the first prompt; what comes before that is read here."""
    seen = b""
    deadline = time.monotonic() + seconds
    while until not in seen and time.monotonic() < deadline:
        if select.select([child.master], [], [], 0.1)[0]:
            try:
                seen += os.read(child.master, 4096)
            except OSError:
                break
    return seen


def test_the_shell_inherits_directory_umask_and_environment(begin, tmp_path):
    """bash reads the person's own rc file, in the caller's directory, with the extra variables."""
    (tmp_path / ".bashrc").write_text('echo "<$PWD:$(umask):$EXTRA:${SAFESHELL_CHANNELS-none}>"\n')
    old = os.umask(0o027)
    try:
        child = begin(extra={"EXTRA": "more"})
    finally:
        os.umask(old)
    assert f"<{tmp_path}:0027:more:none>".encode() in read(child, b">\r\n")


def test_the_hook_says_hello_with_the_nonce(begin, tmp_path):
    """The first bytes on the line channel are the hook's, under this session's secret."""
    (tmp_path / ".bashrc").write_text("")
    child = begin()
    assert select.select(child.ends[:1], [], [], 8)[0]
    assert os.read(child.ends[0], 4096).startswith(f"{child.nonce} H\0{child.pid}\0".encode())


def test_a_program_that_is_missing(begin):
    """127 and a sentence on the terminal, as shells do it."""
    child = begin(program="/nowhere/bash")
    assert b"safeshell: /nowhere/bash can't be started: No such file" in read(child, b"directory")
    assert os.waitstatus_to_exitcode(os.waitpid(child.pid, 0)[1]) == 127


def test_too_few_descriptors_fail_before_the_fork(begin):
    """Where bash could not open its channels (`ulimit -n 100`), nothing is started and nothing is left."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    before = sorted(Path("/proc/self/fd").iterdir())
    resource.setrlimit(resource.RLIMIT_NOFILE, (100, hard))
    try:
        with pytest.raises(OSError, match="Invalid argument"):
            begin()
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert sorted(Path("/proc/self/fd").iterdir()) == before
