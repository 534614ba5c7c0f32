"""What is read of a client's texts where no watch is to be had."""

import os

import pytest

from safeshell.cli.clienttexts import texts_of
from safeshell.gateways.clientargs import read_arguments
from safeshell.gateways.clientrows import ROWS


def texts(line: list[str], stdin: int) -> list[str]:
    return list(texts_of(read_arguments(line, ROWS["psql"]), stdin))


@pytest.fixture
def script(tmp_path):
    path = tmp_path / "in.sql"
    path.write_text("\\! from-stdin\n")
    with path.open() as file:
        yield file.fileno()


def test_commands_and_files(tmp_path, script):
    """Each -c and -f; standard input only where psql would read it."""
    (tmp_path / "f.sql").write_text("\\! from-file\n")
    assert texts(["-c", "one", "--command=two", "-f", str(tmp_path / "f.sql")], script) == [
        "one",
        "two",
        "\\! from-file\n",
    ]
    assert texts(["-f", str(tmp_path / "missing.sql")], script) == []
    assert texts(["-l"], script) == []


def test_standard_input_that_is_a_file(script):
    """Read without moving its position: psql reads it again."""
    assert texts(["shop"], script) == ["\\! from-stdin\n"]
    assert texts(["-f", "-"], script) == ["\\! from-stdin\n"]
    assert os.lseek(script, 0, os.SEEK_CUR) == 0


def test_a_pipe_is_left_alone():
    """What was read of it would be gone."""
    reads, writes = os.pipe()
    try:
        assert texts([], reads) == []
    finally:
        os.close(reads)
        os.close(writes)
