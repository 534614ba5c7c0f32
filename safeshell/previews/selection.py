"""From a command's words to the processes that they select.

`pkill` is asked of `pgrep`, which is the same program with the same options (procps-ng builds both
from one source), so nothing of its matching is written here a second time; `killall` has no such
twin (psmisc), its few options are. What must not live here: describing processes, sending signals.
"""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Iterator

import psutil

from safeshell.model.judgement import Exactness
from safeshell.model.statements import TargetKind
from safeshell.model.values import dataclass, replace
from safeshell.previews.programs import output
from safeshell.previews.subject import Subject

_COMM = 15
"""Characters of a process's name that the kernel keeps (proc(5), comm)."""

_NO_SYNTAX_ERROR = (0, 1)
"""Exit statuses of pgrep for found and not found; 2 and 3 mean that it did not search."""

_SIGNALS = frozenset(
    {name.name for name in signal.Signals} | {name.name.removeprefix("SIG") for name in signal.Signals}
)


@dataclass(frozen=True, slots=True)
class Selection:
    """Process ids, how sure they are, and what has to be said of them."""

    pids: frozenset[int]
    exactness: Exactness = Exactness.EXACT
    notes: tuple[str, ...] = ()

    def joined(self, other: Selection) -> Selection:
        """Both; the less sure of the two counts."""
        weaker = other.exactness if self.exactness is Exactness.EXACT else self.exactness
        return Selection(self.pids | other.pids, weaker, self.notes + other.notes)


def unknown(*notes: str) -> Selection:
    """Nothing can be told, and why."""
    return Selection(frozenset(), Exactness.UNKNOWN, notes)


def by_number(subject: Subject) -> Selection:
    """`kill`: process ids, groups as negative numbers, 0 for one's own group, -1 for everything."""
    found: set[int] = set()
    notes: list[str] = []
    unsure = False
    for target in subject.of_kind(TargetKind.PROCESS, TargetKind.OTHER):
        text = target.value
        if text is None:
            notes.append(f"{target.text}: only known when it runs")
            unsure = True
        elif text.startswith("%"):
            notes.append(f"{text} is a job of this shell")
            unsure = True
        elif text == "-1":
            return everything(subject)
        elif text.lstrip("-").isdigit():
            found |= _group(-int(text)) if int(text) <= 0 else {int(text)}
    alive = frozenset(pid for pid in found if psutil.pid_exists(pid))
    notes += [f"there is no process {pid}" for pid in sorted(found - alive)]
    return Selection(alive, Exactness.UNKNOWN if unsure else Exactness.EXACT, tuple(notes))


def _group(number: int) -> set[int]:
    """The processes of a process group; 0 is the group of the shell, which is a child of the guard."""
    shells = psutil.Process().children()
    wanted = number or _group_of(shells[0].pid if shells else os.getpid())
    return {pid for pid in psutil.pids() if _group_of(pid) == wanted}


def _group_of(pid: int) -> int:
    try:
        return os.getpgid(pid)
    except OSError:
        return -1


def everything(_subject: Subject) -> Selection:
    """Every process that this user may signal, but the first of the host."""
    me = os.geteuid()
    mine = frozenset(pid for pid in psutil.pids() if pid > 1 and (not me or _owner(pid) == me))
    return Selection(mine, notes=("every process that you may signal",))


def _owner(pid: int) -> int:
    try:
        return int(psutil.Process(pid).uids().real)
    except psutil.Error:
        return -1


def by_pattern(subject: Subject) -> Selection:
    """`pkill`: what `pgrep` finds for the same words without the signal."""
    if not subject.words or None in subject.words:
        return unknown("which processes match is only known when it runs")
    words = list(_without_signal([word for word in subject.words[1:] if word is not None]))
    lines, program = output(["pgrep", *words], subject)
    if program.missing:
        patterns = [target.value for target in subject.of_kind(TargetKind.PROCESS) if target.value]
        return replace(_matching(patterns), exactness=Exactness.ESTIMATE, notes=("pgrep is not installed here",))
    if program.code not in _NO_SYNTAX_ERROR or not program.finished:
        return unknown(f"pgrep could not tell: {program.error or 'it took too long'}")
    return Selection(frozenset(int(line) for line in lines if line.isdigit()))


def _without_signal(words: list[str]) -> Iterator[str]:
    """The words without what only pkill knows: the signal, `-e` and `-q VALUE`."""
    skip = options_ended = False
    for word in words:
        options_ended = options_ended or word == "--"
        if skip:
            skip = False
        elif options_ended:
            yield word
        elif word in ("--signal", "-q", "--queue"):
            skip = True
        elif not _is_signal(word) and word not in ("-e", "--echo") and not word.startswith(("--signal=", "--queue=")):
            yield word


def _is_signal(word: str) -> bool:
    name = word[1:] if word.startswith("-") and not word.startswith("--") else ""
    return name.isdigit() or name.upper() in _SIGNALS


def _matching(patterns: list[str]) -> Selection:
    """Names that a pattern matches, as extended regular expressions of pgrep go."""
    try:
        rules = [re.compile(pattern) for pattern in patterns]
    except re.error as fault:
        return unknown(f"the pattern cannot be read: {fault}")
    return Selection(frozenset(pid for pid, name in _names() if any(rule.search(name[:_COMM]) for rule in rules)))


def named(names: list[str], *, ignore_case: bool = False) -> Selection:
    """Processes with exactly one of these names; a name with a slash is the path of the program."""
    wanted = {_folded(name, ignore_case=ignore_case) for name in names}
    short = {name[:_COMM] for name in wanted if "/" not in name}
    found = {pid for pid, name in _names() if _folded(name, ignore_case=ignore_case)[:_COMM] in short}
    paths = {name for name in wanted if "/" in name}
    if paths:
        found |= {process.pid for process in psutil.process_iter(["exe"]) if process.info["exe"] in paths}
    return Selection(frozenset(found))


def _folded(name: str, *, ignore_case: bool) -> str:
    return name.casefold() if ignore_case else name


def _names() -> Iterator[tuple[int, str]]:
    for process in psutil.process_iter(["name"]):
        yield process.pid, process.info["name"] or ""


def by_name(subject: Subject) -> Selection:
    """`killall` of psmisc: exact names, patterns with -r, of one user with -u."""
    import getopt

    if None in subject.words or not subject.words:
        return unknown("which processes match is only known when it runs")
    words = [word for word in subject.words[1:] if word is not None and not _is_signal(word)]
    longs = ["exact", "ignore-case", "process-group", "interactive", "list", "quiet", "regexp", "verbose", "wait"]
    longs += ["signal=", "user=", "older-than=", "younger-than=", "ns=", "context="]
    try:
        options, names = getopt.gnu_getopt(words, "eIgilqrvws:u:o:y:n:Z:", longs)
    except getopt.GetoptError as fault:
        return unknown(f"killall would not take these options: {fault}")
    given = dict(options)
    user = given.get("-u", given.get("--user"))
    if not names and user is None:
        return unknown("killall needs a name")
    chosen = _chosen(
        names, pattern="-r" in given or "--regexp" in given, folded="-I" in given or "--ignore-case" in given
    )
    if user is not None:
        chosen = replace(chosen, pids=frozenset(pid for pid in chosen.pids if _user_of(pid) == user))
    if any(name in given for name in ("-o", "-y", "-n", "-Z", "--older-than", "--younger-than", "--ns", "--context")):
        notes = (*chosen.notes, "killall takes only some of these, by age, namespace or context")
        return replace(chosen, exactness=Exactness.AT_MOST, notes=notes)
    return chosen


def _chosen(names: list[str], *, pattern: bool, folded: bool) -> Selection:
    """By name, by pattern, or everything where only a user was given."""
    if not names:
        return Selection(frozenset(pid for pid, _ in _names()))
    return _matching(names) if pattern else named(names, ignore_case=folded)


def _user_of(pid: int) -> str:
    try:
        return str(psutil.Process(pid).username())
    except (psutil.Error, KeyError):
        return ""
