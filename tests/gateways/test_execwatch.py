"""A client under the watch: what it starts and where it connects waits for the court."""

import os
import shlex
import socket
import time
from pathlib import Path

import pytest

from safeshell.gateways.execwatch import shell_line
from tests.gateways.watching import Watched

pytestmark = pytest.mark.live


def test_a_shell_text_is_told_exactly_and_runs(capfd, tmp_path):
    """`system` of a text with shell syntax: the text, the directory and the environment of that moment."""
    script = f"chdir {str(tmp_path)!r}; $ENV{{X}} = 'y z'; system(q(echo one | tr a-z A-Z))"
    watched = Watched("perl", "-e", script)
    assert watched.run() == 0
    assert watched.texts == ["echo one | tr a-z A-Z"]
    assert watched.started[0].cwd == str(tmp_path)
    assert watched.started[0].environ["X"] == "y z"
    assert capfd.readouterr().out == "ONE\n"


def test_a_refused_text_runs_nothing(capfd, tmp_path):
    """The client sees an ordinary failure of its shell, and goes on."""
    mark = tmp_path / "mark"
    watched = Watched("perl", "-e", f"print system(q(touch {mark} # forbidden)) ? qq(failed\\n) : qq(ran\\n)")
    assert watched.run() == 0
    assert not mark.exists()
    assert capfd.readouterr().out == "failed\n"


def test_words_without_a_shell_are_told_as_a_shell_line(tmp_path):
    """A program that is started by its words is judged as the line that would start it."""
    watched = Watched("perl", "-e", "system('/bin/echo', 'a b')")
    watched.run()
    assert watched.texts == ["/bin/echo 'a b'"]


def test_what_an_allowed_shell_runs_is_not_asked_again():
    """One question for the text; none for the programs in it."""
    watched = Watched("perl", "-e", "system(q(/bin/true; /bin/true | /bin/cat; sh -c '/bin/true; :'))")
    watched.run()
    assert len(watched.texts) == 1


def test_a_judge_that_crashes_has_said_no(tmp_path):
    """Whatever fails in judging, nothing runs and the client lives on."""
    mark = tmp_path / "mark"
    watched = Watched("perl", "-e", f"system(q(touch {mark} # crash)); exit 7")
    assert watched.run() == 7
    assert not mark.exists()


def test_a_client_that_a_shell_starts_counts_as_well():
    """`\\! psql` inside is a client again: what that one starts is asked, too."""
    watched = Watched("perl", "-e", "system(q(perl -e 'system(q(echo inner | cat))' ; :))")
    watched.run()
    assert watched.texts == ["perl -e 'system(q(echo inner | cat))' ; :", "echo inner | cat"]


CONNECT = """
use Socket; {make}; exit(connect($s, $to) ? 0 : ($!{{EACCES}} ? 13 : 1));
"""
UNIX = "socket(my $s, PF_UNIX, SOCK_STREAM, 0); my $to = pack_sockaddr_un({path!r})"
INET = "socket(my $s, PF_INET, {kind}, 0); my $to = pack_sockaddr_in({port}, inet_aton('127.0.0.1'))"


def listener(path) -> socket.socket:
    server = socket.socket(socket.AF_UNIX)
    server.bind(str(path))
    server.listen()
    return server


def test_its_own_socket_and_those_of_no_database_are_free(tmp_path):
    """The guarded socket, and a socket that is no PostgreSQL server's (nss, syslog)."""
    for name, own in ((".s.PGSQL.5432", frozenset({str(tmp_path / ".s.PGSQL.5432")})), ("nscd", frozenset())):
        with listener(tmp_path / name):
            make = CONNECT.format(make=UNIX.format(path=str(tmp_path / name)))
            watched = Watched("perl", "-e", make, sockets=own)
            assert watched.run() == 0
            assert watched.refused == []


def test_a_guard_beside_this_one_is_free(tmp_path):
    """A guarded client below this one connects to its own guard, whose private directory lies beside ours."""
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
    with listener(tmp_path / "b/.s.PGSQL.5432"):
        own = frozenset({str(tmp_path / "a/.s.PGSQL.5432")})
        for path, code in (("b/.s.PGSQL.5432", 0), ("a/../b/.s.PGSQL.5432", 13)):
            make = CONNECT.format(make=UNIX.format(path=str(tmp_path / path)))
            assert Watched("perl", "-e", make, sockets=own).run() == code


def test_another_server_is_refused_and_named(tmp_path):
    """Another PostgreSQL socket, and any TCP port: EACCES for the client, the address for the person."""
    with listener(tmp_path / ".s.PGSQL.5433"):
        watched = Watched("perl", "-e", CONNECT.format(make=UNIX.format(path=str(tmp_path / ".s.PGSQL.5433"))))
        assert watched.run() == 13
        assert watched.refused[0].host.endswith(".s.PGSQL.5433")
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        watched = Watched("perl", "-e", CONNECT.format(make=INET.format(kind="SOCK_STREAM", port=port)))
        assert watched.run() == 13
        assert (watched.refused[0].host, watched.refused[0].port) == ("127.0.0.1", port)


def test_datagrams_are_free():
    """Names are resolved by datagrams."""
    watched = Watched("perl", "-e", CONNECT.format(make=INET.format(kind="SOCK_DGRAM", port=9)))
    assert watched.run() == 0
    assert watched.refused == []


def test_what_runs_on_after_the_client_is_not_crippled(tmp_path):
    """`\\! server &` still starts programs when the guard is gone."""
    mark = tmp_path / "mark"
    text = f"(sleep 0.3; /bin/echo late > {shlex.quote(str(mark))}) >/dev/null 2>&1 &"
    assert Watched("perl", "-e", f"system(q({text}))").run() == 0
    deadline = time.monotonic() + 5
    while not (mark.exists() and mark.read_text()) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert mark.read_text() == "late\n"


@pytest.mark.parametrize(
    ("program", "argv", "line"),
    [
        ("/bin/sh", ["sh", "-c", "ls | wc"], "ls | wc"),
        ("/bin/sh", ["sh", "-c", "--", "-x"], "-x"),
        ("/bin/sh", ["sh", "-c", "a", "b"], "/bin/sh -c a b"),
        ("/bin/bash", ["bash", "-c", "a b"], "/bin/bash -c 'a b'"),
        ("/bin/echo", ["lies", "a b"], "/bin/echo 'a b'"),
    ],
)
def test_shell_lines(program, argv, line):
    """Only `sh -c TEXT` as the C library makes it is a text; all else is judged by its words."""
    assert shell_line(program, argv) == line


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root, to become somebody else")
def test_without_privileges_sudo_is_told_about(tmp_path):
    """As an ordinary user no_new_privs is set: a set-user-id program below is announced as powerless."""
    import subprocess
    import sys

    code = (
        "from tests.gateways.watching import Watched\n"
        "w = Watched('perl', '-e', 'system(q(su --version >/dev/null; :))')\n"
        "print(w.run(), w.powerless)"
    )
    python = next((path for path in ("/usr/bin/python3", sys.executable) if Path(path).exists()), "python3")
    root = str(Path(__file__).parents[2])
    ran = subprocess.run(
        ["runuser", "-u", "nobody", "--", python, "-c", code],
        cwd=root,
        env={**os.environ, "PYTHONPATH": root, "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    if "Permission denied" in ran.stderr or "unsupported operand" in ran.stderr:
        pytest.skip("nobody cannot read this checkout or its Python")
    assert ran.stdout.strip().endswith("/su']"), ran.stderr
