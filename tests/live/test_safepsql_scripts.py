"""safe-psql without a person: the same bytes, messages and exit codes as psql; refusals with a request id."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys

import pytest

from tests.live.console import SAFE_PSQL, environment, psql, shop_server
from tests.live.house import ROOT
from tests.servers import postgres_server

pytestmark = [pytest.mark.live, pytest.mark.timeout(110)]


@pytest.fixture(scope="module")
def server():
    with shop_server(tcp=True) as running:
        yield running


@pytest.fixture
def run(server, tmp_path):
    """Run a psql line, by default through the guard; `stdin` is its input."""

    def begin(*words: str, stdin: str = "", argv=(*SAFE_PSQL, "--guard-tier", "development"), **environ: str):
        env = {**environment(server, tmp_path), **environ}
        return subprocess.run(
            [*argv, *words], env=env, input=stdin, capture_output=True, text=True, timeout=60, check=False,
            cwd=tmp_path / "home",
        )  # fmt: skip

    (tmp_path / "home").mkdir()
    return begin


SOCKET = re.compile(r'socket "[^"]*"')
"""The one thing that differs in psql's own words: where it was connected."""
SCRIPT = """\\set x 5
select :x as five;
\\if :x
\\echo yes
\\else
\\echo no
\\endif
begin; savepoint s; select 1/0; rollback to s; commit;
\\copy (select n from generate_series(1, 3) n) to stdout with csv
select 'select ' || n from generate_series(1, 2) n \\gexec
select 1 as a, 2 as b \\gset
\\echo :a :b
\\d orders
\\dt
prepare p as select $1::int; execute p(3);
"""
SAME = [
    (["-c", "select 1", "-c", "select 2"], ""),
    (["-At", "-c", "select 'ä', null, E'a\\nb'"], ""),
    (["--csv", "-c", "select * from customers order by id"], ""),
    (["-x", "-c", "select * from customers where id = 1"], ""),
    (["-l", "-A"], ""),
    (["-v", "ON_ERROR_STOP=1"], "select 1;\nselect 1/0;\nselect 2;\n"),
    ([], "select 1;\nselect 1/0;\nselect 2;\n"),
    (["-c", "select 1/0"], ""),
    (["-c", "selec 1"], ""),
    (["-c", "select 1 from"], ""),
    (["-c", "select 'open"], ""),
    ([], "begin;\nselect 1;\nselec 2;\nselect 3;\nrollback;\nselect 4;\n"),
    (["-1", "-v", "ON_ERROR_STOP=1"], "create table gone (a int);\nselect 1/0;\n"),
    (["-a", "-e"], SCRIPT),
    (["-q"], SCRIPT),
    (["-f", "missing.sql"], ""),
    (["-c", "\\nonsense"], ""),
    (["-X", "--bogus"], ""),
    (["-d", "no_such_database", "-c", "select 1"], ""),
    (["-U", "nobody_at_all", "-c", "select 1"], ""),
    (["-c", "copy (select 1) to stdout; select 2"], ""),
    (["-c", "select pg_notify('a', 'b')", "-c", "do $$ begin raise notice 'n'; end $$"], ""),
]


@pytest.mark.parametrize(("words", "stdin"), SAME, ids=lambda value: str(value)[:40])
def test_the_same_as_psql(run, words, stdin):
    """Output, messages and exit code, byte for byte."""
    real, safe = run(*words, stdin=stdin, argv=("psql",)), run(*words, stdin=stdin)
    told = [SOCKET.sub('socket "..."', done.stderr) for done in (safe, real)]
    assert (safe.stdout, told[0], safe.returncode) == (real.stdout, told[1], real.returncode)


def test_a_file_in_and_a_file_out(run, server, tmp_path):
    """\\copy both ways, -o and -f: files are psql's own."""
    home = tmp_path / "home"
    (home / "in.csv").write_text("1001,new one\n1002,new two\n")
    (home / "job.sql").write_text("\\copy customers from 'in.csv' with csv\nselect count(*) from customers;\n")
    done = run("-At", "-f", "job.sql", "-o", "out.txt")
    assert (done.returncode, done.stderr) == (0, "")
    assert (home / "out.txt").read_text() == "COPY 2\n52\n"
    psql(server, "delete from customers where id > 1000")


def test_a_reader_that_goes_away(run, server, tmp_path):
    """`--csv | head`: psql dies of SIGPIPE as it does alone, and nothing hangs."""
    line = " ".join([*SAFE_PSQL, "--csv -c 'select n from generate_series(1, 3000000) n'"])
    done = run("-c", f"{line} | head -2; echo ${{PIPESTATUS[0]}}", argv=("bash",))
    real = run(
        "-c",
        "psql --csv -c 'select n from generate_series(1, 3000000) n' | head -2; echo ${PIPESTATUS[0]}",
        argv=("bash",),
    )
    assert done.stdout == real.stdout
    assert done.stderr == real.stderr


@pytest.mark.parametrize(
    "words",
    [
        ["postgresql://postgres@127.0.0.1:{port}/shop"],
        ["postgresql://127.0.0.1:{port}/shop?user=postgres&application_name=mine"],
        ["host=127.0.0.1 port={port} user=postgres dbname=shop connect_timeout=5"],
        ["-h", "127.0.0.1", "-p", "{port}", "shop", "postgres"],
        ["-h", "127.0.0.1,{directory}", "-p", "1,{port}", "-d", "shop", "-U", "postgres"],
        ["service=here"],
        ["-d", "postgresql://nowhere.invalid:1,127.0.0.1:{port}/shop?user=postgres"],
        ["--dbname=host=127.0.0.1 port={port} user=postgres dbname=shop options='-c statement_timeout=77s'"],
    ],
    ids=lambda words: words[0][:30],
)
def test_every_way_of_naming_a_server(run, server, words, tmp_path):
    """URIs, connection texts, services, several hosts: what psql reaches, safe-psql reaches, guarded."""
    (tmp_path / "home/.pg_service.conf").write_text(
        f"[here]\nhost=127.0.0.1\nport={server.port}\nuser=postgres\ndbname=shop\n"
    )
    line = [word.format(port=server.port, directory=server.directory) for word in words]
    ask = ["-Atc", "select current_database(), current_user, current_setting('statement_timeout')"]
    away = dict.fromkeys(("PGHOST", "PGPORT", "PGUSER", "PGDATABASE"), "")
    real, safe = run(*line, *ask, argv=("psql",), **away), run(*line, *ask, **away)
    assert (safe.stdout, safe.returncode) == (real.stdout, real.returncode) != ("", 0)


def test_a_service_by_variable(run, server, tmp_path):
    """PGSERVICE and PGSERVICEFILE."""
    (tmp_path / "services").write_text(f"[x]\nhost=127.0.0.1\nport={server.port}\nuser=postgres\ndbname=shop\n")
    away = dict.fromkeys(("PGHOST", "PGPORT", "PGUSER", "PGDATABASE"), "")
    done = run("-Atc", "select current_database()", PGSERVICE="x", PGSERVICEFILE=str(tmp_path / "services"), **away)
    assert (done.stdout, done.returncode) == ("shop\n", 0)


def test_a_server_that_is_not_there(run):
    """psql's exit code for a connection that failed, and which side it was."""
    done = run("-h", "127.0.0.1", "-p", "1", "-c", "select 1")
    assert done.returncode == 2
    assert "127.0.0.1" in done.stderr


def test_programs_are_judged_before_they_start(run, tmp_path):
    """`\\!`, `\\o |`, `\\g |`, `\\copy program`, backticks: reading passes, writing is refused, nothing ran."""
    tier = (*SAFE_PSQL, "--guard-tier", "production")
    reads = run(
        "-At",
        stdin="\\! echo one\nselect 2 \\g |cat\n\\echo `echo three`\n\\copy (select 4) to program 'cat'\n",
        argv=tier,
    )
    assert (reads.stdout.split(), reads.stderr) == (["one", "2", "three", "COPY", "1", "4"], "")
    mark = tmp_path / "home/precious"
    mark.write_text("precious\n")
    for text in (
        "\\! rm ~/precious",
        "select 1 \\g |tee ~/precious",
        "\\o |tee ~/precious",
        "\\echo `rm ~/precious`",
        "\\copy customers to program 'tee ~/precious'",
    ):
        done = run("-At", stdin=text + "\n", argv=tier)
        assert "safeshell: refused: " in done.stderr, text
        assert "safeshell approve --own " in done.stderr, text
        assert mark.read_text() == "precious\n", text


def test_another_server_is_refused_by_c(run, server):
    """`\\c` to another database stays guarded; to another server it is refused with the guarded spelling."""
    done = run("-At", stdin="\\c postgres\nselect current_database();\n")
    assert done.stdout.endswith("postgres\n")
    done = run("-At", stdin=f"\\c - - 127.0.0.1 {server.port}\nselect 'here still';\n")
    assert f"safe-psql -h 127.0.0.1 -p {server.port}" in done.stderr
    assert "here still" not in done.stdout or done.returncode
    done = run("-At", stdin=f"\\c - - {server.directory} {server.port}\n")
    assert f"safe-psql -h {server.directory} -p {server.port}" in done.stderr


def test_a_refused_statement_and_its_confirmation(run, server):
    """The server's own error and psql's exit code; the id, confirmed, lets that statement pass once."""
    tier = (*SAFE_PSQL, "--guard-tier", "production")
    words = ("-v", "ON_ERROR_STOP=1", "-f", "-")
    done = run(*words, stdin="create table made (a int);\n", argv=tier)
    assert done.returncode == 3
    assert "ERROR:  safeshell: refused: " in done.stderr
    number = done.stderr.split("--guard-confirm ")[1].split()[0]
    assert psql(server, "select to_regclass('made')") == ""
    again = run("--guard-confirm", number, *words, stdin="create table made (a int);\n", argv=tier)
    assert again.returncode == 3
    assert psql(server, "select to_regclass('made')") == ""


@pytest.mark.skipif(os.geteuid() != 0 or not shutil.which("runuser"), reason="needs root, to become postgres")
def test_as_the_servers_own_user_by_peer(tmp_path):
    """Peer authentication: the guard runs as that user, so the server sees that user."""
    python = "/usr/bin/python3"
    paths = os.pathsep.join([str(ROOT), *(path for path in sys.path if path.endswith("-packages"))])
    packages = "import prompt_toolkit, psutil, yaml, pgparse, safeshell"
    tried = subprocess.run(
        ["runuser", "-u", "postgres", "--", python, "-c", packages], env={**os.environ, "PYTHONPATH": paths}, check=False,
        capture_output=True,
    )  # fmt: skip
    if tried.returncode:
        pytest.skip("there is no Python that postgres may run and that has what the guard needs")
    with postgres_server(hba="local all all peer\n") as server:
        home = tmp_path / "pg"
        home.mkdir()
        shutil.chown(home, "postgres")
        env = {
            **environment(server, tmp_path),
            "PGDATABASE": "postgres",
            "HOME": str(home),
            "SAFESHELL_STATE_DIR": str(home / "state"),
            "SUDO_USER": "dana",
            "PYTHONPATH": paths,
        }
        done = subprocess.run(
            ["runuser", "-u", "postgres", "--", python, "-m", "safeshell.cli.safepsql", "-Atc", "select current_user"],
            env=env, capture_output=True, text=True, timeout=60, check=False, cwd="/",
        )  # fmt: skip
    assert (done.stdout, done.returncode) == ("postgres\n", 0), done.stderr
