"""Last good texts."""

from __future__ import annotations

from pathlib import Path

from safeshell.state.lastgood import LastGood


def test_texts_are_kept_by_source(tmp_path: Path):
    """The newest text of each file, and none for others."""
    good = LastGood(str(tmp_path / "good"))
    good.keep("/a", "one")
    good.keep("/a", "two\n# ü\n")
    good.keep("/b", "")
    assert (good.recall("/a"), good.recall("/b"), good.recall("/c")) == ("two\n# ü\n", "", None)


def test_a_text_of_another_source_is_not_taken(tmp_path: Path):
    """Each text names its source, whatever its file is called."""
    good = LastGood(str(tmp_path))
    good.keep("/a", "one")
    (file,) = tmp_path.iterdir()
    file.write_text("/b\ntwo")
    assert good.recall("/a") is None


def test_keeping_is_never_a_fault(tmp_path: Path):
    """Where nothing can be written, nothing is remembered."""
    (tmp_path / "good").write_text("in the way")
    good = LastGood(str(tmp_path / "good"))
    good.keep("/a", "one")
    assert good.recall("/a") is None
