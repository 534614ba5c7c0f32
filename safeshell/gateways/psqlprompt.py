r"""psql's prompt with the guard's words before the person's own, always as they are now.

psql can run a command for its prompt. Ours is one shell that reads one line of a small file with its
builtins (under a millisecond), so the prompt follows unlocks and their minutes without any other
process. The prompt is set after the person's own ~/.psqlrc by a PSQLRC file that includes it. Facts:
"Prompting" and "Files" of psql's manual. What must not live here: what the words say (prompt).
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence

from safeshell.gateways import prompt
from safeshell.gateways.ports import PromptStatus

DEFAULT = "%/%R%x%# "
"""psql's own PROMPT1 and PROMPT2."""
_NAMES = ("PROMPT1", "PROMPT2")
_OWN_PSQLRC = "SAFESHELL_PSQLRC"
"""What PSQLRC was before us, for a guarded psql below this one."""
_LOST = "[UNGUARDED] "
_START_IGNORE, _END_IGNORE = "\x01", "\x02"
"""readline's marks around what takes no place on the screen."""


class PsqlPrompt:
    """The prompt of one psql, kept in a private directory.

    `host` and `port` are the server's own: psql's variables HOST and PORT say them while the start files
    are read, as a history file's name may hold them. `unwatched` says that nothing watches what psql runs.
    """

    def __init__(self, directory: str, *, colour: bool, readline: bool = True, host: str = "", port: str = "") -> None:
        self._file = f"{directory}/prompt"
        self._startup = f"{directory}/psqlrc"
        self._colour, self._readline = colour, readline
        self._variables = {"HOST": host, "PORT": port}
        self._last = ""
        self.unwatched = False

    @property
    def command(self) -> str:
        """The shell text that psql runs for a prompt."""
        return f"{{ IFS= read -r l <{self._file} || l='{_LOST}'; printf %s \"$l\"; }} 2>/dev/null"

    def update(self, status: PromptStatus) -> None:
        """Write the words of now; a reader sees the old line or the new one, never half of one."""
        text = self._segment(status)
        if text == self._last:
            return
        new = f"{self._file}.new"
        with open(new, "w", encoding="utf-8", errors="surrogateescape") as out:
            out.write(text + "\n")
        os.replace(new, self._file)
        self._last = text

    def _segment(self, status: PromptStatus) -> str:
        open_ends = ", shell UNGUARDED" if self.unwatched else ""
        text = f"[{prompt.words(status)}{open_ends}]".replace("\\", "")
        if not self._colour:
            return f"{text} "
        marks = (_START_IGNORE, _END_IGNORE) if self._readline else ("", "")
        return f"{marks[0]}\x1b[{prompt.colour_of(status)}m{marks[1]}{text}{marks[0]}\x1b[0m{marks[1]} "

    def install(self, environ: dict[str, str], home: str) -> None:
        """Have psql read our start file, which reads the person's own first, of whichever version it would take."""
        own = _own_file(environ, home)
        folder, name = os.path.split(own)
        endings = {""}
        try:
            endings |= {entry[len(name) :] for entry in os.listdir(folder) if entry.startswith(f"{name}-")}
        except OSError:
            endings = {""}
        for ending in endings:
            self._write_startup(ending, own + ending)
        environ[_OWN_PSQLRC] = environ.get(_OWN_PSQLRC, environ.get("PSQLRC", ""))
        environ["PSQLRC"] = self._startup

    def _write_startup(self, ending: str, own: str) -> None:
        lines = [f"\\set {name} {_quoted(value)}" for name, value in self._variables.items() if value]
        lines += [f"\\i {_quoted(own)}"] if os.access(own, os.R_OK) else []
        lines += [f"\\set {name} {_quoted(self._before)} :{name}" for name in _NAMES]
        with open(f"{self._startup}{ending}", "w", encoding="utf-8", errors="surrogateescape") as out:
            out.write("\n".join(lines) + "\n")

    def options(self, given: Sequence[str]) -> list[str]:
        """For a psql that reads no start files (-X): the prompts as options; `given` are its own -v values."""
        own = dict.fromkeys(_NAMES, DEFAULT)
        for assignment in given:
            name, equals, value = assignment.partition("=")
            if name in own and equals:
                own[name] = value
        return [f"--set={name}={self._before}{value}" for name, value in own.items()]

    @property
    def _before(self) -> str:
        return f"%`{self.command}`"


def _own_file(environ: Mapping[str, str], home: str) -> str:
    """The person's start file, without a version at its end."""
    named = environ.get(_OWN_PSQLRC, environ.get("PSQLRC", ""))
    return os.path.expanduser(named) if named else f"{home}/.psqlrc"


def _quoted(text: str) -> str:
    """A word of a psql command."""
    return "'" + text.replace("\\", "\\\\").replace("'", "''") + "'"
