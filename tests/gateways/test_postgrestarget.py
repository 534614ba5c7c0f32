"""Which server is meant: precedence, several hosts, services, what cannot work through a guard."""

from __future__ import annotations

import pytest

from safeshell.gateways.postgrestarget import Host, resolve
from safeshell.model.errors import ConfigError


def meant(given=None, environ=None, home="/nowhere"):
    return resolve(given or {}, environ or {}, user="ada", home=home)


def test_defaults_are_libpqs():
    """User and database are the operating system's user, port 5432, a unix socket."""
    found = meant()
    assert (found.user, found.database, found.sslmode, found.attributes) == ("ada", "ada", "prefer", "any")
    assert found.hosts[0].local
    assert found.hosts[0].port == 5432


def test_the_database_is_called_as_the_user_unless_it_is_named():
    """As libpq has it."""
    assert meant({"user": "shop"}).database == "shop"
    assert meant({"user": "shop"}, {"PGDATABASE": "other"}).database == "other"


def test_explicit_beats_service_beats_variables(tmp_path):
    """And a connection text as database name beats -h and -p."""
    (tmp_path / ".pg_service.conf").write_text("[s]\nhost=from-service\nport=1\n")
    environ = {"PGSERVICE": "s", "PGHOST": "from-variable", "PGUSER": "from-variable"}
    found = meant({"port": "9"}, environ, str(tmp_path))
    assert (found.hosts, found.user) == ((Host("from-service", 9),), "from-variable")
    found = meant({"host": "option", "dbname": "host=text dbname=shop"}, environ, str(tmp_path))
    assert (found.hosts[0].name, found.database) == ("text", "shop")


def test_services_are_looked_for_in_the_persons_file_then_the_systems(tmp_path):
    """PGSERVICEFILE takes the place of ~/.pg_service.conf; PGSYSCONFDIR is the system's."""
    (tmp_path / "pg_service.conf").write_text("[sys]\nhost=system\n")
    (tmp_path / "own").write_text("[own]\nhost=mine\n")
    environ = {"PGSERVICEFILE": str(tmp_path / "own"), "PGSYSCONFDIR": str(tmp_path)}
    assert meant({"service": "own"}, environ).hosts[0].name == "mine"
    assert meant({"service": "sys"}, environ).hosts[0].name == "system"
    with pytest.raises(ConfigError, match='definition of service "none" not found'):
        meant({"service": "none"}, environ)
    with pytest.raises(ConfigError, match="not found"):
        meant({"service": "own"}, {"PGSERVICEFILE": "/nowhere/at/all"})


def test_several_hosts_share_one_port_or_have_one_each():
    """Other counts are libpq's error."""
    assert meant({"host": "a,b", "port": "7"}).hosts == (Host("a", 7), Host("b", 7))
    assert meant({"host": "a,b", "port": "7,8"}).hosts == (Host("a", 7), Host("b", 8))
    assert meant({"host": "a,b", "hostaddr": "10.0.0.1,10.0.0.2"}).hosts[1] == Host("b", 5432, "10.0.0.2")
    with pytest.raises(ConfigError, match="could not match 2 port numbers to 3 hosts"):
        meant({"host": "a,b,c", "port": "1,2"})
    with pytest.raises(ConfigError, match="could not match 1 host names to 2 hostaddr"):
        meant({"host": "a", "hostaddr": "10.0.0.1,10.0.0.2"})


@pytest.mark.parametrize("port", ["0", "65536", "x", "-1"])
def test_an_impossible_port_is_refused(port):
    """Before anything is dialled."""
    with pytest.raises(ConfigError, match="invalid port number"):
        meant({"port": port})


@pytest.mark.parametrize("name", ["channel_binding", "gssencmode"])
def test_what_a_guard_in_the_middle_makes_impossible_is_said(name):
    """With what to do instead."""
    with pytest.raises(ConfigError, match=f"set {name}=prefer"):
        meant({name: "require"})


def test_verifying_needs_roots(tmp_path):
    """verify-full without a root certificate is libpq's error, except over unix sockets, which have no TLS."""
    with pytest.raises(ConfigError, match="root certificate file"):
        meant({"host": "db", "sslmode": "verify-full"})
    assert meant({"host": "/run", "sslmode": "verify-full"}).sslmode == "verify-full"
    (tmp_path / ".postgresql").mkdir()
    (tmp_path / ".postgresql/root.crt").write_text("x")
    assert meant({"host": "db", "sslmode": "verify-ca"}, home=str(tmp_path)).words["sslrootcert"].endswith("root.crt")
    assert meant({"host": "db", "sslrootcert": "system"}).sslmode == "verify-full"


def test_a_password_is_kept_out_of_what_is_shown():
    """Not in the representation, not among the words."""
    found = meant({"dbname": "postgres://u:sesame@h/db"})
    assert found.password == "sesame"
    assert "sesame" not in repr(found)
    assert "sesame" not in str(found.words)


def test_a_timeout_below_two_seconds_is_two():
    """As libpq does; nothing, or 0, means none."""
    assert meant({"connect_timeout": "1"}).connect_timeout == 2.0
    assert meant({"connect_timeout": "9"}).connect_timeout == 9.0
    assert meant({"connect_timeout": "0"}).connect_timeout is None
    with pytest.raises(ConfigError):
        meant({"connect_timeout": "soon"})


def test_a_socket_has_a_path_and_an_abstract_one_begins_with_nul():
    """As bind(2) wants it."""
    assert Host("/run/x", 6).socket_path == "/run/x/.s.PGSQL.6"
    assert Host("@abstract", 6).socket_path == "\0abstract/.s.PGSQL.6"
    assert str(Host("::1", 6)) == "[::1]:6"
