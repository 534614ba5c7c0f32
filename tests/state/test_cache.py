"""The compiled cache."""

from __future__ import annotations

import marshal
import os
from pathlib import Path
from typing import Any

import pytest

from safeshell.state.cache import cached, stamp


class Compiler:
    """Counts how often it is asked."""

    def __init__(self, value: Any = "value", keep: bool = True) -> None:
        self.value, self.keep, self.asked = value, keep, 0

    def __call__(self) -> tuple[Any, bool]:
        self.asked += 1
        return self.value, self.keep


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "source"
    path.write_text("one")
    return path


def ask(tmp_path: Path, source: Path, compiler: Compiler, version: int = 1) -> Any:
    return cached(str(tmp_path / "cache"), "kind", [str(source)], version, compiler)


def test_an_unchanged_source_is_compiled_once(tmp_path: Path, source: Path):
    """The second time the value comes from the cache, equal to the first."""
    value = {"a": [1, 2.0, "x", None, True, (3,)]}
    first, second = Compiler(value), Compiler("wrong")
    assert ask(tmp_path, source, first) == value
    assert ask(tmp_path, source, second) == value
    assert (first.asked, second.asked) == (1, 0)


@pytest.mark.parametrize("change", ["text", "touch", "replace", "remove"])
def test_any_change_of_a_source_compiles_anew(tmp_path: Path, source: Path, change: str):
    """Time, size, inode or existence: each is noticed."""
    ask(tmp_path, source, Compiler())
    if change == "text":
        source.write_text("longer")
    elif change == "touch":
        os.utime(source, ns=(1, 1))
    elif change == "replace":
        times = source.stat()
        (tmp_path / "other").write_text("two")
        (tmp_path / "other").replace(source)
        os.utime(source, ns=(times.st_atime_ns, times.st_mtime_ns))
    else:
        source.unlink()
    again = Compiler("new")
    assert ask(tmp_path, source, again) == "new"


def test_another_version_compiles_anew(tmp_path: Path, source: Path):
    """A new form of the value makes the old one worthless."""
    ask(tmp_path, source, Compiler())
    assert ask(tmp_path, source, Compiler("new"), version=2) == "new"


def test_what_may_not_be_kept_is_not(tmp_path: Path, source: Path):
    """A compilation with faults is asked for again."""
    ask(tmp_path, source, Compiler(keep=False))
    again = Compiler()
    ask(tmp_path, source, again)
    assert again.asked == 1


@pytest.mark.parametrize("data", [b"", b"garbage", marshal.dumps("x"), marshal.dumps(((), 1)), b"\xff" * 100])
def test_a_damaged_cache_is_no_fault(tmp_path: Path, source: Path, data: bytes):
    """Whatever stands in the file, the value is compiled then."""
    ask(tmp_path, source, Compiler())
    (file,) = (tmp_path / "cache").iterdir()
    file.write_bytes(data)
    assert ask(tmp_path, source, Compiler("new")) == "new"


def test_a_cache_that_others_could_write_is_not_believed(tmp_path: Path, source: Path):
    """Wider permissions mean that the contents may be anybody's."""
    ask(tmp_path, source, Compiler())
    (file,) = (tmp_path / "cache").iterdir()
    file.chmod(0o666)
    assert ask(tmp_path, source, Compiler("new")) == "new"


def test_a_cache_that_cannot_be_written_is_no_fault(tmp_path: Path, source: Path):
    """A file where the directory should be: slow, and right."""
    (tmp_path / "cache").write_text("in the way")
    assert ask(tmp_path, source, Compiler("value")) == "value"


def test_a_missing_file_has_a_stamp(tmp_path: Path):
    """Coming into being changes it."""
    before = stamp(str(tmp_path / "f"))
    (tmp_path / "f").write_text("")
    assert stamp(str(tmp_path / "f")) != before
