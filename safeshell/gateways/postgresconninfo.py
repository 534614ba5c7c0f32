"""libpq's connection texts: `key=value` strings, URIs, service files. Text in, parameters out.

Sources: "Connection Strings" and "The Connection Service File" of the PostgreSQL documentation.
What must not live here: defaults and variables (postgrestarget), connecting.
"""

from __future__ import annotations

from collections.abc import Iterable

from safeshell.model.errors import ConfigError

VARIABLES = {
    "host": "PGHOST",
    "hostaddr": "PGHOSTADDR",
    "port": "PGPORT",
    "dbname": "PGDATABASE",
    "user": "PGUSER",
    "password": "PGPASSWORD",
    "passfile": "PGPASSFILE",
    "require_auth": "PGREQUIREAUTH",
    "channel_binding": "PGCHANNELBINDING",
    "service": "PGSERVICE",
    "options": "PGOPTIONS",
    "application_name": "PGAPPNAME",
    "sslmode": "PGSSLMODE",
    "sslcert": "PGSSLCERT",
    "sslkey": "PGSSLKEY",
    "sslrootcert": "PGSSLROOTCERT",
    "sslcrl": "PGSSLCRL",
    "sslcrldir": "PGSSLCRLDIR",
    "sslsni": "PGSSLSNI",
    "sslnegotiation": "PGSSLNEGOTIATION",
    "sslcertmode": "PGSSLCERTMODE",
    "requirepeer": "PGREQUIREPEER",
    "ssl_min_protocol_version": "PGSSLMINPROTOCOLVERSION",
    "ssl_max_protocol_version": "PGSSLMAXPROTOCOLVERSION",
    "gssencmode": "PGGSSENCMODE",
    "krbsrvname": "PGKRBSRVNAME",
    "connect_timeout": "PGCONNECT_TIMEOUT",
    "client_encoding": "PGCLIENTENCODING",
    "target_session_attrs": "PGTARGETSESSIONATTRS",
    "load_balance_hosts": "PGLOADBALANCEHOSTS",
}
"""Parameters that have an environment variable."""
_FURTHER = (
    *("sslpassword", "sslcompression", "requiressl", "fallback_application_name", "replication", "gsslib"),
    *("keepalives", "keepalives_idle", "keepalives_interval", "keepalives_count", "tcp_user_timeout"),
    *("gssdelegation", "min_protocol_version", "max_protocol_version", "servicefile", "sslkeylogfile"),
    *("scram_client_key", "scram_server_key", "oauth_issuer", "oauth_client_id", "oauth_client_secret", "oauth_scope"),
)
KEYWORDS = frozenset({*VARIABLES, *_FURTHER})
"""Every parameter that a connection text may hold, up to PostgreSQL 18."""
_SCHEMES = ("postgresql://", "postgres://")
_BLANKS = " \t\n\r\v\f"


def is_conninfo(text: str) -> bool:
    """True where a database name is really a connection text, as libpq decides it."""
    return text.startswith(_SCHEMES) or "=" in text


def parse_conninfo(text: str) -> dict[str, str]:
    """The parameters of a connection text. Raises ConfigError with libpq's own complaint."""
    found = _uri(text) if text.startswith(_SCHEMES) else _pairs(text)
    for name in found:
        if name not in KEYWORDS:
            raise ConfigError(f'invalid connection option "{name}"')
    return found


def _pairs(text: str) -> dict[str, str]:
    """`key = value` pairs; values may be quoted by ', backslashes take the next character as it is."""
    found: dict[str, str] = {}
    at, size = 0, len(text)
    while at < size:
        if text[at] in _BLANKS:
            at += 1
            continue
        end = at
        while end < size and text[end] != "=" and text[end] not in _BLANKS:
            end += 1
        name = text[at:end]
        at = _skip(text, end)
        if at >= size or text[at] != "=":
            raise ConfigError(f'missing "=" after "{name}" in connection info string')
        at = _skip(text, at + 1)
        found[name], at = _value(text, at)
    return found


def _skip(text: str, at: int) -> int:
    while at < len(text) and text[at] in _BLANKS:
        at += 1
    return at


def _value(text: str, at: int) -> tuple[str, int]:
    quoted = text[at : at + 1] == "'"
    at += quoted
    value = ""
    while at < len(text):
        char = text[at]
        if quoted and char == "'":
            return value, at + 1
        if not quoted and char in _BLANKS:
            return value, at
        if char == "\\":
            at += 1
            char = text[at : at + 1]
        value += char
        at += 1
    if quoted:
        raise ConfigError("unterminated quoted string in connection info string")
    return value, at


def _uri(text: str) -> dict[str, str]:
    """`postgresql://user:password@host:port,host:port/dbname?name=value`, percent-decoded."""
    rest = text.partition("://")[2]
    head, mark, query = rest.partition("?")
    authority, _, name = head.partition("/")
    login, at, hosts = authority.rpartition("@")
    user, _, password = login.partition(":")
    found: dict[str, str] = {}
    if at:
        found |= {"user": _decoded(user)} if user else {}
        found |= {"password": _decoded(password)} if password else {}
    names, ports = _hosts(hosts, text)
    if any(names):
        found["host"] = ",".join(names)
    if any(ports):
        found["port"] = ",".join(ports)
    if name:
        found["dbname"] = _decoded(name)
    return {**found, **(_query(query) if mark else {})}


def _hosts(text: str, whole: str) -> tuple[list[str], list[str]]:
    names: list[str] = []
    ports: list[str] = []
    for one in text.split(","):
        if one.startswith("["):
            name, bracket, rest = one[1:].partition("]")
            if not bracket or not name or (rest and not rest.startswith(":")):
                raise ConfigError(f'the IPv6 address in "{_without_password(whole)}" is not complete')
            port = rest[1:]
        else:
            name, _, port = one.partition(":")
        names.append(_decoded(name))
        ports.append(_decoded(port))
    return names, ports


def _query(text: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for pair in text.split("&"):
        if not pair:
            continue
        name, equals, value = pair.partition("=")
        if not equals:
            raise ConfigError(f'missing key/value separator "=" in URI query parameter: "{name}"')
        key, meant = _decoded(name), _decoded(value)
        if (key, meant) == ("ssl", "true"):
            key, meant = "sslmode", "require"
        if key not in KEYWORDS:
            raise ConfigError(f'invalid URI query parameter: "{key}"')
        found[key] = meant
    return found


def _decoded(text: str) -> str:
    if "%" not in text:
        return text
    from urllib.parse import unquote_to_bytes

    for piece in text.split("%")[1:]:
        if len(piece) < 2 or any(digit not in "0123456789abcdefABCDEF" for digit in piece[:2]):  # noqa: PLR2004 - two digits make a byte
            raise ConfigError("invalid percent-encoded token in the connection URI")
    raw = unquote_to_bytes(text)
    if b"\0" in raw:
        raise ConfigError("forbidden value %00 in percent-encoded value of the connection URI")
    return raw.decode("utf-8", "surrogateescape")


def _without_password(uri: str) -> str:
    """A URI for messages."""
    scheme, mark, rest = uri.partition("://")
    return scheme + mark + rest.rpartition("@")[2]


def parse_service(lines: Iterable[str], name: str, source: str) -> dict[str, str] | None:
    """The parameters of one service, None where the file does not define it. Raises ConfigError."""
    inside = False
    found: dict[str, str] = {}
    for number, raw in enumerate(lines, 1):
        line = raw.strip()
        if not line or line.startswith("#"):
            continue
        if line.startswith("["):
            if inside:
                return found
            inside = line == f"[{name}]"
        elif inside:
            key, equals, value = line.partition("=")
            key, value = key.strip(), value.strip()
            if not equals or key == "service" or key not in KEYWORDS:
                raise ConfigError("syntax error in service file", source=source, line=number)
            found.setdefault(key, value)
    return found if inside else None
