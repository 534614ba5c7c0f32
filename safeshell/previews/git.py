"""What a git command would lose: commits and their authors, uncommitted changes, untracked files.

Each subcommand is a row of `_LOOKS`. Nothing is fetched: what a remote holds is what was last seen of
it. What must not live here: work trees that other commands hit (worktrees).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from safeshell.model.judgement import Preview
from safeshell.previews import gitcommits, gitfiles
from safeshell.previews.gitcommands import Repository, repository
from safeshell.previews.gitlosses import Losses, preview
from safeshell.previews.subject import Subject

_LOOKS: dict[str, Callable[[Repository, Losses], Iterator[None]]] = {
    "push": gitcommits.pushed,
    "send-pack": gitcommits.pushed,
    "branch": gitcommits.refs_deleted,
    "tag": gitcommits.refs_deleted,
    "update-ref": gitcommits.refs_deleted,
    "commit": gitcommits.amended,
    "rebase": gitcommits.rewritten,
    "filter-branch": gitcommits.rewritten,
    "filter-repo": gitcommits.rewritten,
    "reflog": gitcommits.unreachable,
    "gc": gitcommits.unreachable,
    "prune": gitcommits.unreachable,
    "stash": gitcommits.stashes,
    "reset": gitfiles.reset,
    "clean": gitfiles.cleaned,
    "checkout": gitfiles.discarded,
    "switch": gitfiles.discarded,
    "restore": gitfiles.discarded,
    "read-tree": gitfiles.discarded,
    "checkout-index": gitfiles.discarded,
    "rm": gitfiles.discarded,
    "worktree": gitfiles.worktree_removed,
}


def look(subject: Subject) -> Iterator[Preview]:
    """By subcommand; for one without a row, what of this repository is nowhere else."""
    losses = Losses()
    found = repository(subject)
    if isinstance(found, str):
        losses.fail(found)
    else:
        for _ in _LOOKS.get(found.subcommand, gitfiles.standing)(found, losses):
            yield preview(losses, done=False)
    yield preview(losses, done=True)
