"""A place as it is matched: its names, addresses and parts in one spelling.

Connection texts (URIs, `host=... dbname=...`) are taken apart here, so that `psql
postgres://db.prod/shop` and `psql -h db.prod shop` are the same target.
What must not live here: rules and tiers.
"""

from __future__ import annotations

from types import MappingProxyType

from safeshell.model.values import dataclass, replace

TYPE_CHECKING = False  # typing costs 8 ms, and the first prompt waits
if TYPE_CHECKING:
    from collections.abc import Mapping

    from safeshell.model.places import Place
    from safeshell.policy.observation import Observation, TargetFacts

FORWARDERS = frozenset(
    {
        *("ssh", "sshd", "sshd-session", "autossh", "dropbear", "kubectl", "oc", "k9s", "kubefwd", "telepresence"),
        *("cloud_sql_proxy", "cloud-sql-proxy", "alloydb-auth-proxy", "session-manager-plugin", "aws", "gcloud", "az"),
        *("heroku", "flyctl", "fly", "tsh", "teleport", "boundary", "tailscaled", "cloudflared", "chisel"),
        *("stunnel", "stunnel4", "socat", "haproxy", "envoy", "nginx", "traefik"),
        *("pgbouncer", "pgcat", "odyssey", "pgpool", "supavisor", "nutcracker", "twemproxy", "proxysql", "mysqlrouter"),
    }
)
"""Programs whose loopback port leads somewhere else."""


@dataclass(frozen=True, slots=True)
class Subject:
    """A target ready for matching.

    `kind` is a Place's kind, or local. `names` are host names, `parts` values by `key.part`
    (`database.name`), `label` is what a person calls it, `here` says that it is reached on this host.
    `certain` is False where the text does not tell the name.
    """

    kind: str
    label: str
    names: tuple[str, ...] = ()
    addresses: tuple[str, ...] | None = None
    parts: Mapping[str, tuple[str, ...]] = MappingProxyType({})
    via: tuple[str, ...] = ()
    here: bool = False
    certain: bool = True


def local_subject(observation: Observation) -> Subject:
    """This host."""
    return Subject(
        "local",
        observation.host,
        names=tuple(dict.fromkeys((observation.host, *observation.names))),
        addresses=observation.addresses,
        here=True,
    )


def subject_of(place: Place, observation: Observation, target: TargetFacts) -> Subject:
    """A named place, completed by what the doors found."""
    place = replace(place, name=place.name or target.name, detail={**target.detail, **place.detail})
    if place.kind == "database":
        return _database(place, observation, target)
    if place.kind == "container":
        return _container(place, observation, target)
    if place.kind == "host":
        return _host(place, observation, target)
    return _service(place, observation, target)


def _host(place: Place, observation: Observation, target: TargetFacts) -> Subject:
    names, addresses = _sorted_names((host_part(place.name), *target.names), target)
    here = place.known and _is_here((*names, *(addresses or ())), observation)
    label = host_part(place.name) or (names[0] if names else "")
    jumps = tuple(jump for jump in place.detail.get("jump", "").split(",") if jump)
    parts = {"user": _some(place.detail.get("user"))}
    return Subject("host", label, names, addresses, parts, (*target.via, *jumps), here, place.known)


def _database(place: Place, observation: Observation, target: TargetFacts) -> Subject:
    place = canonical_database(place)
    hosts = tuple(host for host in place.name.split(",") if host)
    names, addresses = _sorted_names((*hosts, *target.names), target)
    here = place.known and _is_here((*hosts, *target.names), observation)
    database, user = place.detail.get("database", ""), place.detail.get("user", "")
    shown = observation.host if here else (hosts[0] if hosts else "")
    parts = {
        "database.host": (*names, *(addresses or ())),
        "database.name": _some(database),
        "database.user": _some(user),
    }
    called = database_label(place.detail.get("engine", ""), database)
    label = f"{called}@{shown}" if called else shown
    return Subject("database", label, names, addresses, parts, target.via, here, place.known)


def _container(place: Place, observation: Observation, target: TargetFacts) -> Subject:
    engine = place.detail.get("host", "") or place.detail.get("context", "")
    local = engine in {"", "default"} or engine.startswith("unix:") or _is_here((host_part(engine),), observation)
    here = place.known and local
    names = tuple(name for name in (place.name, *target.names, "" if here else engine) if name)
    return Subject("container", place.name, names, target.addresses, {}, target.via, here, place.known)


def _service(place: Place, observation: Observation, target: TargetFacts) -> Subject:
    """Clusters, cloud accounts and apps: known by names that are no host names."""
    detail = {name: value for name, value in place.detail.items() if value}
    parts: dict[str, tuple[str, ...]] = {f"{place.kind}.{name}": (value,) for name, value in detail.items()}
    first = {"kubernetes": "context", "cloud": "profile"}.get(place.kind, "name")
    parts.setdefault(f"{place.kind}.{first}", _some(place.name))
    if observation.terraform_workspace:
        parts.setdefault("cloud.workspace", (observation.terraform_workspace,))
    names = tuple(dict.fromkeys(filter(None, (place.name, *detail.values()))))
    here = bool(target.names) and _is_here(target.names, observation)
    label = place.name or f"the default {place.kind} target"
    return Subject(place.kind, label, names, target.addresses, parts, target.via, here, place.known)


def _some(value: str | None) -> tuple[str, ...]:
    return (value,) if value else ()


def host_part(destination: str) -> str:
    """The host of `user@host`, `ssh://user@host:22/`, `[::1]:22`, `host:/path` (scp), in lower case."""
    text = destination.partition("://")[2].partition("/")[0] if "://" in destination else destination
    text = text.rpartition("@")[2]
    if text.startswith("["):
        return text[1:].partition("]")[0].lower()
    if text.startswith("/"):
        return text
    return (text if address(text) else text.partition(":")[0]).rstrip(".").lower()


def _sorted_names(found: tuple[str, ...], target: TargetFacts) -> tuple[tuple[str, ...], tuple[str, ...] | None]:
    """Host names apart from addresses; addresses stay None where none is known."""
    given = tuple(dict.fromkeys(name for name in found if name and not name.startswith(("/", "@"))))
    literal = tuple(name for name in given if address(name))
    addresses = None if target.addresses is None and not literal else (*literal, *(target.addresses or ()))
    return tuple(name for name in given if name not in literal), addresses


def address(text: str) -> str:
    """The text in canonical form when it is an IP address, else ""."""
    if ":" not in text and not text[:1].isdigit():
        return ""
    from ipaddress import ip_address  # noqa: PLC0415 - only for what looks like an address

    try:
        return str(ip_address(text.partition("%")[0]))
    except ValueError:
        return ""


def loopback(name: str) -> bool:
    """True for localhost, loopback addresses, the unspecified address and unix socket paths."""
    if name.startswith(("/", "@")) or name in {"localhost", "ip6-localhost", "localhost.localdomain"}:
        return True
    if name.endswith(".localhost"):
        return True
    found = address(name)
    return found.startswith("127.") or found in {"::1", "0.0.0.0", "::"}  # noqa: S104 - a target, nothing is bound


def _is_here(names: tuple[str, ...], observation: Observation) -> bool:
    """True when every name leads to this host; no name at all means a default, which is here."""
    own = {name.lower() for name in (observation.host, *observation.names)} | set(observation.addresses or ())
    return all(loopback(name) or name.lower() in own for name in names)


def database_label(engine: str, database: str) -> str:
    """What people call a database: Redis has numbers, and number 0 is `db0`; configuration matches the number."""
    return f"db{database}" if engine == "redis" and database.isdigit() else database


def database_named(engine: str, label: str) -> str:
    """The way back from `database_label`."""
    number = label.removeprefix("db")
    return number if engine == "redis" and number.isdigit() else label


def canonical_database(place: Place) -> Place:
    """Take connection texts apart: a URI or `host=x dbname=y` as name or database."""
    for text in (place.name, place.detail.get("database", "")):
        found = _uri(text) if "://" in text else _keywords(text) if "=" in text else {}
        if found:
            detail = {**place.detail, **{key: value for key, value in found.items() if key != "host" and value}}
            if "database" not in found:
                detail.pop("database", None)
            name = found.get("host", "") or ("" if text == place.name else place.name)
            return replace(place, name=name, detail=detail)
    return place


def _uri(text: str) -> dict[str, str]:
    from urllib.parse import parse_qsl, unquote, urlsplit  # noqa: PLC0415 - only for targets that are URIs

    try:
        parts = urlsplit(text)
        port = str(parts.port or "")
    except ValueError:  # several hosts with ports: libpq takes them, urlsplit does not
        parts, port = urlsplit(text.partition("://")[0] + "://"), ""
    hosts = [
        host_part(f"x://{host}") for host in text.partition("://")[2].partition("/")[0].rpartition("@")[2].split(",")
    ]
    query = dict(parse_qsl(parts.query or text.partition("?")[2]))
    path = text.partition("://")[2].partition("/")[2].partition("?")[0]
    found = {
        "host": ",".join(unquote(host) for host in hosts if host) or query.get("host", ""),
        "database": unquote(path) or query.get("dbname", ""),
        "user": unquote(parts.username or "") or query.get("user", ""),
        "port": port or query.get("port", ""),
    }
    return {key: value for key, value in found.items() if value}


def _keywords(text: str) -> dict[str, str]:
    from shlex import split  # noqa: PLC0415 - only for targets that are keyword texts

    try:
        pairs = dict(word.split("=", 1) for word in split(text) if "=" in word)
    except ValueError:
        return {}
    names = {
        "host": "host",
        "hostaddr": "host",
        "dbname": "database",
        "user": "user",
        "port": "port",
        "service": "service",
    }
    return {names[key]: value for key, value in pairs.items() if key in names and value}
