"""What the doors saw: of this host, and of a place that an action names. Inputs of `environments`.

What must not live here: looking (facts), judging (environments).
"""

from __future__ import annotations

from types import MappingProxyType

from safeshell.model.values import dataclass, field

TYPE_CHECKING = False  # typing costs 8 ms, and the first prompt waits
if TYPE_CHECKING:
    from collections.abc import Mapping

MARKER = "/etc/safeshell/tier"
"""The file in which an administrator writes what this host is: one tier word."""

FRAMEWORK_VARIABLES = (
    "RAILS_ENV",
    "RACK_ENV",
    "APP_ENV",
    "ENVIRONMENT",
    "DJANGO_SETTINGS_MODULE",
    "NODE_ENV",
    "FLASK_ENV",
    "MIX_ENV",
    "SPRING_PROFILES_ACTIVE",
    "ASPNETCORE_ENVIRONMENT",
)
"""Variables in which frameworks are told where they run."""


@dataclass(frozen=True, slots=True)
class Observation:
    """The local host, as it was when the guard started.

    `names` are all its names, `host` the one that people see. `addresses` is None where nobody
    looked. `files` holds texts of marker files by path, `variables` those that some rule or
    framework speaks of. `terraform_workspace`, `kube_context`, `kube_namespace`, `cloud_profile` are the
    defaults that a command without options would use. `user` runs the guard, `operator` is the
    person (SUDO_USER). `over_ssh` and `login_shell` tell how the person came in.
    """

    host: str
    names: tuple[str, ...] = ()
    addresses: tuple[str, ...] | None = None
    files: Mapping[str, str] = field(default_factory=dict)
    variables: Mapping[str, str] = field(default_factory=dict)
    kube_context: str = ""
    kube_namespace: str = ""
    cloud_profile: str = ""
    terraform_workspace: str = ""
    over_ssh: bool = False
    login_shell: bool = False
    container: str = ""
    user: str = ""
    operator: str = ""

    @property
    def desktop(self) -> bool:
        """True where the person sits in front of this host, as far as anybody can tell."""
        return not (self.over_ssh or self.login_shell)


@dataclass(frozen=True, slots=True)
class TargetFacts:
    """What was found out about a place that an action names.

    `names` are further names of it (what an ssh alias stands for, a cluster's server), `via` the
    hosts on the way (ProxyJump). `addresses` is None where nobody looked or nobody could tell.
    `listener` names the process that listens on a loopback target, "" when none could be
    identified, None when nobody looked. `marker` is a tier word found inside the target. `detail`
    completes the place: database, user, port, namespace, as defaults would have it.
    """

    name: str = ""
    names: tuple[str, ...] = ()
    via: tuple[str, ...] = ()
    addresses: tuple[str, ...] | None = None
    listener: str | None = None
    marker: str = ""
    detail: Mapping[str, str] = MappingProxyType({})
