"""kubectl's configuration: which context counts, and where its cluster is.

What must not live here: files (texts come in), tiers.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from safeshell.model.errors import ConfigError
from safeshell.model.values import dataclass
from safeshell.policy.config import compose


@dataclass(frozen=True, slots=True)
class Cluster:
    """One context: its name, cluster, namespace, and the server's URL, each "" where not told."""

    context: str = ""
    cluster: str = ""
    namespace: str = ""
    server: str = ""


def cluster_of(texts: Sequence[str], context: str = "") -> Cluster:
    """The named context, or the current one. Of several files the first that tells something counts."""
    current = ""
    contexts: dict[str, dict[str, Any]] = {}
    servers: dict[str, dict[str, Any]] = {}
    for text in texts:
        root = _mapping(_composed(text))
        current = current or _scalar(root.get("current-context"))
        contexts = _named(root, "contexts", "context") | contexts
        servers = _named(root, "clusters", "cluster") | servers
    name = context or current
    found = contexts.get(name, {})
    cluster = _scalar(found.get("cluster"))
    server = _scalar(servers.get(cluster, {}).get("server"))
    return Cluster(name, cluster, _scalar(found.get("namespace")), server)


def _composed(text: str) -> Any:
    try:
        return compose(text, "kubeconfig")
    except ConfigError:
        return None


def _mapping(node: Any) -> dict[str, Any]:
    if node is None or node.id != "mapping":
        return {}
    return {key.value: value for key, value in node.value if key.id == "scalar"}


def _scalar(node: Any) -> str:
    return node.value if node is not None and node.id == "scalar" else ""


def _named(root: dict[str, Any], many: str, one: str) -> dict[str, dict[str, Any]]:
    node = root.get(many)
    items = [_mapping(item) for item in node.value] if node is not None and node.id == "sequence" else []
    return {_scalar(item.get("name")): _mapping(item.get(one)) for item in items}
