"""The PostgreSQL machine; its play-script tests arrive with it."""

from safeshell.protocols.postgres.machine import CAP, READ_ONLY


def test_thirty_megabytes_fit():
    """A statement of 30 MB can be held; the option that makes the server read-only is spelled as the server wants it."""
    assert CAP > 30 * 1024 * 1024
    assert READ_ONLY == "-c default_transaction_read_only=on"
