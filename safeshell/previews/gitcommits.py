"""Commits that a git command would lose or replace.

Every look yields after each commit it found. What must not live here: files of the work tree.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator

from safeshell.model.judgement import Exactness
from safeshell.model.statements import TargetKind
from safeshell.previews.gitcommands import Repository, commits
from safeshell.previews.gitlosses import Losses
from safeshell.previews.telling import ago, count, listing


def pushed(found: Repository, losses: Losses) -> Iterator[None]:
    """Commits of the remote that the pushed branches do not hold; all of a deleted one."""
    told = [target.value for target in found.subject.of_kind(TargetKind.REMOTE, TargetKind.RESOURCE) if target.value]
    operands = told or list(found.operands)
    branch = found.one("symbolic-ref", "--short", "-q", "HEAD")
    remote = operands.pop(0) if operands else _remote_of(found, branch)
    if found.given("--mirror", "--all", "--branches", "--prune"):
        specs = _every(found, remote)
    else:
        specs = operands or [_pushed_name(found, branch)]
    deleting = found.given("--delete", "-d")
    for spec in specs:
        source, destination = _spec(spec, deleting=deleting)
        yield from _against(found, losses, remote, source, destination)
    _as_of(found, losses, remote)


def _remote_of(found: Repository, branch: str) -> str:
    for key in (f"branch.{branch}.pushRemote", "remote.pushDefault", f"branch.{branch}.remote"):
        remote = found.one("config", "--get", key)
        if remote:
            return remote
    return "origin"


def _pushed_name(found: Repository, branch: str) -> str:
    """What a push without a refspec pushes: the branch, to its upstream's name where that is set so."""
    upstream = found.one("config", "--get", f"branch.{branch}.merge")
    follows = found.one("config", "--get", "push.default") in ("upstream", "tracking")
    return f"{branch}:{upstream}" if follows and upstream else branch


def _every(found: Repository, remote: str) -> list[str]:
    """Every branch that the remote is known to have; one that is not here any more would be deleted."""
    names, _ = found.lines("for-each-ref", "--format=%(refname:lstrip=3)", f"refs/remotes/{remote}/")
    here, _ = found.lines("for-each-ref", "--format=%(refname:lstrip=2)", "refs/heads/")
    return [name if name in here else f":{name}" for name in names if name != "HEAD"]


def _spec(spec: str, *, deleting: bool) -> tuple[str, str]:
    """(what is pushed, the branch it goes to); "" as the first where it is deleted."""
    source, colon, destination = spec.removeprefix("+").partition(":")
    destination = destination if colon else source
    return ("" if deleting else source), destination.removeprefix("refs/heads/")


def _against(found: Repository, losses: Losses, remote: str, source: str, destination: str) -> Iterator[None]:
    if destination in ("HEAD", "@"):
        destination = found.one("symbolic-ref", "--short", "-q", "HEAD")
    theirs = f"refs/remotes/{remote}/{destination}"
    if not found.commit(theirs):
        losses.notes.append(f"nothing is known of {destination} at {remote}")
        losses.exactness = Exactness.AT_LEAST
        return
    losses.where = f" of {remote}/{destination}" if not losses.where else f" of {remote}"
    if source and not found.commit(source):
        losses.fail(f"{source} is no commit here")
        return
    kept = [source] if source else [f"--exclude={theirs.removeprefix('refs/remotes/')}", "--remotes"]
    if not source:
        losses.said.append(f"{remote}/{destination} would be deleted")
    for commit in commits(found, theirs, "--not", *kept):
        losses.add(*commit)
        yield


def _as_of(found: Repository, losses: Losses, remote: str) -> None:
    """Others may have pushed since: what is counted is only what was last seen of the remote."""
    folder = found.one("rev-parse", "--absolute-git-dir")
    try:
        seen = os.stat(os.path.join(folder, "FETCH_HEAD")).st_mtime
    except OSError:
        losses.notes.append(f"{remote} was never fetched here: others may have pushed more")
    else:
        losses.notes.append(f"as of the last fetch, {ago(time.time() - seen)}: others may have pushed more")
    if losses.exactness is Exactness.EXACT:
        losses.exactness = Exactness.AT_LEAST


def refs_deleted(found: Repository, losses: Losses) -> Iterator[None]:
    """Commits that only the named branches, tags or refs hold."""
    told = [target.value for target in found.subject.of_kind(TargetKind.REF) if target.value]
    operands = told or found.operands
    names = [name for name in operands if found.commit(name)]
    missing = [name for name in operands if name not in names]
    if missing:
        losses.notes.append(f"not here: {listing(missing)}")
    full = [found.one("rev-parse", "--symbolic-full-name", name) for name in names]
    losses.where = " that nothing else holds"
    losses.recoverable = True
    excluded = [f"--exclude={name}" for name in full if name]
    for commit in commits(found, *names, "--not", *excluded, "--all") if names else ():
        losses.add(*commit)
        yield
    if not losses.commits and names:
        losses.said.append(f"{count(len(names), 'ref')} would go, every commit stays held elsewhere")


def amended(found: Repository, losses: Losses) -> Iterator[None]:
    """The one commit that is replaced."""
    losses.where = " as it is now"
    losses.recoverable = True
    for commit in commits(found, "-1", "HEAD"):
        losses.add(*commit)
        yield
    _published(found, losses)


def _published(found: Repository, losses: Losses) -> None:
    holding, _ = found.lines("branch", "-r", "--contains", "HEAD", "--format=%(refname:short)")
    if holding:
        losses.notes.append(f"already on {listing(holding)}: others may have it")


def rewritten(found: Repository, losses: Losses) -> Iterator[None]:
    """Commits that get new ids: of a rebase those ahead of its base, of a filter all."""
    base = next((name for name in found.operands if found.commit(name)), "")
    if found.subcommand == "rebase":
        base = base or found.one("rev-parse", "--abbrev-ref", "--symbolic-full-name", "@{upstream}")
    losses.where = " as they are now"
    losses.recoverable = found.subcommand != "filter-repo"
    for commit in commits(found, "HEAD", "--not", base) if base else commits(found, "--all"):
        losses.add(*commit)
        yield
    _published(found, losses)


def unreachable(found: Repository, losses: Losses) -> Iterator[None]:
    """Commits that only the reflog still holds."""
    losses.where = " that only the reflog holds"
    for commit in commits(found, "--reflog", "--not", "--branches", "--tags", "--remotes", "HEAD"):
        losses.add(*commit)
        yield


def stashes(found: Repository, losses: Losses) -> Iterator[None]:
    """The stash that is dropped, or all of them."""
    found_lines, whole = found.lines("stash", "list", "--format=%gd: %s  (%cr)")
    operands = found.operands[1:]
    if "clear" in found.operands:
        gone = found_lines
    else:
        wanted = operands[0] if operands else "0"
        name = f"stash@{{{wanted}}}" if wanted.isdigit() else wanted
        gone = [line for line in found_lines if line.startswith(f"{name}:")]
    if not whole:
        losses.fail("git did not list its stashes")
    losses.changed.extend(gone)
    losses.said.append(f"{count(len(gone), 'stash', 'stashes')} of {len(found_lines)} would go")
    yield
