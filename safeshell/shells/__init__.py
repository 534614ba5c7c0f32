"""The shells that can be guarded: one entry a shell, and where its hook files lie.

What must not live here: the hooks' own logic (data files below this package), starting anything.
Start-up: imported before the shell is forked, so it imports nothing.
"""

from __future__ import annotations

DIRECTORY = __file__.rpartition("/")[0]


class ShellKind:
    """How one shell is started so that it loads its own start files and then our hook.

    `program` is looked up on PATH unless the caller names a file. `rc` is the file that replaces the
    person's rc file on the command line; it reads that file itself, in the shell's own order. `enter`
    is what a shell started inside a session runs to find its hook.
    """

    __slots__ = ("enter", "name", "options", "program", "rc")

    def __init__(self, name: str, program: str, rc: str, enter: str, options: tuple[str, ...]) -> None:
        self.name = name
        self.program = program
        self.rc = rc
        self.enter = enter
        self.options = options

    def argv(self, program: str) -> list[str]:
        """The argument list; the place of the rc file in `options` is written `{rc}`."""
        return [program, *(option.format(rc=f"{DIRECTORY}/{self.rc}") for option in self.options)]


SHELLS: dict[str, ShellKind] = {
    "bash": ShellKind("bash", "bash", "bash/rc.bash", "bash/enter.bash", ("--rcfile", "{rc}", "-i")),
}
"""Guarded shells by name."""

SHELL_NAMES = frozenset(
    {"ash", "bash", "csh", "dash", "elvish", "fish", "ksh", "mksh", "nu", "pwsh", "sh", "tcsh", "xonsh", "yash", "zsh"}
)
"""Process names of shells: one of these in the foreground without a hook means UNGUARDED."""

REMOTE_NAMES = frozenset({"docker", "kubectl", "machinectl", "mosh-client", "podman", "ssh", "telnet"})
"""Programs whose interactive use is most often a shell elsewhere."""
