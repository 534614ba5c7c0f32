"""Database URLs as frameworks write them, taken apart and pointed elsewhere. Text in, text out.

`postgresql+psycopg://user:secret@db/shop?pool=5`: the scheme with its driver and whatever is not about
the connection stay as they are. What must not live here: which server is meant (postgrestarget).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from urllib.parse import parse_qsl, quote, unquote, urlencode

from safeshell.model.values import dataclass, replace

_JDBC = "jdbc:"


@dataclass(frozen=True, slots=True)
class Url:
    """A database URL. `scheme` is as written; `hosts` may name several; `query` keeps order and repeats."""

    scheme: str
    login: str
    hosts: str
    path: str
    query: tuple[tuple[str, str], ...]
    fragment: str

    @property
    def kind(self) -> str:
        """The scheme without its driver: `postgresql` of `jdbc:postgresql` and of `postgresql+psycopg`."""
        return self.scheme.lower().removeprefix(_JDBC).partition("+")[0]

    @property
    def sockets(self) -> bool:
        """False for clients that know no unix sockets."""
        return not self.scheme.lower().startswith(_JDBC)

    def __str__(self) -> str:
        login = f"{self.login}@" if self.login else ""
        query = f"?{urlencode(self.query, quote_via=quote)}" if self.query else ""
        return f"{self.scheme}://{login}{self.hosts}{self.path}{query}{self.fragment}"


def parse_url(text: str) -> Url | None:
    """A URL with an authority; None for any other text."""
    scheme, mark, rest = text.partition("://")
    plain = scheme.removeprefix(_JDBC).replace("+", "").replace("-", "").replace("_", "").replace(".", "")
    if not mark or not plain.isalnum() or any(char.isspace() for char in text):
        return None
    rest, hash_mark, fragment = rest.partition("#")
    head, _, query = rest.partition("?")
    authority, slash, path = head.partition("/")
    login, at, hosts = authority.rpartition("@")
    pairs = tuple(parse_qsl(query, keep_blank_values=True))
    return Url(scheme, login if at else "", hosts, slash + path, pairs, hash_mark + fragment)


def for_libpq(url: Url, known: Callable[[str], bool]) -> str:
    """The URL as libpq takes it: its scheme, and only the parameters that libpq knows."""
    return str(
        replace(url, scheme="postgresql", query=tuple(pair for pair in url.query if known(pair[0])), fragment="")
    )


def to_socket(url: Url, added: Mapping[str, str], connects: Callable[[str], bool]) -> str:
    """The URL without a host, and with `added` in place of the parameters that are about the connection.

    `?host=/directory` is what libpq, SQLAlchemy's drivers, Rails, Django's URL readers, node-postgres,
    pgx and asyncpg understand alike.
    """
    path = url.path or "/"
    return str(replace(url, hosts="", path=path, query=_kept(url, added, connects)))


def to_loopback(
    url: Url, login: tuple[str, str], port: int, added: Mapping[str, str], connects: Callable[[str], bool]
) -> str:
    """The URL on a loopback port with another user and password."""
    user, password = (quote(word, safe="") for word in login)
    kept = _kept(url, added, lambda name: connects(name) or name in ("user", "password"))
    if not url.sockets:
        kept += (("user", login[0]), ("password", login[1]))
    named = f"{user}:{password}" if url.sockets else ""
    return str(replace(url, login=named, hosts=f"127.0.0.1:{port}", query=kept))


def _kept(url: Url, added: Mapping[str, str], connects: Callable[[str], bool]) -> tuple[tuple[str, str], ...]:
    return tuple(pair for pair in url.query if not connects(pair[0])) + tuple(added.items())


def user_of(url: Url) -> str:
    """The user that the URL names, "" for none."""
    return unquote(url.login.partition(":")[0])
