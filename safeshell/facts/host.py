"""What this host is and how the person came in: files, variables and process ancestry, no DNS.

What must not live here: deciding a tier (policy.environments), anything that can hang.
"""

from __future__ import annotations

import os
import pwd

from safeshell.policy.observation import FRAMEWORK_VARIABLES, MARKER, Observation
from safeshell.policy.policy import Wanted

TYPE_CHECKING = False  # typing costs 8 ms, and the first prompt waits
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

SMALL_FILE = 64 << 10
"""Bytes that are read of a marker or of /etc/hosts."""
REMOTE_ENTRANCES = frozenset({"sshd", "sshd-session", "dropbear", "mosh-server", "tailscaled", "telnetd", "in.telnetd"})
"""Processes above a session that mean it was entered over the network."""
_MAX_ANCESTORS = 40


def observe(environ: Mapping[str, str], wanted: Wanted | None = None, *, login_shell: bool = False) -> Observation:
    """Look at this host; `environ` is the environment in which the guard was started."""
    wanted = wanted or Wanted()
    node = os.uname().nodename
    user = user_name(os.geteuid())
    return Observation(
        host=node.partition(".")[0] or "localhost",
        names=tuple(dict.fromkeys((node, *hosts_names(node)))),
        addresses=own_addresses() if wanted.addresses else None,
        files=_texts((MARKER, *wanted.files)),
        variables={name: environ[name] for name in (*FRAMEWORK_VARIABLES, *wanted.variables) if name in environ},
        cloud_profile=environ.get("AWS_PROFILE") or environ.get("AWS_DEFAULT_PROFILE", ""),
        terraform_workspace=environ.get("TF_WORKSPACE", ""),
        over_ssh=came_over_network(environ),
        login_shell=login_shell,
        container=_container(environ),
        user=user,
        operator=operator(environ, user),
    )


def small_text(path: str) -> str | None:
    """The text of a small regular file, None where there is none or it may not be read."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY)
    except OSError:
        return None
    try:
        return os.read(handle, SMALL_FILE).decode("utf-8", "replace")
    except OSError:
        return None
    finally:
        os.close(handle)


def _texts(paths: Sequence[str]) -> dict[str, str]:
    found = {path: small_text(os.path.expanduser(path)) for path in dict.fromkeys(paths)}
    return {path: text for path, text in found.items() if text is not None}


def hosts_names(node: str, path: str = "/etc/hosts") -> tuple[str, ...]:
    """Further names of this host by the hosts file: those on a line with its node name."""
    found: list[str] = []
    for line in (small_text(path) or "").splitlines():
        names = line.partition("#")[0].split()[1:]
        if node in names:
            found += [name for name in names if not name.startswith(("localhost", "ip6-"))]
    return tuple(dict.fromkeys(found))


def user_name(uid: int) -> str:
    """The name of a user id, the number itself where passwd has none."""
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def operator(environ: Mapping[str, str], user: str) -> str:
    """The person behind this process: who called sudo or doas, or who logged in, or its user."""
    for name in ("SUDO_USER", "DOAS_USER"):
        if environ.get(name):
            return environ[name]
    login = (small_text("/proc/self/loginuid") or "").strip()
    # 4294967295 is the kernel's "nobody logged in".
    if os.geteuid() == 0 and login.isdigit() and login not in {"0", "4294967295"}:
        return user_name(int(login))
    return user


def came_over_network(environ: Mapping[str, str]) -> bool:
    """True when the session was entered over ssh or the like, sudo in between included."""
    if any(environ.get(name) for name in ("SSH_CONNECTION", "SSH_CLIENT", "SSH_TTY", "MOSH_IP")):
        return True
    return any(name in REMOTE_ENTRANCES for name in ancestors())


def ancestors() -> tuple[str, ...]:
    """Names of the processes above this one, the nearest first; () where there is no /proc."""
    found: list[str] = []
    pid = os.getppid()
    while pid > 0 and len(found) < _MAX_ANCESTORS:
        stat = small_text(f"/proc/{pid}/stat")
        if stat is None:
            break
        # The name stands in brackets and may itself hold brackets and spaces.
        found.append(stat[stat.find("(") + 1 : stat.rfind(")")])
        pid = int(stat[stat.rfind(")") + 2 :].split()[1])
    return tuple(found)


def _container(environ: Mapping[str, str]) -> str:
    if environ.get("KUBERNETES_SERVICE_HOST"):
        return "kubernetes"
    if environ.get("container"):
        return environ["container"]
    marks = {"/.dockerenv": "docker", "/run/.containerenv": "podman"}
    return next((name for path, name in marks.items() if os.path.lexists(path)), "")


def own_addresses() -> tuple[str, ...]:
    """Every address of this host's interfaces, without loopback. Imports psutil: only for cidr rules."""
    import socket

    import psutil

    families = {socket.AF_INET, socket.AF_INET6}
    found = [entry for entries in psutil.net_if_addrs().values() for entry in entries if entry.family in families]
    texts = (entry.address.partition("%")[0] for entry in found)
    return tuple(dict.fromkeys(text for text in texts if not text.startswith("127.") and text != "::1"))
