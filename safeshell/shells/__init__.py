"""The shells that can be guarded: one entry a shell, and where its hook files lie.

What must not live here: the hooks' own logic (data files below this package), starting anything.
Start-up: imported before the shell is forked, so it imports nothing.
"""

from __future__ import annotations

DIRECTORY = __file__.rpartition("/")[0]


class ShellKind:
    """How one shell is started so that it loads its own start files and then our hook.

    `program` is looked up on PATH unless the caller names a file. `options` may name files of this
    package (`{here}`). `pipes`: the hook opens named pipes by itself, else it inherits sockets.
    `keeps_names`: it opens them anew for every frame, so that their names must stay. `moves_home`: it
    finds our start files by ZDOTDIR, where START_FILES lie, and reads the person's own from there.
    `invisible` is what its prompt language puts around an escape sequence, and how it writes Escape.
    """

    __slots__ = ("invisible", "keeps_names", "login", "moves_home", "name", "options", "pipes", "program")

    def __init__(  # noqa: PLR0913 - one row of a table, every column named
        self,
        name: str,
        *,
        options: tuple[str, ...],
        login: tuple[str, ...] = (),
        pipes: bool = True,
        keeps_names: bool = False,
        moves_home: bool = False,
        invisible: tuple[str, str, str] = ("", "\x1b", ""),
    ) -> None:
        self.name = self.program = name
        self.options = options
        self.login = login
        self.pipes = pipes
        self.keeps_names = keeps_names
        self.moves_home = moves_home
        self.invisible = invisible

    def argv(self, program: str, *, login: bool) -> list[str]:
        """The argument list."""
        words = (*self.options, *self.login) if login else self.options
        return [program, *(word.replace("{here}", DIRECTORY) for word in words)]


SHELLS: dict[str, ShellKind] = {
    "bash": ShellKind(
        "bash", options=("--rcfile", "{here}/bash/rc.bash", "-i"), pipes=False, invisible=("\\[", "\\e", "\\]")
    ),
    "zsh": ShellKind("zsh", options=("-i",), login=("-l",), moves_home=True, invisible=("%{", "\x1b", "%}")),
    "fish": ShellKind("fish", options=("-i", "-C", "source '{here}/fish/hook.fish'"), login=("-l",), keeps_names=True),
}
"""Guarded shells by name. (bash's rc file reads a login shell's files itself: see SAFESHELL_LOGIN.)"""

HOOK = f"{DIRECTORY}/bash/enter.bash"
"""What a bash started inside a session runs to find its hook; a zsh finds START_FILES by ZDOTDIR, a fish
its own below XDG_DATA_DIRS."""

START_FILES = {".zshenv": "zsh/zshenv.zsh", ".zprofile": "zsh/zprofile.zsh", ".zshrc": "zsh/zshrc.zsh"}
"""Links in the session's private directory, and the files below this package that they lead to."""

SHELL_NAMES = frozenset(
    {"ash", "bash", "csh", "dash", "elvish", "fish", "ksh", "mksh", "nu", "pwsh", "sh", "tcsh", "xonsh", "yash", "zsh"}
)
"""Process names of shells: one of these in the foreground without a hook means UNGUARDED."""

REMOTE_NAMES = frozenset({"docker", "kubectl", "machinectl", "mosh-client", "podman", "ssh", "telnet"})
"""Programs whose interactive use is most often a shell elsewhere."""
