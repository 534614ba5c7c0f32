"""Where a named place leads: ssh aliases, default contexts, loopback listeners, addresses.

Everything is looked up on this host, with a deadline; nothing is connected to.
What must not live here: tiers (policy.environments).
"""

from __future__ import annotations

import os
from collections.abc import Mapping

from safeshell.facts.host import small_text
from safeshell.facts.listeners import listener_of
from safeshell.facts.running import answer
from safeshell.model.places import Place
from safeshell.model.values import dataclass, replace
from safeshell.policy.observation import TargetFacts
from safeshell.policy.targets import FORWARDERS, address, canonical_database, host_part, loopback

SSH_DEADLINE = 1.0
ADDRESS_DEADLINE = 0.5
_SSH_PORT = "22"
_PORTS = {"postgres": "5432", "redis": "6379", "mysql": "3306"}
"""Where a server of each engine listens when nobody says otherwise."""
_LIBPQ = {"host": "PGHOST", "port": "PGPORT", "database": "PGDATABASE", "user": "PGUSER"}


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a command without options would go by: variables, directory, home, user.

    `addresses` asks for a look-up of host names, because some rule speaks of networks.
    """

    variables: Mapping[str, str]
    cwd: str
    home: str
    user: str = ""
    addresses: bool = False


def target_facts(place: Place, here: Surroundings) -> TargetFacts:
    """What can be found out about a place without going there."""
    if not place.known:
        return TargetFacts()
    finders = {
        "host": _host,
        "database": _database,
        "kubernetes": _kubernetes,
        "cloud": _cloud,
        "container": _container,
    }
    finder = finders.get(place.kind)
    return finder(place, here) if finder else TargetFacts()


def _host(place: Place, here: Surroundings) -> TargetFacts:
    told = ssh_settings(place, here)
    name = told.get("hostname", "") or host_part(place.name)
    via = tuple(jump for jump in told.get("proxyjump", "").split(",") if jump and jump != "none")
    port = place.detail.get("port") or told.get("port", _SSH_PORT)
    listener = listener_of(name, port) if loopback(name) and port != _SSH_PORT else None
    detail = {"user": told["user"]} if "user" in told else {}
    return TargetFacts(names=(name,), via=via, addresses=_addresses(name, here), listener=listener, detail=detail)


def ssh_settings(place: Place, here: Surroundings) -> dict[str, str]:
    """What `ssh -G` says about a destination, by lower-case keyword; {} where it says nothing."""
    if not place.name or place.name.startswith("-"):
        return {}
    config = ("-F", place.detail["config"]) if place.detail.get("config") else ()
    port = ("-p", place.detail["port"]) if place.detail.get("port") else ()
    text = answer(
        ("ssh", "-G", *config, *port, "--", place.name), deadline=SSH_DEADLINE, environ=here.variables, cwd=here.cwd
    )
    pairs = (line.partition(" ") for line in (text or "").splitlines())
    return {key.lower(): value for key, _, value in pairs}


def _addresses(name: str, here: Surroundings) -> tuple[str, ...] | None:
    if address(name):
        return (address(name),)
    return resolve(name, ADDRESS_DEADLINE) if here.addresses and name else None


def resolve(name: str, deadline: float) -> tuple[str, ...] | None:
    """The addresses of a host name, None when nobody could tell within `deadline` seconds."""
    import socket
    import threading

    found: list[str] = []

    def look() -> None:
        try:
            answers = socket.getaddrinfo(name, None, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError):
            return
        found.extend(str(entry[4][0]) for entry in answers)

    # The resolver has no deadline of its own; a thread left behind ends with the process.
    thread = threading.Thread(target=look, daemon=True)
    thread.start()
    thread.join(deadline)
    return tuple(dict.fromkeys(found)) or None


def _database(place: Place, here: Surroundings) -> TargetFacts:
    """A database's defaults as its client has them, and who listens when it is on this host.

    `engine` in the place's detail tells which client it is; without it libpq's variables count, and
    every engine's usual port is looked at.
    """
    given = canonical_database(place)
    engine = place.detail.get("engine", "")
    detail = _libpq_defaults(here, given) if engine in {"", "postgres"} else {}
    name = given.name or detail.pop("host", "")
    detail.pop("host", None)
    own = all(loopback(part) for part in name.split(",") if part)
    port = given.detail.get("port") or detail.get("port") or _PORTS.get(engine, "")
    listener = _local_listener(name.split(",")[0], port) if own else None
    addresses = _addresses(name, here) if not own and "," not in name else None
    return TargetFacts(name=name, addresses=addresses, listener=listener, detail=detail)


def _libpq_defaults(here: Surroundings, given: Place) -> dict[str, str]:
    found = {key: here.variables[name] for key, name in _LIBPQ.items() if here.variables.get(name)}
    if given.detail.get("engine") == "postgres":
        found.setdefault("user", here.user)
        found.setdefault("database", given.detail.get("user") or found["user"])
    return found


def _local_listener(host: str, port: str) -> str | None:
    """Who listens on a port, or on any usual one where the port is not known; None where nobody can say."""
    if port:
        return listener_of(host or "127.0.0.1", port)
    found = [listener_of(host or "127.0.0.1", usual) for usual in _PORTS.values()]
    return next((name for name in found if name in FORWARDERS), None)


def _kubernetes(place: Place, here: Surroundings) -> TargetFacts:
    from safeshell.policy.kubeconfig import cluster_of

    files = place.detail.get("kubeconfig") or here.variables.get("KUBECONFIG") or f"{here.home}/.kube/config"
    texts = [small_text(path) or "" for path in files.split(os.pathsep) if path]
    found = cluster_of(texts, place.name)
    server = host_part(found.server) if found.server else ""
    detail = {key: value for key, value in (("namespace", found.namespace), ("cluster", found.cluster)) if value}
    facts = TargetFacts(name=found.context, names=(server,) if server else (), detail=detail)
    if not loopback(server):
        return replace(facts, addresses=_addresses(server, here))
    return replace(facts, listener=listener_of("127.0.0.1", found.server.rpartition(":")[2].strip("/")))


def _cloud(_place: Place, here: Surroundings) -> TargetFacts:
    """Default profiles, projects and workspaces, from variables and the directory."""
    variables = here.variables
    profile = variables.get("AWS_PROFILE") or variables.get("AWS_DEFAULT_PROFILE") or ""
    project = variables.get("CLOUDSDK_CORE_PROJECT") or variables.get("GOOGLE_CLOUD_PROJECT") or ""
    workspace = variables.get("TF_WORKSPACE") or (small_text(f"{here.cwd}/.terraform/environment") or "").strip()
    named = {"project": project, "workspace": workspace, "region": variables.get("AWS_REGION", "")}
    return TargetFacts(name=profile, detail={key: value for key, value in named.items() if value})


def _container(_place: Place, here: Surroundings) -> TargetFacts:
    engine = here.variables.get("DOCKER_HOST") or here.variables.get("CONTAINER_HOST") or ""
    context = here.variables.get("DOCKER_CONTEXT", "")
    named = {"host": engine, "context": context}
    return TargetFacts(detail={key: value for key, value in named.items() if value})
