"""Finding a shell without a hook in the foreground."""

import os
import pty
import subprocess
import time
from pathlib import Path

from safeshell.gateways.foreground import same_owner, unhooked_shell


def test_a_shell_and_its_descendants():
    """A bash is found, also below another program; a hooked one is not."""
    with subprocess.Popen(["timeout", "20", "bash", "--norc", "-c", "read x"], stdin=subprocess.PIPE) as process:
        for _ in range(100):
            if unhooked_shell(process.pid, set(), line_editor=True):
                break
            time.sleep(0.02)
        assert unhooked_shell(process.pid, set(), line_editor=True) == "bash"
        inner = int(
            subprocess.run(
                ["ps", "-o", "pid=", "--ppid", str(process.pid)], capture_output=True, text=True, check=True
            ).stdout
        )
        assert unhooked_shell(process.pid, {inner}, line_editor=True) == ""
        process.kill()
        os.kill(inner, 9)


def test_other_programs_and_nothing():
    """A program that is no shell, and a process that is gone."""
    with subprocess.Popen(["sleep", "20"]) as process:
        assert unhooked_shell(process.pid, set(), line_editor=True) == ""
        assert same_owner(process.pid)
        process.kill()
    assert unhooked_shell(process.pid, set(), line_editor=True) == ""
    assert not same_owner(process.pid)


def test_a_shell_without_a_line_editor_counts_when_it_reads_the_terminal():
    """dash at its prompt leaves the terminal's modes alone; a script, a text and a pipe are no prompt."""
    main, terminal = pty.openpty()
    for argv, stdin, found in (
        (["sh"], terminal, "sh"),
        (["sh", "-i"], terminal, "sh"),
        (["sh", "-c", "read x; :"], terminal, ""),
        (["sh"], subprocess.PIPE, ""),
    ):
        with subprocess.Popen(argv, stdin=stdin, stderr=subprocess.DEVNULL) as process:
            for _ in range(100):
                if Path(f"/proc/{process.pid}/comm").read_text().strip() == "sh":
                    break
                time.sleep(0.02)
            assert unhooked_shell(process.pid, set(), line_editor=False) == found, argv
            process.kill()
    os.close(main)
    os.close(terminal)


def test_a_subshell_of_a_hooked_shell_is_no_stranger():
    """A fork of a hooked shell that was started without words has no words of its own."""
    main, terminal = pty.openpty()
    with subprocess.Popen(["bash"], stdin=terminal, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL) as process:
        os.write(main, b"(sleep 20; :)\n")
        for _ in range(200):
            children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
            if children and Path(f"/proc/{children[0]}/comm").read_text().strip() == "bash":
                break
            time.sleep(0.02)
        child = int(children[0])
        assert unhooked_shell(child, {process.pid}, line_editor=False) == ""
        assert unhooked_shell(child, set(), line_editor=False) == "bash"
        for pid in [*map(int, Path(f"/proc/{child}/task/{child}/children").read_text().split()), child]:
            os.kill(pid, 9)
        process.kill()
    os.close(main)
    os.close(terminal)
