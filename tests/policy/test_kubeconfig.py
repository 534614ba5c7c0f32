"""kubectl's configuration."""

from __future__ import annotations

from safeshell.policy.kubeconfig import Cluster, cluster_of

TEXT = """
apiVersion: v1
current-context: eu
contexts:
- name: eu
  context: {cluster: eu-prod, namespace: shop}
- name: us
  context: {cluster: us-1}
clusters:
- name: eu-prod
  cluster: {server: "https://api.eu.example:6443"}
"""


def test_the_current_context():
    """Context, cluster, namespace and server of what kubectl would use."""
    assert cluster_of([TEXT]) == Cluster("eu", "eu-prod", "shop", "https://api.eu.example:6443")


def test_a_named_context():
    """A named context counts instead; what is not told stays empty."""
    assert cluster_of([TEXT], "us") == Cluster("us", "us-1", "", "")
    assert cluster_of([TEXT], "nowhere") == Cluster("nowhere")


def test_several_files_are_merged():
    """The first file that tells something counts, as in kubectl."""
    assert cluster_of(["current-context: us", TEXT]).cluster == "us-1"


def test_broken_files_tell_nothing():
    """Text that is no YAML, or another shape, is no fault here."""
    assert cluster_of(["a: [", "- x", "contexts: 3", ""]) == Cluster()
