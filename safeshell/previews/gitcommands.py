"""The git command of a line: in which repository, which subcommand, with which words; and asking git.

What must not live here: what is lost.
"""

from __future__ import annotations

from collections.abc import Iterator

from safeshell.model.values import dataclass
from safeshell.previews.programs import Program
from safeshell.previews.subject import Subject
from safeshell.previews.worktrees import GIT

_VALUED = frozenset(
    {"-C", "-c", "--git-dir", "--work-tree", "--namespace", "--exec-path", "--config-env", "--super-prefix"}
)
"""Options before the subcommand that take the next word (git(1))."""

_KEPT = ("-C", "--git-dir", "--work-tree")
"""Those that say which repository; the others are not repeated: a -c may name a program to run."""


@dataclass(frozen=True, slots=True)
class Repository:
    """A git command that can be looked at: `before` selects the repository, `words` follow the subcommand."""

    subject: Subject
    before: tuple[str, ...]
    subcommand: str
    words: tuple[str, ...]

    def lines(self, *words: str, end: bytes = b"\n") -> tuple[list[str], bool]:
        """What git answers, and whether it answered in full."""
        program = self.ask(*words, end=end)
        found = list(program.lines())
        return found, program.finished and program.code == 0

    def ask(self, *words: str, end: bytes = b"\n") -> Program:
        """A git program in this repository."""
        return Program([*GIT, *self.before, *words], self.subject, cwd=self.subject.cwd, end=end)

    def one(self, *words: str) -> str:
        """The first line of the answer, "" where git has none."""
        found, whole = self.lines(*words)
        return found[0] if whole and found else ""

    def commit(self, name: str) -> str:
        """The full id of the commit that a name means, "" where it means none."""
        return self.one("rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}")

    @property
    def options(self) -> tuple[str, ...]:
        """The words that begin with a dash, before any `--`."""
        return tuple(word for word in self._head() if word.startswith("-") and word != "-")

    @property
    def operands(self) -> tuple[str, ...]:
        """The other words before any `--`."""
        return tuple(word for word in self._head() if not word.startswith("-") or word == "-")

    @property
    def paths(self) -> tuple[str, ...]:
        """The words after `--`."""
        return self.words[self.words.index("--") + 1 :] if "--" in self.words else ()

    def given(self, *names: str) -> bool:
        """True when one of these options is given: letters in clusters, long names also shortened."""
        return any(_means(option, name) for option in self.options for name in names)

    def _head(self) -> tuple[str, ...]:
        return self.words[: self.words.index("--")] if "--" in self.words else self.words


def _means(option: str, name: str) -> bool:
    if name.startswith("--"):
        written = option.partition("=")[0]
        return len(written) > 3 and name.startswith(written)  # noqa: PLR2004 - `--` and two letters at least
    return not option.startswith("--") and name[1] in option[1:]


def repository(subject: Subject) -> Repository | str:
    """The command's repository, or why nothing can be told."""
    if subject.cwd is None or not subject.words or None in subject.words:
        return "where and on what git would work is only known when it runs"
    words = [word or "" for word in subject.words]
    before, index = _leading(words)
    if index >= len(words):
        return "no subcommand of git"
    found = Repository(subject, tuple(before), words[index], tuple(words[index + 1 :]))
    program = found.ask("rev-parse", "--git-dir")
    list(program.lines())
    if program.missing:
        return "git is not installed here"
    if program.code != 0:
        return f"git cannot look there: {program.error or 'it took too long'}"
    return found


def _leading(words: list[str]) -> tuple[list[str], int]:
    """The options that say which repository, and where the subcommand stands."""
    before: list[str] = []
    index = 1
    while index < len(words) and words[index].startswith("-"):
        word = words[index]
        if word in _VALUED and index + 1 < len(words):
            before += [word, words[index + 1]] if word in _KEPT else []
            index += 1
        elif word.startswith(tuple(f"{name}=" for name in _KEPT)):
            before.append(word)
        index += 1
    return before, index


def commits(found: Repository, *selection: str) -> Iterator[tuple[str, str, str]]:
    """(author, age, one line) of each commit of a selection, newest first."""
    form = "%an%x09%cr%x09%h %s"
    for line in found.ask("log", f"--format={form}", *selection, "--").lines():
        author, _, rest = line.partition("\t")
        age, _, subject = rest.partition("\t")
        yield author, age, subject
