"""Command lines as getopt_long takes them, beside what the real psql makes of them."""

import subprocess

import pytest

from safeshell.gateways.clientargs import long_option, read_arguments, without
from safeshell.gateways.clientrows import ROWS, Option

PSQL = ROWS["psql"]


@pytest.mark.parametrize(
    ("line", "server"),
    [
        ("", {}),
        ("shop", {"dbname": "shop"}),
        ("shop alice", {"dbname": "shop", "user": "alice"}),
        ("-d shop alice", {"dbname": "shop", "user": "alice"}),
        ("-U bob shop alice", {"dbname": "shop", "user": "bob"}),
        ("-h db -p 5433 -U bob -d shop", {"host": "db", "port": "5433", "user": "bob", "dbname": "shop"}),
        ("-hdb -p5433 -Ubob -dshop", {"host": "db", "port": "5433", "user": "bob", "dbname": "shop"}),
        ("--host=db --port 5433 --username=bob", {"host": "db", "port": "5433", "user": "bob"}),
        ("--ho db --dbn=shop --us bob", {"host": "db", "dbname": "shop", "user": "bob"}),
        ("-qAth db", {"host": "db"}),
        ("-qAthdb shop", {"host": "db", "dbname": "shop"}),
        ("shop -h db", {"host": "db", "dbname": "shop"}),
        ("-c -h db", {"dbname": "db"}),
        ("--command -h db", {"dbname": "db"}),
        ("-h a -h b", {"host": "b"}),
        ("-X -- -h db", {"dbname": "-h", "user": "db"}),
        ("-v ON_ERROR_STOP=1 postgresql://db/shop", {"dbname": "postgresql://db/shop"}),
        ("-1 -f dump.sql shop", {"dbname": "shop"}),
        ("-", {"dbname": "-"}),
    ],
)
def test_the_server_of_a_psql_line(line, server):
    """Long, short, shortened, clustered, mixed with operands; the last of a kind counts."""
    assert read_arguments(line.split(), PSQL).server() == server


@pytest.mark.parametrize(
    "line",
    ["", "x", "x y", "-d x y", "-U u x", "-Atqd x", "-dx", "--dbname=x", "--dbn x", "x -U u", "-qU u -d x", "-X -- x y"],
)  # fmt: skip
def test_psql_itself_takes_them_so(line, tmp_path):
    """What psql says it failed to connect to: the same database and user, by the server's own words."""
    from tests.servers import postgres_server

    server = _SERVERS.get("one") or _SERVERS.setdefault("one", _enter(postgres_server()))
    words = [*line.split()]
    ran = subprocess.run(
        ["psql", "-h", str(server.directory), "-p", str(server.port), *words],
        input="",
        capture_output=True,
        text=True,
        timeout=20,
        env={"PATH": "/usr/bin:/bin", "PGUSER": "nobody-at-all", "HOME": str(tmp_path), "LC_ALL": "C"},
        check=False,
    )
    found = {"dbname": "", "user": "nobody-at-all", **read_arguments(words, PSQL).server()}
    assert f'role "{found["user"]}" does not exist' in ran.stderr
    argv = read_arguments(["-h", str(server.directory), *words], PSQL)
    assert argv.changed(["-p", "1"])[argv.end : argv.end + 2] == ["-p", "1"]


_SERVERS = {}
_CONTEXTS = []


def _enter(context):
    _CONTEXTS.append(context)
    return context.__enter__()


@pytest.fixture(scope="module", autouse=True)
def _servers_end():
    yield
    while _CONTEXTS:
        _CONTEXTS.pop().__exit__(None, None, None)
    _SERVERS.clear()


@pytest.mark.parametrize(
    ("line", "changed"),
    [
        ("shop", ["shop", "-h", "/g"]),
        ("-h db shop -- -x", ["-h", "db", "shop", "-h", "/g", "--", "-x"]),
        ("-c", ["-c"]),
        ("-qAtc", ["-qAtc"]),
        ("--host", ["--host"]),
    ],
)
def test_options_are_added_where_they_count_last(line, changed):
    """At the end, before `--`; not at all where they would become the value of an unfinished option."""
    assert read_arguments(line.split(), PSQL).changed(["-h", "/g"]) == changed


def test_with_posixly_correct_options_end_at_the_first_operand():
    """Then what follows are operands, and additions go before them."""
    found = read_arguments(["-q", "shop", "-h", "db"], PSQL, strict_order=True)
    assert found.server() == {"dbname": "shop", "user": "-h"}
    assert found.changed(["-h", "/g"]) == ["-q", "-h", "/g", "shop", "-h", "db"]


@pytest.mark.parametrize(
    ("line", "changed"),
    [
        ("postgresql://a/b", ["NEW"]),
        ("-d postgresql://a/b x", ["-d", "NEW", "x"]),
        ("-qdpostgresql://a/b", ["-qdNEW"]),
        ("--dbname=host=a", ["--dbname=NEW"]),
        ("--dbn host=a -c x", ["--dbn", "NEW", "-c", "x"]),
        ("-d old -d host=a", ["-d", "old", "-d", "NEW"]),
        ("-c x", ["-c", "x"]),
    ],
)
def test_a_database_text_is_replaced_where_it_stands(line, changed):
    """Nothing around it changes."""
    found = read_arguments(line.split(), PSQL)
    assert found.changed([], "NEW") == changed


def test_the_wrappers_own_options_are_taken_out():
    """In both forms, but not where they are another option's value or stand behind `--`."""
    own = (Option("", "guard-tier", ":"), Option("", "guard-write", ""))
    words = ["-c", "--guard-write", "--guard-tier", "staging", "shop", "--guard-write", "--", "--guard-tier=x"]
    left, taken = without(words, PSQL, own)
    assert left == ["-c", "--guard-write", "shop", "--", "--guard-tier=x"]
    assert [(given.name, given.value) for given in taken] == [("guard-tier", "staging"), ("guard-write", "")]
    assert without(["--guard-tier=production"], PSQL, own)[1][0].value == "production"


def test_shortened_names_have_to_be_clear():
    """`--no-p` may be two options; `--variable` and `--set` are the same one."""
    assert long_option(PSQL, "no-p") is None
    assert long_option(PSQL, "comm").short == "c"
    assert long_option(PSQL, "var") is not None
    assert long_option(PSQL, "nonsense") is None
