"""Connection texts: the same parameters as libpq finds in them, the same complaints."""

from __future__ import annotations

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from safeshell.gateways.postgresconninfo import is_conninfo, parse_conninfo, parse_service
from safeshell.model.errors import ConfigError

TEXTS = [
    "host=db.prod port=5433 dbname=shop user=ada",
    "host = 'db prod'  dbname='it''",
    r"password='it\'s' user=a\ b",
    r"user='back\\slash' dbname=''",
    "postgresql://",
    "postgresql://localhost",
    "postgresql://localhost:5433/mydb",
    "postgres://user@localhost",
    "postgresql://user:secret@localhost",
    "postgresql://other@localhost/otherdb?connect_timeout=10&application_name=myapp",
    "postgresql://host1:123,host2:456/somedb?target_session_attrs=any&application_name=myapp",
    "postgresql:///dbname?host=/var/lib/postgresql",
    "postgresql://%2Fvar%2Flib%2Fpostgresql/dbname",
    "postgresql://[2001:db8::1234]:5433/database",
    "postgresql://user:p%40ss%3Aword@h/db?ssl=true",
    "postgresql://u@h:5432,[::1]:6,k/db?sslmode=verify-full&sslrootcert=%2Fca%20x.pem",
    "host=a,b port=1,2 hostaddr=10.0.0.1,10.0.0.2",
    "nonsense=1",
    "host",
    "host='open",
    "postgresql://h/db?nonsense=1",
    "postgresql://h/db?sslmode",
    "postgresql://h%zz/db",
    "postgresql://[::1/db",
    "",
    "   ",
]


@pytest.mark.parametrize("text", TEXTS)
def test_the_same_parameters_as_libpq(text):
    """libpq itself is the judge, for texts and for faults."""
    try:
        wanted = conninfo_to_dict(text)
    except psycopg.ProgrammingError:
        with pytest.raises(ConfigError):
            parse_conninfo(text)
        return
    found = parse_conninfo(text)
    assert {key: value for key, value in found.items() if value} == {
        key: str(value) for key, value in wanted.items() if value != ""
    }


def test_what_is_a_connection_text():
    """A database name that holds = or begins like a URI."""
    assert is_conninfo("host=x")
    assert is_conninfo("postgres://x")
    assert not is_conninfo("shop")


def test_a_fault_never_shows_the_password():
    """A message may end up in a log."""
    with pytest.raises(ConfigError) as caught:
        parse_conninfo("postgresql://ada:sesame@[::1/db")
    assert "sesame" not in str(caught.value)


def test_a_service_is_the_lines_of_its_section():
    """Comments and blanks are skipped, another section ends it, the first of a key counts."""
    lines = ["# c", "[other]", "host=no", "[shop]", " host = db.prod ", "", "port=1", "port=2", "[next]", "user=no"]
    assert parse_service(lines, "shop", "f") == {"host": "db.prod", "port": "1"}
    assert parse_service(lines, "missing", "f") is None


def test_a_bad_line_of_a_service_is_named():
    """With file and line."""
    with pytest.raises(ConfigError, match=r"pg_service\.conf:2"):
        parse_service(["[shop]", "hosst=db"], "shop", "pg_service.conf")
