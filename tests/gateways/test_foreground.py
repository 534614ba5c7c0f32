"""Finding a shell without a hook in the foreground."""

import os
import subprocess
import time

from safeshell.gateways.foreground import same_owner, unhooked_shell


def test_a_shell_and_its_descendants():
    """A bash is found, also below another program; a hooked one is not."""
    with subprocess.Popen(["timeout", "20", "bash", "--norc", "-c", "read x"], stdin=subprocess.PIPE) as process:
        for _ in range(100):
            if unhooked_shell(process.pid, set()):
                break
            time.sleep(0.02)
        assert unhooked_shell(process.pid, set()) == "bash"
        inner = int(
            subprocess.run(
                ["ps", "-o", "pid=", "--ppid", str(process.pid)], capture_output=True, text=True, check=True
            ).stdout
        )
        assert unhooked_shell(process.pid, {inner}) == ""
        process.kill()
        os.kill(inner, 9)


def test_other_programs_and_nothing():
    """A program that is no shell, and a process that is gone."""
    with subprocess.Popen(["sleep", "20"]) as process:
        assert unhooked_shell(process.pid, set()) == ""
        assert same_owner(process.pid)
        process.kill()
    assert unhooked_shell(process.pid, set()) == ""
    assert not same_owner(process.pid)
