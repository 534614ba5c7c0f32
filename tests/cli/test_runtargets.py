"""What a command of `run` is pointed at: its own options, PG* and URLs, each kept as it was written."""

from contextlib import ExitStack

import pytest

from safeshell.cli.runtargets import KINDS, Plan, guarded_conninfo
from safeshell.cli.setting import load_setting
from safeshell.gateways.postgresconninfo import parse_conninfo


@pytest.fixture
def plan(tmp_path, monkeypatch):
    """Make a guarded plan; nothing connects until somebody asks."""
    monkeypatch.setenv("SAFESHELL_STATE_DIR", str(tmp_path / "state"))
    with ExitStack() as stack:

        def make(*words: str, tcp: bool = False, **environ: str) -> Plan:
            made = Plan(load_setting(), list(words), {"HOME": str(tmp_path), **environ}, stack, tcp=tcp)
            for kind in KINDS:
                kind.guard(made, kind.schemes)
            return made

        yield make


def socket_of(plan: Plan, number: int = 0) -> str:
    return plan.wires[number].proxy.socket_directory


def test_options_of_a_client_it_knows(plan):
    """pg_dump's own host is left to read, and overruled; variables point the same way."""
    made = plan("pg_dump", "-h", "db.prod", "-U", "bob", "shop", "-t", "orders")
    assert made.words == [
        "pg_dump",
        "-h",
        "db.prod",
        "-U",
        "bob",
        "shop",
        "-t",
        "orders",
        "-h",
        socket_of(made),
        "-p",
        "5432",
    ]
    assert made.environ["PGHOST"] == socket_of(made)
    target = made.wires[0].target
    assert (target.hosts[0].name, target.user, target.database) == ("db.prod", "bob", "shop")


def test_a_connection_text_among_the_options(plan):
    """Its other wishes stay; the password and what is about the server go."""
    made = plan("pg_restore", "-d", "host=db.prod password=geheim sslmode=require application_name='a b'", "x.dump")
    text = parse_conninfo(made.words[2])
    assert text["host"] == socket_of(made)
    assert text["application_name"] == "a b"
    assert "geheim" not in " ".join(made.words)
    assert not {"password", "sslmode"} & set(text)
    assert made.wires[0].target.sslmode == "require"


def test_the_variables_of_libpq(plan):
    """PG* name the server; services and encryption are the wire's."""
    made = plan("bin/rails", "db:migrate", PGHOST="db.prod", PGDATABASE="shop", PGSSLMODE="require", PGUSER="app")
    assert made.words == ["bin/rails", "db:migrate"]
    assert made.environ["PGHOST"] == socket_of(made)
    assert "PGSSLMODE" not in made.environ
    assert str(made.wires[0].target.hosts[0]) == "db.prod:5432"


def test_every_url_in_the_environment(plan):
    """Whatever the variable is called; scheme, driver, user and the framework's own words stay."""
    made = plan(
        "alembic",
        "upgrade",
        "head",
        PGHOST="other",
        DATABASE_URL="postgresql+psycopg://app:geheim@db.prod:5433/shop?pool=5&sslmode=require",
        REPLICA_DB="postgis://app@db.replica/shop",
        HOMEPAGE="https://shop.example/?x=postgres://a",
    )
    first, second = made.environ["DATABASE_URL"], made.environ["REPLICA_DB"]
    assert first.startswith("postgresql+psycopg://app:geheim@/shop?pool=5&host=%2F")
    assert "sslmode" not in first
    assert second.startswith("postgis://app@/shop?host=%2F")
    assert made.environ["HOMEPAGE"] == "https://shop.example/?x=postgres://a"
    assert [str(wire.target.hosts[0]) for wire in made.wires] == ["other:5432", "db.prod:5433", "db.replica:5432"]


def test_the_same_server_has_one_wire(plan):
    """Two variables, one guard."""
    url = "postgres://app:x@db.prod/shop"
    made = plan("x", PGHOST="other", A_URL=url, B_URL=url)
    assert len(made.wires) == 2
    assert made.environ["A_URL"] == made.environ["B_URL"]


def test_over_loopback_with_a_password_of_this_run(plan):
    """For clients without unix sockets: everywhere 127.0.0.1, and never the true password."""
    made = plan("app", tcp=True, PGHOST="db.prod", PGPASSWORD="geheim", APP_DB="postgres://u:geheim@db.two/s?sslmode=require")  # fmt: skip
    wire = made.wires[0]
    assert (made.environ["PGHOST"], made.environ["PGPORT"]) == ("127.0.0.1", str(wire.proxy.port))
    assert made.environ["PGPASSWORD"] == wire.password
    other = made.wires[1]
    assert made.environ["APP_DB"] == f"postgres://u:{other.password}@127.0.0.1:{other.proxy.port}/s?sslmode=disable"
    assert "geheim" not in repr(made.environ)


def test_jdbc_has_no_unix_sockets(plan):
    """Its URL goes over loopback by itself."""
    made = plan(
        "java", PGHOST="x", SPRING_DATASOURCE_URL="jdbc:postgresql://db.prod:5432/shop?user=app&password=geheim"
    )
    wire = made.wires[1]
    expected = f"jdbc:postgresql://127.0.0.1:{wire.proxy.port}/shop?sslmode=disable&user=app&password={wire.password}"
    assert made.environ["SPRING_DATASOURCE_URL"] == expected


def test_what_a_connection_text_keeps():
    """Options of the session are the client's; nothing that leads elsewhere survives."""
    text = (
        "host=a,b port=1,2 hostaddr=1.2.3.4 user=u dbname=d options='-c x=1' client_encoding=UTF8 service=s passfile=/x"
    )
    found = parse_conninfo(guarded_conninfo(text, "host='/g' port='5432' user='u' dbname='d'"))
    assert found == {
        "host": "/g",
        "port": "5432",
        "user": "u",
        "dbname": "d",
        "options": "-c x=1",
        "client_encoding": "UTF8",
    }


def test_urls_of_redis(plan):
    """Each leads to a loopback port that asks for its password; the scheme and the other parameters stay."""
    made = plan(
        "celery",
        REDIS_URL="redis://:geheim@cache.prod:6380/2?health_check_interval=5",
        CELERY_BROKER="rediss://cache.prod/0?ssl_cert_reqs=none",
        AGAIN="redis://:geheim@cache.prod:6380/2",
        DOCKER_HOST="unix:///var/run/docker.sock",
        MY_REDIS="unix:///run/redis.sock?db=4",
    )
    ours = [wire for wire in made.wires if hasattr(wire.target, "tls")]
    first = next(wire for wire in ours if wire.target.port == 6380)
    assert made.environ["REDIS_URL"] == f"{first.url(tcp=True)}?health_check_interval=5"
    assert made.environ["AGAIN"] == first.url(tcp=True)
    assert made.environ["CELERY_BROKER"].startswith("redis://:")
    assert made.environ["CELERY_BROKER"].endswith("/0")
    assert made.environ["DOCKER_HOST"] == "unix:///var/run/docker.sock"
    assert made.environ["MY_REDIS"].startswith("unix:///")
    assert made.environ["MY_REDIS"].endswith("/redis.sock?db=4")
    assert "geheim" not in " ".join(made.environ.values())
    assert [wire.target.host for wire in ours if wire.target.tls] == ["cache.prod"]
