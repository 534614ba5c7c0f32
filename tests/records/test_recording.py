"""Recording: times, characters across chunks, redaction, full disks."""

# What stands on the disk is the subject here, in the words of os.

from __future__ import annotations

import json
import os
import resource
import stat

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from safeshell.model.errors import RecordError
from safeshell.records.asciicast import Header, Reader
from safeshell.records.recording import HELD, Recorder


def recorder(path, **more) -> tuple[Recorder, list[str]]:
    notices: list[str] = []
    return Recorder(str(path), Header(cols=80, rows=24), notice=notices.append, **more), notices


def read(path) -> list[tuple[float, str, str]]:
    with open(path, encoding="utf-8") as source:
        return [(round(event.at, 6), event.code, event.data) for event in Reader(source).events()]


def output(path) -> str:
    return "".join(data for _, code, data in read(path) if code == "o")


def test_events_keep_their_times_and_the_file_is_private(tmp_path):
    """Seconds since the first call; output that is held back for its line keeps its own time."""
    one, notices = recorder(tmp_path / "a.cast")
    one.output(b"$ l", at=100.0)
    one.output(b"s\r\n", at=100.5)
    one.resize(120, 40, at=101.0)
    one.marker("here", at=101.5)
    one.output(b"x\n", at=102.0)
    one.exit(3, at=103.0)
    assert read(tmp_path / "a.cast") == [
        (0.0, "o", "$ l"),
        (0.5, "o", "s\r\n"),
        (1.0, "r", "120x40"),
        (1.5, "m", "here"),
        (2.0, "o", "x\n"),
        (3.0, "x", "3"),
    ]
    assert stat.S_IMODE(os.stat(tmp_path / "a.cast").st_mode) == 0o600
    assert (notices, one.recording) == ([], False)


def test_input_is_not_recorded_unless_asked_for(tmp_path):
    """Passwords typed without echo never reach the file."""
    one, _ = recorder(tmp_path / "a.cast")
    one.input(b"secret\r", at=0)
    one.output(b"x", at=1)
    one.close()
    assert [code for _, code, _ in read(tmp_path / "a.cast")] == ["o"]
    two, _ = recorder(tmp_path / "b.cast", with_input=True)
    two.input("ü".encode()[:1], at=0)
    two.input("ü".encode()[1:], at=1)
    two.close()
    assert read(tmp_path / "b.cast") == [(0.0, "i", "ü")]


@settings(max_examples=100, deadline=None)
@given(text=st.text(max_size=300), cuts=st.lists(st.integers(0, 1200), max_size=12))
def test_characters_survive_any_cut_of_the_bytes(tmp_path_factory, text, cuts):
    """A chunk may end in the middle of a character; nothing is lost, doubled or replaced."""
    path = tmp_path_factory.mktemp("r") / "a.cast"
    one, _ = recorder(path, cover=None)
    data, begin = text.encode("utf-8", "replace"), 0
    for number, cut in enumerate([*sorted(cuts), len(data)]):
        one.output(data[begin:cut], at=float(number))
        begin = max(begin, cut)
    one.close()
    assert output(path) == data.decode()


def test_bytes_that_are_no_characters_become_replacement_characters(tmp_path):
    """A binary shown on the screen is no reason to stop."""
    one, _ = recorder(tmp_path / "a.cast")
    one.output(b"a\xffb\n\xc3", at=0)
    one.close()
    assert output(tmp_path / "a.cast") == "a\ufffdb\n\ufffd"


def test_secrets_in_output_lines_are_covered_even_when_typed_letter_by_letter(tmp_path):
    """The echo of a typed line is held back until the line ends, then covered as a whole."""
    one, _ = recorder(tmp_path / "a.cast")
    for number, letter in enumerate("$ mysql -pS3cr3tZq9 shop\r\n"):
        one.output(letter.encode(), at=number / 10)
    one.output(b"plain\r\n", at=5.0)
    one.marker("password=S3cr3tZq9")
    one.close()
    raw = (tmp_path / "a.cast").read_text()
    assert "S3cr3tZq9" not in raw
    assert "S3cr3tZq9" not in output(tmp_path / "a.cast")
    assert output(tmp_path / "a.cast") == "$ mysql -p[redacted] shop\r\nplain\r\n"
    assert read(tmp_path / "a.cast")[0][0] == 0.0


def test_unfinished_lines_are_not_held_back_without_end(tmp_path):
    """A full-screen program ends no lines; what it draws is written in good time."""
    one, _ = recorder(tmp_path / "a.cast")
    for number in range(10):
        one.output(b"x" * (HELD // 4), at=float(number))
    assert len(output(tmp_path / "a.cast")) >= HELD
    one.close()
    assert output(tmp_path / "a.cast") == "x" * (HELD // 4 * 10)


def test_a_full_disk_ends_the_recording_with_one_notice_and_no_torn_line(tmp_path):
    """The session goes on: later calls do nothing, and do it silently."""
    one, notices = recorder(tmp_path / "a.cast", cover=None)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4000, hard))
    try:
        for number in range(20):
            one.output(b"y" * 500, at=float(number))
        one.resize(1, 2)
        one.exit(0)
        one.close()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert len(notices) == 1
    assert notices[0].startswith("safeshell: the recording ")
    assert "the session goes on" in notices[0]
    raw = (tmp_path / "a.cast").read_bytes()
    assert raw.endswith(b"]\n")
    assert all(json.loads(line) for line in raw.splitlines())


def test_an_existing_file_or_link_is_never_written_over(tmp_path):
    """A recording has a new file of its own."""
    (tmp_path / "a.cast").write_text("mine")
    (tmp_path / "b.cast").symlink_to(tmp_path / "c")
    for name in ("a.cast", "b.cast"):
        with pytest.raises((RecordError, OSError)):
            recorder(tmp_path / name)
    assert (tmp_path / "a.cast").read_text() == "mine"
    assert not (tmp_path / "c").exists()
