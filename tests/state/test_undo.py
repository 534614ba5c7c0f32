"""Undo kits on disk: private, there before the statement runs, gone when their time is over."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest

from safeshell.model.values import replace
from safeshell.state.undo import DONE, PENDING, RESTORED, UndoKit, UndoKits, undo_directory

KIT = UndoKit(
    id="",
    at=1_000_000.0,
    language="postgres",
    target="shop@db1",
    operator="ada",
    text="DELETE FROM orders WHERE token = 'hunter2'",
    rows=3,
    size=42,
    connection={"host": "db1", "dbname": "shop"},
    parts=(("orders", 3, "insert"),),
    notes=("a note",),
    restore="BEGIN; COMMIT",
)


@pytest.fixture
def kits(tmp_path):
    return UndoKits(str(tmp_path / "undo"), days=14, redact=lambda text: text.replace("hunter2", "[redacted]"))


def test_a_kit_is_kept_and_found_again(kits):
    """With its files, 0600 in a directory of 0700; the text without secrets."""
    made = kits.begin(KIT, [("restore.data", b"\x00rows")])
    assert (made.state, kits.find(made.id)) == (PENDING, made)
    assert "hunter2" not in made.text
    folder = Path(kits.path(made))
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(one.stat().st_mode) for one in folder.iterdir()} == {0o600}
    assert kits.data(made, "restore.data") == b"\x00rows"
    assert kits.keep(made)
    assert kits.find(made.id).state == DONE
    assert kits.restored(made)
    assert kits.find(made.id).state == RESTORED
    kits.drop(made)
    assert kits.listing() == []


def test_the_newest_come_first_and_old_ones_go(kits):
    """Fourteen days."""
    ids = [kits.begin(replace(KIT, at=KIT.at + day * 86400.0), ()).id for day in (0, 1, 13)]
    assert [kit.id for kit in kits.listing()] == ids[::-1]
    last = kits.begin(replace(KIT, at=KIT.at + 14.5 * 86400.0), ())
    assert [kit.id for kit in kits.listing()] == [last.id, ids[2], ids[1]]


def test_what_cannot_be_written_is_no_kit(kits, tmp_path):
    """None, and nothing half written is left."""
    (tmp_path / "undo").write_text("a file is in the way")
    assert kits.begin(KIT, [("a", b"x")]) is None
    (tmp_path / "undo").unlink()
    assert kits.begin(KIT, [("no/such/place", b"x")]) is None
    assert kits.listing() == []


@pytest.mark.parametrize("change", [{"id": "zzzz-9999"}, {"at": "x"}, {"parts": 3}, {"extra": 1}, {"rows": None}])
def test_a_file_that_is_no_kit_is_none(kits, change):
    """Somebody edited it, or it is another's."""
    made = kits.begin(KIT, ())
    path = Path(kits.path(made)) / "kit.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **change}))
    assert kits.find(made.id) is None


def test_an_id_never_leads_elsewhere(kits):
    """No path, no dots."""
    for word in ("../x1", "a/b1", "", ".", "nodigits", "A1B2"):
        assert kits.find(word) is None


def test_where_they_lie():
    """Below the state directory."""
    assert undo_directory("/s") == "/s/undo"
