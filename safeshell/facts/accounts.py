"""Who may log in to this host, and who administers it: passwd, group and /etc/shells as plain lists.

What must not live here: changing any of them.
"""

from __future__ import annotations

import os
from collections.abc import Sequence

from safeshell.model.values import dataclass

ADMIN_GROUPS = frozenset({"sudo", "wheel", "admin"})
"""Groups whose members may become root on the common systems."""
NO_SHELLS = frozenset({"nologin", "false", "true", "sync", "halt", "shutdown"})
"""What stands in passwd where nobody shall log in."""


@dataclass(frozen=True, slots=True)
class Account:
    """One user. `admin`: root, or a member of a group that may become root."""

    name: str
    uid: int
    gid: int
    shell: str
    admin: bool = False


def accounts() -> tuple[Account, ...]:
    """Every user that the name service lists."""
    import grp
    import pwd

    groups = grp.getgrall()
    primary = {group.gr_gid for group in groups if group.gr_name in ADMIN_GROUPS}
    members = {name for group in groups if group.gr_name in ADMIN_GROUPS for name in group.gr_mem}
    return tuple(
        Account(
            name=user.pw_name,
            uid=user.pw_uid,
            gid=user.pw_gid,
            shell=user.pw_shell or "/bin/sh",
            admin=user.pw_uid == 0 or user.pw_gid in primary or user.pw_name in members,
        )
        for user in pwd.getpwall()
    )


def shells_of(text: str) -> tuple[str, ...]:
    """The paths that /etc/shells names, in its order."""
    lines = (line.partition("#")[0].strip() for line in text.splitlines())
    return tuple(line for line in lines if line.startswith("/"))


def usable(shell: str) -> bool:
    """True for a program that somebody can log in with."""
    return shell.rpartition("/")[2] not in NO_SHELLS and os.path.isfile(shell) and os.access(shell, os.X_OK)  # noqa: PTH113 - as elsewhere


def administrators_left(everybody: Sequence[Account], changed: frozenset[str], stub: str) -> tuple[str, ...]:
    """Administrators who still log in with a shell of their own once `changed` have `stub`."""
    return tuple(
        account.name
        for account in everybody
        if account.admin and account.name not in changed and account.shell != stub and usable(account.shell)
    )
