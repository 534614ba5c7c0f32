"""`safeshell login enable|disable` on throwaway users, by the real usermod."""

import pwd

import pytest

pytestmark = pytest.mark.live


def test_a_user_gets_it_and_gives_it_back(login_host):
    """enable --user: the passwd entry names safeshell-login, and ssh works; disable gives the former shell back."""
    name = login_host.add("moved", "/bin/dash")
    login_host._write_client()
    shells = login_host.folder / "shells"
    shells.write_text("/bin/dash\n")
    options = ("--stub", str(login_host.stub), "--shells", str(shells), "--former", str(login_host.folder / "former"))
    done = login_host.run(str(login_host.guard), "login", "enable", "--yes", "--user", name, *options)
    assert done.returncode == 0, done
    assert f"from /bin/dash to {login_host.stub}".encode() in done.stdout
    assert pwd.getpwnam(name).pw_shell == str(login_host.stub)
    assert login_host.ssh("moved", "echo $SHELL").stdout == b"/bin/bash\n"
    done = login_host.run(str(login_host.guard), "login", "disable", "--yes", "--user", name, *options)
    assert done.returncode == 0, done
    assert pwd.getpwnam(name).pw_shell == "/bin/dash"


def test_the_only_administrator_is_refused(login_host):
    """root, where nobody else administers with a shell of their own."""
    from safeshell.facts.accounts import accounts, administrators_left

    if administrators_left(accounts(), frozenset({"root"}), str(login_host.stub)):
        pytest.skip("this host has other administrators")
    before = pwd.getpwnam("root").pw_shell
    options = (
        "--stub",
        str(login_host.stub),
        "--shells",
        str(login_host.folder / "shells2"),
        "--former",
        "/nonexistent/x",
    )
    done = login_host.run(str(login_host.guard), "login", "enable", "--yes", "--user", "root", *options)
    assert done.returncode == 1
    assert b"last administrator" in done.stderr
    assert pwd.getpwnam("root").pw_shell == before
