"""Finding the bash parser."""

import sys

from safeshell.gateways.shfmtplace import find_shfmt


def test_the_one_beside_the_interpreter_comes_first(tmp_path, monkeypatch):
    """Then the first one of PATH that can be run; relative places and directories don't count."""
    beside, other, third = (tmp_path / name for name in ("venv", "other", "third"))
    for place in (beside, other, third):
        place.mkdir()
    monkeypatch.setattr(sys, "executable", str(beside / "python"))
    monkeypatch.setenv("PATH", f"relative:{other}:{third}")
    assert find_shfmt() is None
    (other / "shfmt").mkdir()
    (third / "shfmt").write_text("#!/bin/sh\n")
    assert find_shfmt() is None
    (third / "shfmt").chmod(0o755)
    assert find_shfmt() == f"{third}/shfmt"
    (beside / "shfmt").write_text("#!/bin/sh\n")
    (beside / "shfmt").chmod(0o755)
    assert find_shfmt() == f"{beside}/shfmt"
