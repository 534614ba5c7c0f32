"""Every way to lock oneself out by `safeshell login enable`, tried in a private /etc: each is refused, and says why.

The users, their passwords, sudoers and the directory service are real, made by the system's own tools in a
mount namespace. What must not live here: users who log in (test_login_admin).
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.live.loginhost import LAUNCHER, ROOT, STUB, python_for_all

pytestmark = [
    pytest.mark.live,
    pytest.mark.skipif(
        os.geteuid() != 0
        or subprocess.run(["unshare", "-m", "true"], capture_output=True, check=False).returncode != 0,
        reason="a private /etc needs root and mounts of our own",
    ),
]
WORLD = """
set -e
mount -t tmpfs -o mode=755 tmpfs /mnt
cp -a /etc /mnt/etc && mkdir /mnt/bin /mnt/home
mount --bind /mnt/etc /etc
mount --bind /mnt/bin /usr/local/bin
mount --bind /mnt/home /home
rm -rf /etc/safeshell; mkdir /etc/safeshell
echo 'Defaults env_reset' >/etc/sudoers; rm -f /etc/sudoers.d/*
gpasswd -q -M '' sudo 2>/dev/null || true
install -m 755 "$1/safeshell" "$1/safeshell-login" /usr/local/bin
person() { useradd -m -s "$2" -p "$3" "$1"; }
administers() { echo "$1 ALL=(ALL) NOPASSWD:ALL" >/etc/sudoers.d/90-$1; }
login() { set +e; safeshell login "$@" --yes 2>&1; echo "exit=$?"; set -e; }
shell() { getent passwd "$1" | cut -d: -f7; }
PATH=/usr/local/bin:$PATH
usermod -p '*' root
"""
OPEN = "'$6$saltsalt$hash'"
LAST = "would be the last administrator with a shell of their own"


@pytest.fixture
def world(tmp_path):
    """Run a text of bash in a new world; what it said."""
    path = [str(ROOT), *(entry for entry in sys.path if "site-packages" in entry)]
    launcher = LAUNCHER.format(python=python_for_all(), path=path, etc="/etc/safeshell")
    for name, text in (("safeshell", launcher), ("safeshell-login", STUB.read_text())):
        (tmp_path / name).write_text(text)

    def run(text: str) -> str:
        done = subprocess.run(
            ["unshare", "-m", "bash", "-c", WORLD + text, "x", str(tmp_path)],
            capture_output=True, check=False, timeout=90, text=True, stdin=subprocess.DEVNULL, start_new_session=True,
            env={"PATH": f"{os.environ['PATH']}:/usr/sbin:/sbin", "HOME": str(tmp_path), "LC_ALL": "C.UTF-8"},
        )  # fmt: skip
        assert done.returncode == 0, done
        return done.stdout

    return run


def test_the_only_administrator_of_a_cloud_image(world):
    """root is locked and one user has sudo by sudoers.d: that one keeps the shell; it says that root cannot log in."""
    said = world(f"person dana /bin/bash {OPEN}; administers dana; login enable --user dana; shell dana")
    assert f"dana {LAST}" in said
    assert "root cannot log in: neither a password nor an ssh key" in said
    assert said.endswith("exit=1\n/bin/bash\n")


def test_one_after_the_other(world):
    """Of two administrators the first may, the second may not; a key of ssh opens root again, then the second may."""
    said = world(
        f"""person dana /bin/bash {OPEN}; administers dana; person bob /bin/bash '!'; administers bob
        mkdir /home/bob/.ssh; echo 'ssh-ed25519 AAAA' >/home/bob/.ssh/authorized_keys
        login enable --user dana; shell dana; login enable --user bob; shell bob
        usermod -p {OPEN} root; login enable --user bob; shell bob"""
    )
    assert said.count("exit=0") == 2
    assert f"bob {LAST}" in said
    assert said.split("\n")[-2] == "/usr/local/bin/safeshell-login"


@pytest.mark.parametrize("other", ["-s /usr/sbin/nologin", "-p '!'", "-e 1", "-s /usr/local/bin/safeshell-login-zsh"])
def test_another_administrator_who_cannot_mend_it(world, other):
    """The other one may not log in, is locked, is over, or is guarded by a link: dana is the last."""
    said = world(
        f"""person dana /bin/bash {OPEN}; administers dana; person bob /bin/bash {OPEN}; administers bob
        usermod {other} bob; login enable --user dana; shell dana"""
    )
    assert f"dana {LAST}" in said
    assert said.endswith("exit=1\n/bin/bash\n")


def test_groups_of_sudoers_count(world):
    """A group of sudoers makes administrators, as a first group and as a further one."""
    said = world(
        f"""groupadd ops; echo '%ops ALL=(ALL:ALL) ALL' >>/etc/sudoers
        person dana /bin/bash {OPEN}; usermod -g ops dana; person bob /bin/bash {OPEN}; usermod -aG ops bob
        login enable --user dana --user bob; login enable --user dana"""
    )
    assert f"dana, bob {LAST}" in said
    assert said.count("exit=0") == 1


def test_who_may_not_log_in_stays_out(world):
    """A system account with nologin does not get a shell by this."""
    said = world("login enable --user daemon; shell daemon")
    assert "daemon may not log in at all" in said
    assert said.endswith("exit=1\n/usr/sbin/nologin\n")


def test_a_user_of_a_directory(world):
    """A user whom the name service knows and /etc/passwd does not: it says where the shell is set."""
    said = world(
        """sed -i 's/^passwd:.*/passwd: files systemd/' /etc/nsswitch.conf; mkdir -p /etc/userdb
        echo '{"userName":"ldapuser","uid":61234,"gid":100,"homeDirectory":"/tmp","shell":"/bin/bash","disposition":"regular"}' \
            >/etc/userdb/ldapuser.user
        ln -s ldapuser.user /etc/userdb/61234.user
        getent passwd ldapuser >/dev/null || { echo 'no directory here'; exit 0; }
        login enable --user ldapuser"""
    )
    if "no directory here" in said:
        pytest.skip("the name service reads no userdb here")
    assert "comes from a directory (LDAP, SSSD, winbind)" in said
    assert "sss_override user-add ldapuser --shell /usr/local/bin/safeshell-login" in said
    assert said.endswith("exit=1\n")


@pytest.mark.parametrize(
    ("closing", "why"),
    [
        ("chmod 700 /usr/local/bin", "dana cannot start /usr/local/bin/safeshell-login (Permission denied)"),
        ("chmod 700 /usr/local/bin/safeshell-login", "cannot be read and started by everybody"),
        ("chmod 777 /usr/local/bin/safeshell-login", "could be changed by somebody who is not root"),
        ("rm /usr/local/bin/safeshell-login", "is not there; ./install.sh --system"),
        ("mount -o remount,noexec,bind /usr/local/bin", "cannot start"),
        ("sed -i '1s,.*,#!/nonexistent/sh,' /usr/local/bin/safeshell-login", "cannot start"),
        ("printf '#!/bin/sh\\nexit 1\\n' >/usr/local/bin/safeshell-login", "opens no shell for dana (exit status 1)"),
    ],
)
def test_a_program_that_dana_could_not_start(world, closing, why):
    """It is tried as that person before anything changes."""
    said = world(
        f"""usermod -p {OPEN} root; person dana /bin/bash {OPEN}; cp /usr/local/bin/safeshell /run/guard-$$
        {closing}; set +e; /run/guard-$$ login enable --yes --user dana 2>&1; echo exit=$?; rm /run/guard-$$; shell dana"""
    )
    assert why in said
    assert said.endswith("exit=1\n/bin/bash\n")


def test_zsh_stays_zsh(world):
    """Someone with zsh gets the link that means zsh, listed too; the former shell comes back, and the lists are as before."""
    said = world(
        f"""cp /etc/shells /etc/shells.before; usermod -p {OPEN} root; person dana "$(command -v zsh || echo /bin/zsh)" {OPEN}
        before=$(shell dana); login enable --user dana; shell dana; readlink "$(shell dana)"; runuser -u dana -- "$(shell dana)" -c 'echo real-$SHELL'
        login disable; [ "$(shell dana)" = "$before" ] && cmp /etc/shells /etc/shells.before && echo same"""
    )
    assert "\n/usr/local/bin/safeshell-login-zsh\nsafeshell-login\nreal-" in said
    assert "/zsh\n" in said.split("real-")[1]
    assert said.endswith("exit=0\nsame\n")


def test_disable_finds_everybody(world):
    """Links, and users whose former shell nobody wrote down or is gone: all get a shell that is there."""
    said = world(
        f"""person dana /bin/bash {OPEN}; person bob /usr/local/bin/safeshell-login-zsh {OPEN}; person kim /bin/dash {OPEN}
        usermod -p {OPEN} root; login enable --user dana --user kim; sed -i 's,kim:.*,kim:/opt/gone/zsh,' /etc/safeshell/login.former
        rm /usr/local/bin/safeshell-login; safeshell login check | grep 'cannot log in'; login disable; shell dana; shell bob; shell kim
        grep -c safeshell /etc/shells || true"""
    )
    assert "FAIL  bob cannot log in: /usr/local/bin/safeshell-login-zsh is not there" in said
    assert said.endswith("/bin/bash\n/bin/bash\n/bin/bash\n0\n")


def test_a_list_of_shells_that_is_a_link(world):
    """/etc/shells may be a link: the file behind it is changed."""
    said = world(
        "mv /etc/shells /etc/shells.real; ln -s shells.real /etc/shells; login enable; readlink /etc/shells; tail -1 /etc/shells.real"
    )
    assert said.endswith("exit=0\nshells.real\n/usr/local/bin/safeshell-login\n")


def test_the_world_is_private():
    """The harness itself: nothing of a world is left in this machine's own /etc."""
    assert "safeshell" not in Path("/etc/shells").read_text(encoding="utf-8")
    assert not Path("/etc/sudoers.d/90-dana").exists()
