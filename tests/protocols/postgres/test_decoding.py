"""Bodies of backend messages."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from safeshell.model.errors import ProtocolError
from safeshell.protocols.postgres import decoding
from safeshell.protocols.wire import ServerError
from tests.protocols.postgres.play import columns, row, tag


def test_an_error_comes_back():
    """All fields survive; a NUL in a reason can't add fields."""
    made = ServerError("ERROR", "42501", "safeshell: refused: no", "d\nd", "h")
    assert decoding.read_error(decoding.error_message(made, "utf-8")[5:], "utf-8") == made
    sneaky = ServerError("ERROR", "1", "a\0Mb")
    assert decoding.read_error(decoding.error_message(sneaky, "utf-8")[5:], "utf-8").message == "aMb"


def test_the_severity_is_the_untranslated_one():
    """A server that speaks German still tells V."""
    assert decoding.read_error(b"SFEHLER\0VERROR\0\0", "utf-8").severity == "ERROR"


def test_rows():
    """NULL is None, and not the empty text."""
    assert decoding.read_row(row("a", None, "")[5:], "utf-8") == ("a", None, "")
    assert decoding.read_columns(columns("x", "y")[5:], "utf-8") == ("x", "y")
    assert decoding.read_tag(tag("DELETE 3")[5:]) == "DELETE 3"


@given(st.binary(max_size=60))
def test_noise_is_the_servers_fault(raw):
    """Whatever a body holds, it is read or it is a ProtocolError of the server."""
    for read in (
        lambda body: decoding.read_row(body, "utf-8"),
        lambda body: decoding.read_columns(body, "utf-8"),
        lambda body: decoding.read_pair(body, "utf-8"),
        decoding.read_types,
        decoding.read_status,
    ):
        try:
            read(raw)
        except ProtocolError as error:
            assert error.fault == "server"


def test_a_status_is_one_of_three():
    """Nothing else is a transaction status."""
    assert decoding.read_status(b"T") == "T"
    with pytest.raises(ProtocolError):
        decoding.read_status(b"X")
