"""Values as text that any session reads back, and the same for a spreadsheet."""

from __future__ import annotations

import csv
import io
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from safeshell.previews.postgres.keeper import Keeper, as_csv, copied, csv_header
from safeshell.previews.postgres.values import Bound

CELLS = (
    st.none()
    | st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=12)
    | st.sampled_from(["\\N", "\\.", "a\\nb", "\t", "\\\\", ""])
)


@given(st.lists(CELLS, min_size=1, max_size=5))
def test_csv_says_what_copy_says(row):
    """Every character; NULL is nothing and an empty text is not."""
    line = as_csv(copied(row))
    text = line.decode()
    assert text.endswith("\r\n")
    read = next(csv.reader(io.StringIO(text, newline=""))) if text != "\r\n" else [""]
    assert read == [value or "" for value in row]
    assert (b'""' in line) or "" not in row


@pytest.mark.slow
def test_copy_reads_back_every_character(link):
    """The server's own COPY is the judge."""
    values = ["".join(map(chr, range(1, 128))), "é\u2028", "\\N", "\\.", "", None]
    link.run("CREATE TABLE t (n int, v text)")
    data = b"".join(copied([str(n), value]) for n, value in enumerate(values))
    link.connection.exec_(b"COPY t FROM STDIN")
    link.connection.put_copy_data(data)
    link.connection.put_copy_end()
    link.connection.get_result()
    link.connection.get_result()
    assert [row[0] for row in link.run("SELECT v FROM t ORDER BY n")] == values


def test_rows_come_in_bounded_answers(link):
    """Wide rows are fetched a few at a time."""
    link.run("CREATE TABLE wide AS SELECT n, repeat('x', 500000) AS v FROM generate_series(1, 30) n; BEGIN")
    keeper = Keeper(link, time.monotonic() + 20)
    keeper.open()
    sizes = [len(answer.rows) for answer in keeper.rows("SELECT * FROM wide", Bound(), "")]
    keeper.close()
    link.run("ROLLBACK")
    assert sum(sizes) == 30
    assert max(sizes[1:]) <= 5


def test_a_header_is_quoted_where_it_must():
    """Names with commas and quotes."""
    assert csv_header(("id", 'a,"b"')) == b'id,"a,""b"""\r\n'
