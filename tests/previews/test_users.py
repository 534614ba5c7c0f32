"""What removing an account would touch, on accounts that every machine has."""

from __future__ import annotations

import grp
import os
import pwd

from safeshell.model.effects import Effect
from safeshell.model.judgement import Exactness
from safeshell.model.statements import TargetKind
from safeshell.previews import users
from tests.previews.making import finding, last, subject, target


def of(*names: str | None):
    targets = [target(name, TargetKind.USER) for name in names]
    return last(users.look, subject("userdel -r x", finding("users", *targets, effect=Effect.REVOKES_ACCESS)))


def me() -> str:
    return pwd.getpwuid(os.getuid()).pw_name


def test_your_own_account_is_said():
    """With its processes: this test is one."""
    seen = of(me())
    assert "this is your own account" in seen.caveats
    assert " runs " in seen.summary
    assert any(caveat.startswith("running: ") for caveat in seen.caveats)


def test_the_account_behind_sudo_is_yours(monkeypatch):
    """Under sudo your own account is the one that called it."""
    other = next(entry for entry in pwd.getpwall() if entry.pw_uid not in (0, os.getuid()))
    monkeypatch.setenv("SUDO_UID", str(other.pw_uid))
    assert "this is your own account" in of(other.pw_name).caveats


def test_an_idle_account():
    """An account of the system that nobody uses."""
    seen = of("nobody")
    assert seen.summary.startswith("nobody is not logged in")
    assert seen.exactness is Exactness.EXACT


def test_the_home_is_counted(monkeypatch, tmp_path):
    """Files and bytes of the home directory, keys that go on working."""
    (tmp_path / ".ssh").mkdir()
    (tmp_path / ".ssh/authorized_keys").write_text("x" * 2000)
    entry = pwd.struct_passwd(("guardtest", "x", 61234, 61234, "", str(tmp_path), "/bin/sh"))
    monkeypatch.setattr(users.pwd, "getpwnam", lambda _name: entry)
    seen = of("guardtest")
    assert f"{tmp_path} holds 1 file, 2.0 KiB" in seen.summary
    assert any("comes in with ssh keys" in caveat for caveat in seen.caveats)


def test_the_last_administrator_is_said(monkeypatch):
    """Removing the only member of sudo locks everybody out."""
    sudo = grp.struct_group(("sudo", "x", 27, ["nobody"]))

    def group(name):
        if name != "sudo":
            raise KeyError
        return sudo

    monkeypatch.setattr(users.grp, "getgrnam", group)
    assert "nobody is the last member of sudo" in of("nobody").caveats


def test_groups_and_names_that_do_not_exist():
    """A group is described by its members; an unknown name is said to be unknown."""
    name = grp.getgrgid(0).gr_name
    if name == "root":
        assert of("guardtest-none").summary == "there is no account or group called guardtest-none"
    only_group = next((g for g in grp.getgrall() if not _is_user(g.gr_name)), None)
    assert only_group is not None
    assert of(only_group.gr_name).summary.startswith(f"the group {only_group.gr_name} has ")


def _is_user(name: str) -> bool:
    try:
        pwd.getpwnam(name)
    except KeyError:
        return False
    return True


def test_a_name_that_only_running_tells():
    """Unknown."""
    assert of(None).exactness is Exactness.UNKNOWN
