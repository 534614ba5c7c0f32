"""Files and uncommitted changes that a git command would lose.

What must not live here: history (gitcommits).
"""

from __future__ import annotations

import getopt
import os
import stat
from collections.abc import Iterator

from safeshell.previews.gitcommands import Repository, commits
from safeshell.previews.gitlosses import Losses
from safeshell.previews.walking import Tally, walk

_CLEAN_LONGS = ["force", "interactive", "quiet", "dry-run", "exclude="]
_REMOVES, _SKIPS = "Would remove ", "Would skip repository "


def standing(found: Repository, losses: Losses) -> Iterator[None]:
    """For commands without a look of their own: what of this repository is nowhere else."""
    yield from _uncommitted(found, losses, ())
    for commit in commits(found, "--branches", "--not", "--remotes"):
        losses.add(*commit)
        yield
    losses.where = " that no remote has"


def _uncommitted(found: Repository, losses: Losses, paths: tuple[str, ...]) -> Iterator[None]:
    """Tracked files that differ from the last commit, in the index or in the work tree."""
    words = ("status", "--porcelain=v1", "-z", "--no-renames", "--untracked-files=no")
    lines, whole = found.lines(*words, *(("--", *paths) if paths else ()), end=b"\0")
    if not whole:
        losses.fail("git did not tell what is uncommitted")
    losses.changed.extend(line[3:] for line in lines if len(line) > 3)  # noqa: PLR2004 - two letters and a space
    yield


def reset(found: Repository, losses: Losses) -> Iterator[None]:
    """Uncommitted changes where it is hard, and the commits that the branch moves away from."""
    hard = found.given("--hard", "--merge")
    if hard:
        yield from _uncommitted(found, losses, ())
    name = next((word for word in found.operands if found.commit(word)), "HEAD")
    losses.where = " that the branch moves away from"
    losses.recoverable = True
    for commit in commits(found, "HEAD", "--not", name):
        losses.add(*commit)
        yield
    if losses.commits:
        kept, _ = found.lines("rev-list", "HEAD", "--not", name, "--remotes", "--")
        losses.notes.append(
            f"{len(kept)} of these commits are on no remote" if kept else "a remote has all of these commits"
        )


def discarded(found: Repository, losses: Losses) -> Iterator[None]:
    """Uncommitted changes in the files that are overwritten; all of them when none are named."""
    named = found.paths or tuple(word for word in found.operands if not found.commit(word))
    forced = found.given("-f", "--force", "--discard-changes", "--reset", "-a")
    if not named and not forced and found.operands:
        named = found.operands
    yield from _uncommitted(found, losses, named)


def cleaned(found: Repository, losses: Losses) -> Iterator[None]:
    """What `git clean -n` says for the same paths, and what lies below the directories among it.

    The person's words are not repeated: they hold what would really clean. Only what they select is.
    """
    try:
        options, paths = getopt.gnu_getopt(list(found.words), "fdxXiqne:", _CLEAN_LONGS)
    except getopt.GetoptError as fault:
        losses.fail(f"git clean would not take these options: {fault}")
        return
    kept = [name for name, _ in options if name in ("-d", "-x", "-X")]
    kept += [f"--exclude={value}" for name, value in options if name in ("-e", "--exclude")]
    program = found.ask("-c", "clean.requireForce=true", "clean", *kept, "--dry-run", "--", *paths)
    for line in program.lines():
        if line.startswith(_REMOVES):
            yield from _weigh(_unquoted(line[len(_REMOVES) :]), _place(found), losses)
        elif line.startswith(_SKIPS):
            losses.notes.append(f"keeps the repository {line[len(_SKIPS) :]}")
    if program.code != 0 or not program.finished:
        losses.fail(f"git clean could not tell: {program.error or 'it took too long'}")


def _place(found: Repository) -> str:
    """The directory that git's answers are relative to."""
    folder = found.subject.cwd or "/"
    for name, value in zip(found.before, found.before[1:], strict=False):
        if name == "-C":
            folder = os.path.join(folder, value)
    return folder


def _unquoted(name: str) -> str:
    """A name with special characters stands in quotes, C-style."""
    if not name.startswith('"'):
        return name
    return name[1:-1].encode("latin-1", "backslashreplace").decode("unicode_escape")


def _weigh(name: str, folder: str, losses: Losses) -> Iterator[None]:
    """A file, or a directory with everything below."""
    path = os.path.join(folder, name)
    losses.untracked.append(name)
    tally = Tally()
    try:
        found = os.lstat(path.rstrip("/"))
    except OSError:
        return
    if stat.S_ISDIR(found.st_mode):
        for _ in walk(path.rstrip("/"), tally):
            yield
    else:
        tally.add(path, found)
    losses.files += tally.entries
    losses.weight += tally.size
    yield


def worktree_removed(found: Repository, losses: Losses) -> Iterator[None]:
    """Changed and untracked files of the work tree that goes."""
    operands = found.operands[1:]
    place = found.subject.beside(operands[0]) if operands else None
    if place is None:
        losses.fail("which work tree is not known")
        return
    words = ("-C", place, "status", "--porcelain=v1", "-z", "--no-renames", "--untracked-files=all")
    lines, whole = found.lines(*words, end=b"\0")
    if not whole:
        losses.fail(f"git cannot look at {operands[0]}")
    losses.changed.extend(line[3:] for line in lines if len(line) > 3)  # noqa: PLR2004 - two letters and a space
    yield
