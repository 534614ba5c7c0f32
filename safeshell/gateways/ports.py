"""The ports of the guarded session: what the gateway needs of a guard, and what a guard may use.

The composition root hands `run_session` a factory. It is called once, AFTER the shell was forked,
with the session's `Doors`, and gives back a `Guard`:

    def factory(doors: Doors) -> Guard: ...
    exit_status = run_session(factory, shell="bash", login=False)

The gateway calls the guard in one thread, one call at a time:

    guard.judge(line)              before a line, or one command of the backstop, runs
    guard.status()                 at every prompt, for segment, title and tint
    guard.note(kind, detail)       tampering, a shell without a hook, suspend; never blocks, never raises
    guard.command_ended(id, code)  after a released line ended (exit status of the shell)
    guard.control(verb, arguments) a request over the session's socket (unlock, lock, status)

What must not live here: any I/O.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from safeshell.model.facts import Question
from safeshell.model.values import dataclass

TYPE_CHECKING = False  # typing costs 8 ms, and the first prompt waits
if TYPE_CHECKING:
    from contextlib import AbstractContextManager
    from typing import Protocol

    from safeshell.gateways.carriers import Landing
    from safeshell.model.effects import Mode, Tier
    from safeshell.model.judgement import Conclusion
else:
    Protocol = object

AskShell = Callable[[Sequence[Question]], Mapping[Question, str | None]]


@dataclass(frozen=True, slots=True)
class SubmittedLine:
    """Something that a shell is about to run, held until `judge` returns.

    `text` is exactly what the shell will parse (history expanded; bytes that are no UTF-8 as
    surrogate escapes). `source` is `line` for a whole line at the prompt, or `backstop` for one
    command, told by the shell while a line runs. `continued` marks a text that begins with lines
    released before: release a text that ends in the middle of a construct, the next call brings all
    of it. `unseen` marks a command of a line that never met the line hook.

    `shell` names the shell that will parse it, `traits` its options that decide how (protocols.hook).
    `aliases` and `functions` are the names known at the last prompt. `ask_shell` answers questions
    of model.facts.SHELL_NAMES (Ask.VARIABLE, ALIAS, FUNCTION, GLOB): str, or None when there is none;
    usable at most four times and only until `judge` returns; a question is missing from the reply
    when the shell did not answer. In the backstop VARIABLE also takes "1".."99", "@" and "#": the
    positional parameters of the function that runs.
    """

    id: str
    text: str
    cwd: str
    source: str
    continued: bool
    unseen: bool
    pid: int
    aliases: frozenset[str]
    functions: frozenset[str]
    ask_shell: AskShell
    shell: str = "bash"
    traits: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class PromptStatus:
    """What prompt and title say. `minutes_left` counts only while `mode` is read-write by an unlock.

    `pinned`: read-only that can't be unlocked. `unguarded`: nothing is enforced here. `tint` is a
    background colour for OSC 11 (`#300000`), "" for none.
    """

    tier: Tier
    target: str
    mode: Mode
    minutes_left: int | None = None
    pinned: bool = False
    unguarded: bool = False
    tint: str = ""


class Guard(Protocol):
    """The judge of a session, given by the composition root."""

    def judge(self, line: SubmittedLine) -> Conclusion:
        """Decide. May block, may run a dialog inside `Doors.terminal()`. An exception means no."""

    def status(self) -> PromptStatus:
        """Where we are now; called at every prompt, so cheap."""

    def note(self, kind: str, detail: str) -> None:
        """Something the audit should know: tampering, unguarded, guarded, suspend, broken."""

    def command_ended(self, id: str, exit_status: int) -> None:  # noqa: A002 - the machines' common word
        """The released line with this id ended, as the shell tells at its next prompt."""

    def control(self, verb: str, arguments: Mapping[str, str]) -> Mapping[str, str]:
        """Answer `unlock`, `lock` or `status`; `unlock` opens the dialog inside `Doors.terminal()`."""

    def end(self) -> None:
        """The session is over and the terminal is the person's again."""


class Inner(Protocol):
    """The guard of a shell that a released line opens, as another user or elsewhere, until the line is over.

    A guard that follows such shells has `following(line)`, which gives one of these for a line that it just
    released, else None. An Inner has it, too. `leaving` names what runs there without a guard, where
    nobody sees the processes.
    """

    landing: Landing
    leaving: str

    @property
    def foreign(self) -> bool:
        """True where the numbers of processes there mean nothing here."""

    def text(self, shell: str) -> str:
        """What the hook of the shell around it runs before the line, so that the line opens a shell that asks."""

    def entered(self) -> None:
        """The hook answered from there."""

    def judge(self, line: SubmittedLine) -> Conclusion:
        """As `Guard.judge`."""

    def following(self, line: str) -> Inner | None:
        """The shell that a released line of this one opens."""

    def status(self) -> PromptStatus:
        """As `Guard.status`."""

    def command_ended(self, id: str, exit_status: int) -> None:  # noqa: A002 - the machines' common word
        """As `Guard.command_ended`."""

    def close(self) -> None:
        """The shell around it shows a prompt again."""


class Tape(Protocol):
    """Where a session's output is recorded; a guard that records has an attribute `tape`, else None."""

    def output(self, data: bytes) -> None:
        """What the person saw. Never raises."""

    def resize(self, cols: int, rows: int) -> None:
        """The terminal has another size."""

    def exit(self, status: int) -> None:
        """The shell ended; the recording ends with it."""


class Screen(Protocol):
    """The person's terminal, while a dialog owns it: cooked modes, main screen, no type-ahead."""

    fd_in: int
    fd_out: int

    def write(self, text: str) -> None:
        """Put text on the terminal; newlines are translated by the terminal."""

    def flush_input(self) -> None:
        """Drop what was typed so far: call it right before an answer is read."""


class Doors(Protocol):
    """What the session lends to its guard."""

    session: str
    shell_pid: int

    def terminal(self) -> AbstractContextManager[Screen]:
        """Take the terminal for a dialog.

        Input stops going to the shell, background output is buffered (1 MB, then the programs wait),
        the alternate screen, mouse and paste modes are left and come back afterwards. Raises OSError
        when there is no terminal any more: that means no.
        """

    def notify(self, text: str) -> None:
        """Put one line on the person's terminal without taking it."""


GuardFactory = Callable[[Doors], Guard]
