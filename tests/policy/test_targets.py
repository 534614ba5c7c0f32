"""Places in one spelling."""

from __future__ import annotations

import pytest

from safeshell.model.places import Place
from safeshell.policy.observation import Observation, TargetFacts
from safeshell.policy.targets import (
    address,
    canonical_database,
    database_label,
    database_named,
    host_part,
    loopback,
    subject_of,
)

HERE = Observation("laptop", names=("laptop.lan",), addresses=("192.168.1.7",))


@pytest.mark.parametrize(
    ("destination", "host"),
    [
        ("web-3", "web-3"),
        ("root@Web-3.Example.", "web-3.example"),
        ("ssh://ann@web-3:2222/", "web-3"),
        ("tcp://10.0.0.5:2375", "10.0.0.5"),
        ("[2001:db8::1]:22", "2001:db8::1"),
        ("2001:db8::1", "2001:db8::1"),
        ("ann@web-3:/srv/data", "web-3"),
        ("/run/postgresql", "/run/postgresql"),
    ],
)
def test_host_part(destination: str, host: str):
    """User, port, scheme and scp paths are no part of a host's name."""
    assert host_part(destination) == host


@pytest.mark.parametrize(
    ("place", "name", "detail"),
    [
        (
            Place("database", "postgres://u:p@db.prod:5433/shop"),
            "db.prod",
            {"database": "shop", "user": "u", "port": "5433"},
        ),
        (
            Place("database", "", detail={"database": "postgresql://db.prod/shop?user=ann"}),
            "db.prod",
            {"database": "shop", "user": "ann"},
        ),
        (
            Place("database", "", detail={"database": "host=db.prod dbname='my shop' user=ann"}),
            "db.prod",
            {"database": "my shop", "user": "ann"},
        ),
        (Place("database", "redis://:secret@cache.prod:6380/2"), "cache.prod", {"database": "2", "port": "6380"}),
        (Place("database", "postgres://a.prod:1,b.prod:2/shop"), "a.prod,b.prod", {"database": "shop"}),
        (Place("database", "", detail={"database": "postgres:///shop?host=/run/pg"}), "/run/pg", {"database": "shop"}),
        (Place("database", "db7", detail={"database": "shop"}), "db7", {"database": "shop"}),
        (Place("database", "h", detail={"database": "dbname=shop"}), "h", {"database": "shop"}),
    ],
)
def test_connection_texts_are_taken_apart(place: Place, name: str, detail: dict[str, str]):
    """A URI or keyword text names the same target as separate words would, without its password."""
    found = canonical_database(place)
    assert (found.name, dict(found.detail)) == (name, detail)


@pytest.mark.parametrize(
    "name", ["localhost", "127.0.0.1", "127.9.9.9", "::1", "/run/postgresql", "@abstract", "0.0.0.0", "x.localhost"]
)
def test_loopback(name: str):
    """Loopback names, addresses and socket paths lead to this host."""
    assert loopback(name)


@pytest.mark.parametrize("name", ["web-3", "10.0.0.1", "localhost.example", "2001:db8::1", ""])
def test_not_loopback(name: str):
    """Everything else does not."""
    assert not loopback(name)


def test_addresses_are_canonical():
    """An address has one spelling; a zone index is dropped; a name is no address."""
    assert address("FE80::0001%eth0") == "fe80::1"
    assert address("web-3") == ""


@pytest.mark.parametrize("host", ["", "localhost", "/run/postgresql", "laptop", "LAPTOP.lan", "192.168.1.7"])
def test_a_database_on_this_host_is_here(host: str):
    """No host, loopback, a socket, and this host's own names and addresses are reached here."""
    assert subject_of(Place("database", host), HERE, TargetFacts()).here


def test_an_unread_name_is_never_here():
    """A name that only the run will tell does not count as this host."""
    subject = subject_of(Place("host", "", known=False), HERE, TargetFacts())
    assert not subject.here
    assert not subject.certain


def test_a_container_is_here_unless_its_engine_is_elsewhere():
    """Docker exec acts on this host, unless DOCKER_HOST or a context leads away."""
    assert subject_of(Place("container", "shop"), HERE, TargetFacts()).here
    far = subject_of(Place("container", "shop", detail={"host": "ssh://web-3"}), HERE, TargetFacts())
    assert not far.here
    assert "ssh://web-3" in far.names


def test_labels_carry_information():
    """A database is called database@host; on this host by this host's name."""
    assert subject_of(Place("database", "db7", detail={"database": "shop"}), HERE, TargetFacts()).label == "shop@db7"
    assert subject_of(Place("database", "", detail={"database": "shop"}), HERE, TargetFacts()).label == "shop@laptop"


def test_a_database_of_redis_is_called_db0_and_matched_as_0():
    """What is shown is people's word for it, what configuration names is the number; a name elsewhere stays."""
    place = Place("database", "cache.prod", detail={"database": "0", "engine": "redis"})
    found = subject_of(place, HERE, TargetFacts())
    assert found.label == "db0@cache.prod"
    assert found.parts["database.name"] == ("0",)
    assert database_label("postgres", "7") == "7"


@pytest.mark.parametrize(
    ("engine", "label", "name"),
    [("redis", "db0", "0"), ("redis", "12", "12"), ("redis", "dbx", "dbx"), ("postgres", "db0", "db0")],
)
def test_the_way_back_from_a_label(engine: str, label: str, name: str):
    """An approval that was asked for on a wire finds the database by what was shown."""
    assert database_named(engine, label) == name
