"""Where places lead."""

from __future__ import annotations

import os
import shutil
import socket
import time
from pathlib import Path

import pytest

from safeshell.facts.places import Surroundings, resolve, ssh_settings, target_facts
from safeshell.model.effects import Tier
from safeshell.model.places import Place
from safeshell.policy.environments import environment_of
from safeshell.policy.observation import Observation
from safeshell.policy.policy import Policy

DESK = Observation("laptop")


def here(tmp_path: Path, **variables: str) -> Surroundings:
    return Surroundings(
        {"PATH": os.environ["PATH"], "HOME": str(tmp_path), **variables}, str(tmp_path), str(tmp_path), "ann"
    )


def tier(place: Place, around: Surroundings) -> Tier:
    return environment_of(place, DESK, Policy(), target_facts(place, around)).tier


@pytest.mark.skipif(shutil.which("ssh") is None, reason="there is no OpenSSH client")
def test_ssh_aliases_are_resolved(tmp_path: Path):
    """An alias is what the configuration says: host name, user, port and jump hosts."""
    (tmp_path / "config").write_text(
        "Host shop\n  HostName web1.prod.example\n  User deploy\n  ProxyJump bastion.example\n"
    )
    place = Place("host", "shop", detail={"config": str(tmp_path / "config")})
    assert ssh_settings(place, here(tmp_path))["user"] == "deploy"
    facts = target_facts(place, here(tmp_path))
    assert facts.names == ("web1.prod.example",)
    assert facts.via == ("bastion.example",)
    assert tier(place, here(tmp_path)) is Tier.PRODUCTION


def test_a_destination_that_looks_like_an_option_is_not_asked(tmp_path: Path):
    """`ssh -oProxyCommand=...` as a destination never reaches ssh."""
    assert ssh_settings(Place("host", "-oProxyCommand=touch pwned"), here(tmp_path)) == {}
    assert not (tmp_path / "pwned").exists()


def test_libpq_variables_count(tmp_path: Path):
    """PGHOST and PGDATABASE are where psql goes when it is not told."""
    assert tier(Place("database", ""), here(tmp_path, PGHOST="db.prod")) is Tier.PRODUCTION
    assert (
        tier(Place("database", "", detail={"engine": "postgres"}), here(tmp_path, PGDATABASE="shop_production"))
        is Tier.PRODUCTION
    )
    assert tier(Place("database", "db7"), here(tmp_path, PGHOST="db.prod")) is Tier.UNKNOWN
    assert tier(Place("database", "db7", detail={"engine": "redis"}), here(tmp_path, PGDATABASE="prod")) is Tier.UNKNOWN


def test_psql_without_a_database_means_the_users(tmp_path: Path):
    """Libpq's default database is the user's name."""
    facts = target_facts(Place("database", "db7", detail={"engine": "postgres"}), here(tmp_path))
    assert (facts.detail["user"], facts.detail["database"]) == ("ann", "ann")


def test_a_loopback_port_of_a_stranger_is_looked_at(tmp_path: Path):
    """The listener of a given port is named; nobody there means nobody can be identified."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = str(server.getsockname()[1])
        assert target_facts(Place("database", "localhost", detail={"port": port}), here(tmp_path)).listener
    assert target_facts(Place("database", "localhost", detail={"port": port}), here(tmp_path)).listener == ""
    assert target_facts(Place("database", "db7", detail={"port": port}), here(tmp_path)).listener is None


def test_the_current_kube_context_counts(tmp_path: Path):
    """From KUBECONFIG or ~/.kube/config; a cluster on loopback asks who listens."""
    config = tmp_path / "kube"
    config.write_text(
        "current-context: eu\ncontexts: [{name: eu, context: {cluster: c, namespace: live}}]\n"
        "clusters: [{name: c, cluster: {server: 'https://api.eu.example:6443'}}]\n"
    )
    place = Place("kubernetes", "")
    assert tier(place, here(tmp_path, KUBECONFIG=str(config))) is Tier.PRODUCTION
    assert tier(place, here(tmp_path)) is Tier.UNKNOWN
    config.write_text(config.read_text().replace("api.eu.example:6443", "127.0.0.1:1").replace("live", "x"))
    assert target_facts(place, here(tmp_path, KUBECONFIG=str(config))).listener == ""


def test_cloud_defaults(tmp_path: Path):
    """Profiles and projects of the environment, and the terraform workspace of the directory."""
    (tmp_path / ".terraform").mkdir()
    (tmp_path / ".terraform/environment").write_text("live\n")
    facts = target_facts(Place("cloud", ""), here(tmp_path, AWS_PROFILE="acme", GOOGLE_CLOUD_PROJECT="p-1"))
    assert (facts.name, facts.detail["project"], facts.detail["workspace"]) == ("acme", "p-1", "live")
    assert tier(Place("cloud", ""), here(tmp_path)) is Tier.PRODUCTION


def test_a_remote_container_engine(tmp_path: Path):
    """DOCKER_HOST leads away from this host."""
    assert tier(Place("container", "db"), here(tmp_path)) is Tier.DEVELOPMENT
    assert tier(Place("container", "db"), here(tmp_path, DOCKER_HOST="tcp://web.prod:2375")) is Tier.PRODUCTION


def test_places_that_nobody_knows_are_not_looked_up(tmp_path: Path):
    """A name that only the run will tell gives nothing to look up."""
    assert target_facts(Place("host", "x", known=False), here(tmp_path)).names == ()


def test_names_are_resolved_within_a_deadline():
    """Localhost has addresses; a name that cannot be resolved costs at most the deadline."""
    assert set(resolve("localhost", 2.0) or ()) & {"127.0.0.1", "::1"}
    start = time.monotonic()
    assert resolve("no-such-name.invalid", 0.5) is None
    assert time.monotonic() - start < 2
