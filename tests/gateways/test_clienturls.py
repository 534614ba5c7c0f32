"""Database URLs of frameworks: taken apart, pointed elsewhere, otherwise as they were."""

import pytest

from safeshell.gateways.clienturls import for_libpq, parse_url, to_loopback, to_socket, user_of

CONNECTS = {"host", "port", "sslmode", "hostaddr"}.__contains__


@pytest.mark.parametrize(
    "text",
    [
        "postgres://u:p%40@db:5432/shop?pool=5&x=a%20b",
        "postgresql+asyncpg://db/shop",
        "jdbc:postgresql://db:5432/shop",
        "postgresql://u@h1:1,h2:2/shop",
        "redis://:p@h:6379/0",
        "postgres://u@[::1]:5432/shop#frag",
    ],
)
def test_what_is_taken_apart_is_put_together_again(text):
    """Nothing is lost."""
    assert str(parse_url(text)) == text


@pytest.mark.parametrize(
    "text", ["", "shop", "host=db dbname=shop", "see postgres://x y", "://x", "a b://c", "sqlite:///x.db x"]
)
def test_other_texts_are_no_urls(text):
    """A sentence, a path, a connection text."""
    assert parse_url(text) is None


def test_the_kind_goes_without_the_driver():
    """As frameworks name it."""
    kinds = {parse_url(f"{scheme}://h/d").kind for scheme in ("postgresql", "PostgreSQL+psycopg", "jdbc:postgresql")}
    assert kinds == {"postgresql"}
    assert not parse_url("jdbc:postgresql://h/d").sockets


def test_libpq_gets_what_it_knows():
    """A framework's own parameters would be an error there."""
    url = parse_url("postgis+x://u:p@h/d?pool=5&sslmode=require#f")
    assert for_libpq(url, CONNECTS) == "postgresql://u:p@h/d?sslmode=require"


@pytest.mark.parametrize(
    ("text", "guarded"),
    [
        ("postgres://u:p@h:1/d?pool=5&sslmode=require", "postgres://u:p@/d?pool=5&host=%2Fg&port=5432"),
        ("postgresql+psycopg2://h", "postgresql+psycopg2:///?host=%2Fg&port=5432"),
        ("postgres:///d?host=/tmp&port=1", "postgres:///d?host=%2Fg&port=5432"),
    ],
)
def test_pointed_at_a_socket(text, guarded):
    """The host goes, and what is about the connection; the rest stays in its place."""
    assert to_socket(parse_url(text), {"host": "/g", "port": "5432"}, CONNECTS) == guarded


def test_pointed_at_loopback():
    """Another password, quoted where it has to be."""
    url = parse_url("postgres://us%40er:old@h:1/d?sslmode=require&a=1")
    assert user_of(url) == "us@er"
    moved = to_loopback(url, (user_of(url), "n/w"), 4711, {"sslmode": "disable"}, CONNECTS)
    assert moved == "postgres://us%40er:n%2Fw@127.0.0.1:4711/d?a=1&sslmode=disable"
