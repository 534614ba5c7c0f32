"""Who may log in to this host, and who administers it: passwd, shadow, group, sudoers and /etc/shells as plain lists.

What must not live here: changing any of them.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Sequence

from safeshell.model.values import dataclass

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pwd import struct_passwd

ADMIN_GROUPS = frozenset({"sudo", "wheel", "admin"})
"""Groups whose members may become root on the common systems."""
NO_SHELLS = frozenset({"nologin", "false", "true", "sync", "halt", "shutdown"})
"""What stands in passwd where nobody shall log in."""
STUB_NAME = "safeshell-login"
_KEYS = (".ssh/authorized_keys", ".ssh/authorized_keys2")
_SHADOW_FIELDS = 9
_EXPIRES = 7
_DAY = 86400


@dataclass(frozen=True, slots=True)
class Account:
    """One user.

    `admin`: root, or one who may become root by sudo. `locked`: neither a password nor a key of ssh lets
    anybody in, or the account is over; False where shadow cannot be read. `local`: stands in /etc/passwd,
    and does not come from a directory (LDAP, SSSD, winbind).
    """

    name: str
    uid: int
    gid: int
    shell: str
    admin: bool = False
    home: str = ""
    locked: bool = False
    local: bool = True


def accounts(etc: str = "/etc") -> tuple[Account, ...]:
    """Every user that the name service lists, and those of a directory that are named as administrators."""
    import pwd

    administrators = _Administrators(etc)
    local = {line.partition(":")[0] for line in _lines(f"{etc}/passwd")}
    listed = {user.pw_name: user for user in pwd.getpwall()}
    for name in administrators.names - listed.keys():
        try:
            listed[name] = pwd.getpwnam(name)
        except KeyError:
            continue
    shadow = _shadow(etc)
    return tuple(_account(user, administrators, shadow, local) for user in listed.values())


def account(name: str, etc: str = "/etc") -> Account | None:
    """One user by name; a directory often answers for a name without listing it. None where nobody has it."""
    import pwd

    try:
        user = pwd.getpwnam(name)
    except KeyError:
        return None
    local = {line.partition(":")[0] for line in _lines(f"{etc}/passwd")}
    return _account(user, _Administrators(etc), _shadow(etc), local)


def _account(
    user: struct_passwd, administrators: _Administrators, shadow: dict[str, list[str]], local: set[str]
) -> Account:
    return Account(
        name=user.pw_name,
        uid=user.pw_uid,
        gid=user.pw_gid,
        shell=user.pw_shell or "/bin/sh",
        admin=administrators.have(user),
        home=user.pw_dir,
        locked=_locked(shadow.get(user.pw_name), user.pw_dir),
        local=user.pw_name in local,
    )


class _Administrators:
    """Who may become root: uid 0, the usual groups, and what sudoers gives ALL commands to."""

    def __init__(self, etc: str) -> None:
        import grp

        groups = grp.getgrall()
        self.names, named = sudoers(_sudoers_lines(etc))
        known = [group for group in groups if group.gr_name in ADMIN_GROUPS | named]
        self._gids = {group.gr_gid for group in known}
        self.names |= {name for group in known for name in group.gr_mem}

    def have(self, user: struct_passwd) -> bool:
        """True for a user who may become root."""
        return user.pw_uid == 0 or user.pw_gid in self._gids or user.pw_name in self.names


def sudoers(lines: Iterable[str]) -> tuple[set[str], set[str]]:
    """Users and groups to whom some line of sudoers gives every command (`... ALL`), User_Alias resolved."""
    aliases: dict[str, list[str]] = {}
    given: list[str] = []
    for line in lines:
        who, _, rest = line.strip().partition("=")
        words = who.split()
        if len(words) == 2 and words[0] == "User_Alias":  # noqa: PLR2004 - the word and the name
            aliases[words[1]] = [name.strip() for name in rest.split(",")]
        elif (
            words
            and not words[0].startswith(("Defaults", "#", "@"))
            and rest.split()
            and rest.split()[-1].rpartition(":")[2] == "ALL"
        ):
            given += [name.strip() for name in who.rpartition(words[-1])[0].split(",")]
    found = [name for one in given for name in aliases.get(one, [one])]
    return {name for name in found if not name.startswith("%")}, {name[1:] for name in found if name.startswith("%")}


def _sudoers_lines(etc: str) -> list[str]:
    """/etc/sudoers and what lies in sudoers.d; none where they cannot be read."""
    folder = f"{etc}/sudoers.d"
    try:
        more = [f"{folder}/{name}" for name in sorted(os.listdir(folder)) if "." not in name and name[-1] != "~"]
    except OSError:
        more = []
    text = "\n".join(line for path in (f"{etc}/sudoers", *more) for line in _lines(path))
    return text.replace("\\\n", " ").split("\n")


def _shadow(etc: str) -> dict[str, list[str]]:
    """The fields of /etc/shadow by name; empty for whoever may not read it."""
    rows = [line.split(":") for line in _lines(f"{etc}/shadow")]
    return {row[0]: row for row in rows if len(row) == _SHADOW_FIELDS}


def _locked(row: list[str] | None, home: str) -> bool:
    """shadow(5): `!` and `*` are no password, an expiry day (since 1970) that passed lets nobody in."""
    if row is None:
        return False
    if row[_EXPIRES].isdigit() and int(row[_EXPIRES]) <= time.time() / _DAY:
        return True
    return row[1].startswith(("!", "*")) and not any(_lines(f"{home}/{keys}") for keys in _KEYS)


def _lines(path: str) -> list[str]:
    try:
        with open(path, encoding="utf-8", errors="surrogateescape") as file:
            return file.read().splitlines()
    except OSError:
        return []


def shells_of(text: str) -> tuple[str, ...]:
    """The paths that /etc/shells names, in its order."""
    lines = (line.partition("#")[0].strip() for line in text.splitlines())
    return tuple(line for line in lines if line.startswith("/"))


def usable(shell: str) -> bool:
    """True for a program that somebody can log in with."""
    return shell.rpartition("/")[2] not in NO_SHELLS and os.path.isfile(shell) and os.access(shell, os.X_OK)


def is_stub(shell: str, stub: str) -> bool:
    """True for safeshell-login, by any path: a link that names a shell, /bin for /usr/bin."""
    name = shell.rpartition("/")[2]
    named = name == STUB_NAME or name.startswith(f"{STUB_NAME}-")
    return shell == stub or named or os.path.realpath(shell) == os.path.realpath(stub)


def administrators_left(everybody: Sequence[Account], changed: frozenset[str], stub: str) -> tuple[str, ...]:
    """Administrators who can log in with a shell of their own once `changed` have `stub`."""
    return tuple(
        account.name
        for account in everybody
        if account.admin
        and account.name not in changed
        and not account.locked
        and not is_stub(account.shell, stub)
        and usable(account.shell)
    )
