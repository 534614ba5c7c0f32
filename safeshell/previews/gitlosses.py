"""What was found that would be lost in a repository, and the preview that says so. Pure.

What must not live here: asking git.
"""

from __future__ import annotations

from collections.abc import Iterator

from safeshell.model.judgement import Exactness, Preview, Reversibility
from safeshell.model.values import dataclass, field
from safeshell.previews.telling import count, listing, size

_SAMPLE_MOST = 12


@dataclass(slots=True)
class Losses:
    """Adds up while git answers.

    `commits` are one line each; `changed` paths with uncommitted changes, `untracked` paths that git
    never saw, which weigh `weight` bytes in `files` files. `recoverable`: the reflog still has them.
    """

    commits: list[str] = field(default_factory=list)
    authors: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    untracked: list[str] = field(default_factory=list)
    files: int = 0
    weight: int = 0
    said: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    where: str = ""
    recoverable: bool = False
    exactness: Exactness = Exactness.EXACT

    def fail(self, why: str) -> None:
        """Something could not be told."""
        self.notes.append(why)
        self.exactness = Exactness.UNKNOWN

    def add(self, author: str, age: str, line: str) -> None:
        """One commit."""
        self.commits.append(f"{line}  ({author}, {age})")
        self.authors.append(author)


def preview(losses: Losses, *, done: bool) -> Preview:
    """One line, the commits and files as sample; commits count where there are any, else files."""
    exactness = losses.exactness
    if not done and exactness is Exactness.EXACT:
        exactness = Exactness.AT_LEAST
    lost = [*losses.commits, *losses.changed, *losses.untracked]
    parts = list(_parts(losses))
    affected, unit = _affected(losses)
    return Preview(
        summary="; ".join([*losses.said, *parts])
        or ("" if exactness is Exactness.UNKNOWN else "nothing would be lost"),
        affected=None if exactness is Exactness.UNKNOWN else affected,
        unit=unit,
        exactness=exactness,
        sample=tuple(lost[:_SAMPLE_MOST]),
        reversibility=_way_back(losses),
        caveats=(*losses.notes, *_hidden(lost)),
    )


def _parts(losses: Losses) -> Iterator[str]:
    if losses.commits:
        people = listing(losses.authors)
        yield f"{count(len(losses.commits), 'commit')}{losses.where} would be lost, by {people}"
    if losses.changed:
        yield f"uncommitted changes in {count(len(losses.changed), 'file')} would be lost"
    if losses.untracked:
        yield f"{count(losses.files, 'untracked file')} would be deleted, {size(losses.weight)}"


def _affected(losses: Losses) -> tuple[int, str]:
    if losses.commits:
        return len(losses.commits), "commits"
    return len(losses.changed) + losses.files, "files"


def _way_back(losses: Losses) -> Reversibility:
    """Commits of this repository stay in the reflog for a while; uncommitted work is gone."""
    if losses.changed or losses.untracked:
        return Reversibility.IRREVERSIBLE
    if losses.commits:
        return Reversibility.REVERSIBLE if losses.recoverable else Reversibility.UNKNOWN
    return Reversibility.UNKNOWN if losses.exactness is Exactness.UNKNOWN else Reversibility.REVERSIBLE


def _hidden(lost: list[str]) -> Iterator[str]:
    if len(lost) > _SAMPLE_MOST:
        yield f"{len(lost) - _SAMPLE_MOST:,} more are not listed"
