"""The password file: the entry that libpq would take, and the same entries for the guard's socket."""

from __future__ import annotations

import pytest

from safeshell.gateways.postgrespasswords import exposed, file_host, lookup, rewritten
from safeshell.gateways.postgrestarget import Host, resolve

FILE = r"""# a comment
db.prod:5432:shop:ada:first
db.prod:*:*:bob:pass\:with\\odd
*:5433:shop:ada:other port
localhost:5432:*:*:local
10.0.0.1:5432:shop:ada:by address
short:line
*:*:*:carol:has:colons
"""


@pytest.fixture
def passfile(tmp_path):
    path = tmp_path / "pgpass"
    path.write_text(FILE)
    path.chmod(0o600)
    return path


def meant(passfile, **given):
    return resolve({**given, "passfile": str(passfile)}, {}, user="ada", home="/nowhere")


@pytest.mark.parametrize(
    ("host", "user", "database", "wanted"),
    [
        (Host("db.prod", 5432), "ada", "shop", "first"),
        (Host("db.prod", 5432), "ada", "other", None),
        (Host("db.prod", 1), "bob", "any", r"pass:with\odd"),
        (Host("elsewhere", 5433), "ada", "shop", "other port"),
        (Host("/var/run/postgresql", 5432), "ada", "x", "local"),
        (Host("/srv/own", 5432), "ada", "x", None),
        (Host("", 5432, "10.0.0.1"), "ada", "shop", "by address"),
        (Host("named", 5432, "10.0.0.1"), "ada", "shop", None),
        (Host("x", 1), "carol", "y", "has:colons"),
    ],
)
def test_the_first_entry_that_fits_counts(passfile, host, user, database, wanted):
    """Escapes are undone, * fits all, the default socket directory is localhost."""
    assert lookup(meant(passfile), host, user, database) == wanted


def test_a_file_that_others_may_read_is_not_used(passfile):
    """As libpq refuses it; a missing one is no fault."""
    target = meant(passfile)
    passfile.chmod(0o640)
    assert exposed(str(passfile))
    assert lookup(target, Host("db.prod", 5432), "ada", "shop") is None
    passfile.unlink()
    assert not exposed(str(passfile))
    assert lookup(target, Host("db.prod", 5432), "ada", "shop") is None


def test_entries_of_the_server_become_entries_of_the_socket(passfile):
    """In their order, with database, user and password as written; those of other servers stay out."""
    text = rewritten(meant(passfile, host="db.prod"), "/run/guard", 5432)
    assert text.splitlines() == [
        "/run/guard:5432:shop:ada:first",
        r"/run/guard:5432:*:bob:pass\:with\\odd",
        "/run/guard:5432:*:carol:has:colons",
    ]


def test_a_socket_is_named_as_the_file_names_it():
    """Own directories by their path."""
    assert file_host(Host("/tmp", 1)) == "localhost"
    assert file_host(Host("/srv/own", 1)) == "/srv/own"
