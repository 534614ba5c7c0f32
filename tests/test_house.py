"""The house itself: tests mirror the tree, files say what they are for, rules of the drawing hold."""

from __future__ import annotations

import ast
import statistics
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
SOURCES = sorted(path for path in (ROOT / "safeshell").rglob("*.py") if "_config" not in path.parts)
MODULES = [path for path in SOURCES if path.name != "__init__.py"]


def named(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", MODULES, ids=named)
def test_each_module_has_its_tests(path):
    """safeshell/a/b.py is tested by tests/a/test_b.py."""
    folder = path.relative_to(ROOT / "safeshell").parent
    assert (ROOT / "tests" / folder / f"test_{path.stem}.py").exists()


@pytest.mark.parametrize("path", SOURCES, ids=named)
def test_each_file_says_what_must_not_live_there(path):
    """Every file opens with what lives here and what must not."""
    text = path.read_text(encoding="utf-8")
    docstring = ast.get_docstring(ast.parse(text)) or ""
    assert docstring
    if path.name != "__init__.py":
        words = " ".join(docstring.split())
        assert "must not" in words or "Law:" in docstring or "nothing else" in docstring.lower()


def test_functions_stay_short():
    """Median about 10 lines, nine of ten at most about 35."""
    lengths = [
        node.end_lineno - node.lineno + 1
        for path in SOURCES
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.end_lineno
    ]
    assert statistics.median(lengths) <= 12
    assert statistics.quantiles(lengths, n=10)[8] <= 36


@pytest.mark.parametrize("path", SOURCES, ids=named)
def test_files_stay_readable(path):
    """A file that grows far beyond 400 lines is two files."""
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 450


def test_no_rule_is_a_regular_expression():
    """Packs describe words; `re` decides nothing in policy, guard or the command interpreter."""
    judging = [ROOT / "safeshell" / part for part in ("guard", "languages/commands")]
    judging += [ROOT / "safeshell/policy" / name for name in ("assess.py", "decide.py", "scratch.py", "demands.py")]
    files = [file for path in judging for file in ([path] if path.suffix else path.rglob("*.py"))]
    for file in files:
        imported = {
            alias.name
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
            if isinstance(node, ast.Import)
            for alias in node.names
        }
        assert "re" not in imported, file
    for pack in (ROOT / "config/packs").glob("*.yaml"):
        assert "regex:" not in pack.read_text(encoding="utf-8"), pack


def test_no_paths_of_the_workplace():
    """Nothing in the tree speaks of the machine it was written on."""
    words = ("/opt/" + "venv", "/work/" + "main", "/work/" + "shared")
    for path in ROOT.rglob("*"):
        parts = path.relative_to(ROOT).parts
        if (
            not path.is_file()
            or path.is_symlink()
            or parts[0]
            in {".git", ".venv", ".ruff_cache", ".mypy_cache", ".pytest_cache", ".hypothesis", ".import_linter_cache"}
            or "__pycache__" in parts
        ):
            continue
        if path.suffix in {".py", ".yaml", ".md", ".sh", ".toml", ".txt", ".bash", ""}:
            text = path.read_text(encoding="utf-8", errors="replace")
            assert not any(word in text for word in words), path
