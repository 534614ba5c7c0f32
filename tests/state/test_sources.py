"""Which files count, and as what."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from safeshell.state.sources import find_sources, read_source


@pytest.fixture
def world(tmp_path: Path) -> Path:
    (tmp_path / "home/.config/safeshell").mkdir(parents=True)
    (tmp_path / "etc").mkdir()
    return tmp_path


def find(world: Path, config: str = "", **environ: str):
    return find_sources({"HOME": str(world / "home"), **environ}, config, str(world / "etc"))


def user(world: Path) -> Path:
    path = world / "home/.config/safeshell/config.yaml"
    path.write_text("version: 1\n")
    return path


def test_without_any_file_nothing_is_the_floor(world: Path):
    """Then SAFESHELL_CONFIG and --config tighten the built-ins."""
    found = find(world, str(world / "two.yaml"), SAFESHELL_CONFIG=str(world / "one.yaml"))
    assert found.floor == ()
    assert found.upper == (str(world / "one.yaml"), str(world / "two.yaml"))


def test_without_etc_the_users_file_is_the_floor(world: Path):
    """~/.config counts as the floor where the administrator said nothing."""
    mine = str(user(world))
    found = find(world, SAFESHELL_CONFIG="/x.yaml")
    assert (found.floor, found.upper) == ((mine,), ("/x.yaml",))


def test_over_etc_the_users_file_tightens(world: Path):
    """config.yaml and conf.d in the order of their names are the floor."""
    mine = str(user(world))
    (world / "etc/conf.d").mkdir()
    for name in ("config.yaml", "conf.d/20-b.yaml", "conf.d/10-a.yaml", "conf.d/notes.txt", "conf.d/.x.yaml"):
        (world / "etc" / name).write_text("version: 1\n")
    found = find(world)
    assert found.floor == tuple(
        str(world / "etc" / name) for name in ("config.yaml", "conf.d/10-a.yaml", "conf.d/20-b.yaml")
    )
    assert found.upper == (mine,)


def test_conf_d_alone_is_a_floor_too(world: Path):
    """One drop-in is enough for the user's file to lose its say."""
    mine = str(user(world))
    (world / "etc/conf.d").mkdir()
    (world / "etc/conf.d/a.yaml").write_text("version: 1\n")
    assert find(world).upper == (mine,)


def test_a_file_that_anybody_could_write_only_tightens(world: Path):
    """World-writable configuration loses its say about loosening, with a notice."""
    path = user(world)
    path.chmod(0o666)
    found = find(world)
    assert (found.floor, found.upper) == ((), (str(path),))
    assert "can be written by anybody" in found.notices[0]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_somebody_elses_file_only_tightens(world: Path):
    """Under sudo with HOME kept, the caller's file is not root's floor."""
    path = user(world)
    os.chown(path, 65534, -1)
    found = find(world)
    assert (found.floor, found.upper) == ((), (str(path),))


def test_a_broken_link_counts_as_a_file(world: Path):
    """A floor that cannot be read is broken, not absent."""
    (world / "etc/config.yaml").symlink_to("nowhere")
    assert find(world).floor == (str(world / "etc/config.yaml"),)


def test_files_that_may_come_are_looked_at(world: Path):
    """The key of the cache holds paths that do not exist yet."""
    looked = find(world).looked_at
    assert str(world / "etc/config.yaml") in looked
    assert str(world / "etc/conf.d") in looked
    assert str(world / "home/.config/safeshell/config.yaml") in looked


def test_packs_of_the_site_and_of_the_person_come_last(world: Path):
    """Built-in packs first, then the administrator's, then one's own."""
    for folder in (world / "etc/packs", world / "home/.config/safeshell/packs"):
        folder.mkdir()
        (folder / "x.yaml").write_text("pack: x\n")
    packs = find(world).packs
    assert packs[-2:] == (str(world / "etc/packs/x.yaml"), str(world / "home/.config/safeshell/packs/x.yaml"))
    assert len(packs) > 2


def test_what_is_no_text_file_is_not_read(tmp_path: Path):
    """A FIFO does not hang, bytes that are no UTF-8 are refused."""
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "latin").write_bytes(b"name: \xe9\n")
    for name in ("pipe", "latin", "none", "."):
        with pytest.raises((OSError, ValueError)):
            read_source(str(tmp_path / name))


def test_where_the_byte_stands_that_is_no_text(tmp_path: Path):
    """Line and column, counted in characters as an editor does."""
    (tmp_path / "latin").write_bytes("version: 1\n# ü ".encode() + b"\xe9\n")
    with pytest.raises(ValueError, match=r"line 2, column 5 stands the byte 0xe9.*expected UTF-8"):
        read_source(str(tmp_path / "latin"))
