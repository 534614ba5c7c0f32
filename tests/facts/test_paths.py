"""Paths and their roots, on a real file system."""

from __future__ import annotations

import os
import pwd
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from safeshell.facts.paths import Roots, below, normal, path_fact, roots_of
from safeshell.model.facts import PathFact


@pytest.fixture
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with a work tree, beside other directories; all of it below the system's /tmp."""
    base = Path(os.path.realpath(tmp_path_factory.mktemp("world")))
    tree = base / "home" / "shop"
    for folder in (
        tree / ".git",
        tree / "src",
        tree / "node_modules" / "x",
        base / "srv" / "data",
        base / "home" / ".cache",
    ):
        folder.mkdir(parents=True)
    (tree / ".git" / "HEAD").write_text("ref: refs/heads/main\n")
    (base / "home" / "notes").write_text("x")
    (base / "srv" / "data" / "table").write_text("x")
    return base


def roots(world: Path, *scratch: str) -> Roots:
    """Roots as a host would have them where the world does not lie in /tmp."""
    home = str(world / "home")
    pairs = tuple((path, os.path.realpath(path)) for path in (*scratch, f"{home}/.cache"))
    return Roots(home, ((home, home),), pairs)


def fact(world: Path, subject: str, cwd: Path | None = None, *scratch: str) -> PathFact:
    found = path_fact(subject, str(cwd or world / "srv"), roots(world, *scratch))
    assert found is not None
    return found


def test_a_file_in_the_home(world: Path):
    """~/ is expanded; kind, existence and home are told."""
    found = fact(world, "~/notes")
    assert (found.path, found.exists, found.kind) == (str(world / "home/notes"), True, "file")
    assert (found.home, found.scratch_root, found.cwd_below) == (str(world / "home"), None, False)


def test_a_missing_file_below_the_current_directory(world: Path):
    """A new file is known as such."""
    found = fact(world, "new.txt")
    assert (found.exists, found.kind, found.cwd_below, found.looked) == (False, "", True, True)
    assert (found.home, found.work_tree) == (None, None)


def test_the_home_itself_is_not_below_a_home(world: Path):
    """Roots count strictly: `rm -rf ~` is not one's own little file."""
    assert fact(world, "~").home is None
    assert fact(world, "~/").home is None
    assert fact(world, ".", world / "home").cwd_below is False


def test_work_trees(world: Path):
    """The nearest directory with a repository is the work tree; its root is not below itself."""
    tree = world / "home/shop"
    assert fact(world, "src/a.py", tree).work_tree == str(tree)
    assert fact(world, str(tree)).work_tree is None
    assert fact(world, "~/notes").work_tree is None


def test_a_worktree_file_counts_and_an_empty_git_directory_does_not(world: Path):
    """`git worktree` leaves a file; a bare directory called .git is nothing."""
    (world / "srv/linked").mkdir()
    (world / "srv/linked/.git").write_text("gitdir: elsewhere\n")
    (world / "srv/odd/.git").mkdir(parents=True)
    assert fact(world, "linked/a").work_tree == str(world / "srv/linked")
    assert fact(world, "odd/a").work_tree is None


@pytest.mark.parametrize(
    "name", ["node_modules", "node_modules/x", "build", "dist/a/b", "src/__pycache__/m.pyc", ".venv/bin", "target"]
)
def test_regenerable_directories_of_a_work_tree_are_scratch(world: Path, name: str):
    """They and everything in them, made already or not."""
    assert fact(world, name, world / "home/shop").scratch_root is not None


@pytest.mark.parametrize("name", ["src", "builds", ".git/build", "../build", "src/../../dist"])
def test_other_directories_are_not(world: Path, name: str):
    """Other names, git's own files, and what lies outside the tree are no scratch."""
    assert fact(world, name, world / "home/shop").scratch_root is None


def test_regenerable_outside_a_work_tree_is_not_scratch(world: Path):
    """/srv/build may be anything."""
    assert fact(world, "build/x").scratch_root is None


def test_scratch_needs_both_spellings(world: Path):
    """A link out of scratch, and a link into it from elsewhere, are judged by both ends."""
    scratch = world / "scratch"
    scratch.mkdir()
    (scratch / "out").symlink_to(world / "srv/data")
    (world / "srv/in").symlink_to(scratch)
    assert fact(world, str(scratch / "x"), None, str(scratch)).scratch_root == str(scratch)
    assert fact(world, str(scratch / "out"), None, str(scratch)).scratch_root is None
    assert fact(world, str(scratch / "out/table"), None, str(scratch)).scratch_root is None
    assert fact(world, str(world / "srv/in/x"), None, str(scratch)).scratch_root is None
    assert fact(world, str(scratch / "../srv/data"), None, str(scratch)).scratch_root is None
    assert fact(world, str(scratch), None, str(scratch)).scratch_root is None


def test_a_linked_scratch_root_counts(world: Path):
    """Where the root itself is a link (macOS' /tmp), paths below it are scratch in either spelling."""
    (world / "private").mkdir()
    (world / "tmp").symlink_to(world / "private")
    for spelled in ("tmp/x", "private/x"):
        assert fact(world, str(world / spelled), None, str(world / "tmp")).scratch_root == str(world / "tmp")


def test_a_link_out_of_the_home_is_not_the_home(world: Path):
    """Writing through ~/data into /srv is not writing one's own file."""
    (world / "home/data").symlink_to(world / "srv/data")
    found = fact(world, "~/data/table")
    assert (found.home, found.resolved) == (None, str(world / "srv/data/table"))


def test_a_linked_project_is_its_work_tree(world: Path):
    """A work tree reached by a link from elsewhere is still a work tree, by the name that was written."""
    (world / "srv/shop").symlink_to(world / "home/shop")
    found = fact(world, "shop/src/a", world / "srv")
    assert found.work_tree == str(world / "srv/shop")


def test_a_home_in_scratch_is_a_home(world: Path):
    """The nearest root wins: a home or the demo's directory below /tmp is no scratch, its .cache is."""
    outer = str(world)
    assert fact(world, "~/notes", None, outer).scratch_root is None
    assert fact(world, "~", None, outer).scratch_root is None
    assert fact(world, "~/.cache/x", None, outer).scratch_root == str(world / "home/.cache")
    assert fact(world, str(world / "srv/data"), None, outer).scratch_root == outer
    assert fact(world, "build", world / "home/shop", outer).scratch_root is not None


def test_what_holds_a_home_is_not_scratch(world: Path):
    """Deleting a directory above a home, or a pattern that would match it, takes the home along."""
    (world / "deep/home2").mkdir(parents=True)
    home = str(world / "deep/home2")
    own = Roots(home, ((home, home),), ((str(world), str(world)),))
    for subject in ("deep", "*", "d*", "d*/home?"):
        found = path_fact(subject, str(world), own)
        assert found is not None
        assert found.scratch_root is None, subject
    other = path_fact("s*", str(world), own)
    assert other is not None
    assert other.scratch_root == str(world)


def test_patterns_are_judged_by_their_fixed_directory(world: Path):
    """`data/*` lies below data; it never claims a root by going up again."""
    found = fact(world, "data/*")
    assert (found.path, found.exists, found.cwd_below) == (str(world / "srv/data/*"), True, True)
    assert fact(world, "nowhere/*").exists is False
    up = fact(world, "data/*/../../../home/*")
    assert (up.home, up.cwd_below, up.scratch_root) == (None, False, None)


def test_a_file_named_like_a_pattern_is_a_file(world: Path):
    """What exists by that very name is meant."""
    (world / "srv/a*b").write_text("x")
    assert fact(world, "a*b").kind == "file"


def test_kinds(world: Path):
    """Directories, devices, sockets and FIFOs are told apart."""
    os.mkfifo(world / "srv/pipe")
    assert fact(world, "data").kind == "directory"
    assert fact(world, "/dev/null").kind == "device"
    assert fact(world, "pipe").kind == "other"


def test_a_dangling_link_does_not_exist(world: Path):
    """Writing through it makes a new file at its end."""
    (world / "srv/link").symlink_to(world / "home/none")
    found = fact(world, "link")
    assert (found.exists, found.resolved) == (False, str(world / "home/none"))


def test_unknown_directories_give_no_fact(world: Path):
    """Without a current directory a relative path is nobody's."""
    assert path_fact("x", "", roots(world)) is None
    assert path_fact("", "/", roots(world)) is None
    assert path_fact("a\0b", "/", roots(world)) is None
    assert path_fact("/etc", "", roots(world)) is not None


def test_another_users_home(world: Path):
    """~user is that user's home; a user that does not exist is an ordinary name, as in bash."""
    somebody = next(entry for entry in pwd.getpwall() if entry.pw_dir not in {"/", "/nonexistent"})
    assert fact(world, f"~{somebody.pw_name}/x").path == f"{somebody.pw_dir}/x"
    assert fact(world, "~no-such-user/x").path == str(world / "srv/~no-such-user/x")


def test_tmp_is_scratch_on_this_host():
    """The roots of a real person: /tmp, /var/tmp, a $TMPDIR below them, ~/.cache, and no home inside."""
    found = roots_of("/tmp/somebody", {"TMPDIR": "/var/tmp/mine"}, ["/tmp/demo"])
    for path, root in {
        "/tmp/x": "/tmp",
        "/var/tmp/x": "/var/tmp",
        "/var/tmp/mine/x": "/var/tmp/mine",
        "/tmp/somebody/.cache/x": "/tmp/somebody/.cache",
    }.items():
        told = path_fact(path, "/", found)
        assert told is not None
        assert told.scratch_root == root
    for path in ("/tmp", "/tmp/somebody", "/tmp/somebody/x", "/tmp/demo/x", "/tmp/demo", "/tmp/*", "/etc/x"):
        told = path_fact(path, "/", found)
        assert told is not None
        assert told.scratch_root is None, path


@pytest.mark.parametrize("tmpdir", ["/", "/etc", "/srv/tmp", "relative", "/tmp/../etc", "/proc/self/root"])
def test_tmpdir_elsewhere_is_no_scratch(tmpdir: str):
    """$TMPDIR counts only below the places that temporary files belong to."""
    roots_ = roots_of("/home/somebody", {"TMPDIR": tmpdir})
    assert {written for written, _ in roots_.scratch} <= {
        "/tmp",
        "/var/tmp",
        "/home/somebody/.cache",
        f"{pwd.getpwuid(os.geteuid()).pw_dir}/.cache",
    }


@pytest.mark.parametrize("home", ["/", "/etc", "/usr", "relative", ""])
def test_system_directories_are_no_homes(home: str):
    """A service account with HOME=/ does not make the whole host its own."""
    assert home not in {written for written, _ in roots_of(home, {}).homes}


def test_names_of_paths():
    """Normal form and strict containment."""
    assert normal("//a/./b/../c") == "/a/c"
    assert below("/a/b", "/a")
    assert not below("/a", "/a")
    assert not below("/ab", "/a")


PIECES = st.sampled_from(
    ["/", "..", ".", "~", "tmp", "*", "[", "a", "node_modules", "~root", "\n", "\udcff", "\ud800", "\0", "x" * 300]
)


@settings(max_examples=300, deadline=None)
@given(st.lists(PIECES, max_size=8).map("/".join) | st.lists(PIECES, max_size=6).map("".join) | st.text(max_size=30))
def test_any_subject_has_a_fact_or_none(subject: str):
    """No spelling makes looking fail, and scratch is only ever said of paths below its root."""
    found = path_fact(subject, "/usr", roots_of("/nonexistent/home", {}))
    if found is not None:
        assert found.path == normal(found.path)
        assert found.scratch_root is None or below(found.path, found.scratch_root) or found.path == found.scratch_root
        assert found.work_tree is None
