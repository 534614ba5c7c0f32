"""redis-cli's command line."""

from __future__ import annotations

import shutil
import subprocess

import pytest

from safeshell.gateways.rediscliargs import OPTIONS, read_arguments, target_of
from safeshell.gateways.redistarget import RedisTarget, Tls
from safeshell.model.errors import ConfigError


@pytest.mark.parametrize(
    ("line", "target"),
    [
        ("get a", RedisTarget()),
        ("-h cache -p 7000 -n 3 get a", RedisTarget("cache", 7000, database=3)),
        ("-s /run/r.sock", RedisTarget(socket="/run/r.sock")),
        ("-u redis://ann:pw@cache:7000/2", RedisTarget("cache", 7000, database=2, user="ann", password="pw")),
        ("-u redis://cache/2 -n 5", RedisTarget("cache", database=5)),
        ("-a pw --user ann", RedisTarget(user="ann", password="pw")),
        (
            "--tls --cacert /ca --insecure -h cache",
            RedisTarget("cache", tls=Tls(cacert="/ca", insecure=True, any_name=True)),
        ),
        ("-u rediss://cache --sni other", RedisTarget("cache", tls=Tls(sni="other", any_name=True))),
    ],
)
def test_targets(line, target):
    """The last word on each counts, as in redis-cli."""
    assert target_of(read_arguments(line.split()), {}) == target


def test_the_password_of_the_environment():
    """REDISCLI_AUTH, unless the command line has one."""
    assert target_of(read_arguments([]), {"REDISCLI_AUTH": "env"}).password == "env"
    assert target_of(read_arguments(["-a", "given"]), {"REDISCLI_AUTH": "env"}).password == "given"


@pytest.mark.parametrize(
    ("line", "guarded"),
    [
        ("-h cache -p 1 -a pw --tls get -h", "-s SOCK get -h"),
        ("-u redis://ann:pw@cache/2 --raw get a", "-s SOCK -n 2 --user ann --raw get a"),
        ("-n 3 -x set k", "-s SOCK -n 3 -x set k"),
        ("--scan --pattern a*", "-s SOCK --scan --pattern a*"),
        ("-r 3 -i 1 incr a", "-s SOCK -r 3 -i 1 incr a"),
        ("--user ann --askpass", "-s SOCK --user ann --askpass"),
    ],
)
def test_what_the_real_program_gets(line, guarded):
    """Everything but where the server is and how to reach it; no password."""
    assert " ".join(read_arguments(line.split()).guarded("SOCK")) == guarded


@pytest.mark.parametrize(
    ("line", "interactive"), [("-n 3", True), ("--raw", True), ("get a", False), ("--pipe", False)]
)
def test_prompts(line, interactive):
    """Only without a command and without a mode of its own."""
    assert read_arguments(line.split()).interactive is interactive


def test_cluster_and_help():
    """Known for what they are."""
    assert read_arguments(["--cluster", "info", "a:1"]).cluster == ("info", "a:1")
    assert read_arguments(["-c"]).has("-c")
    assert read_arguments(["--version"]).tells


@pytest.mark.parametrize("line", ["--frob", "-h", "-p x", "-n x", "-u nonsense"])
def test_wrong_lines(line):
    """Told before anything starts."""
    with pytest.raises(ConfigError):
        target_of(read_arguments(line.split()), {})


@pytest.mark.skipif(not shutil.which("redis-cli"), reason="redis-cli is not installed")
def test_the_table_knows_every_option_of_the_installed_program():
    """Whatever its help names stands in the table, with as many values."""
    told = subprocess.run(["redis-cli", "--help"], capture_output=True, text=True, check=False, timeout=10)
    text = told.stdout + told.stderr
    named = [line.split() for line in text.splitlines() if line.startswith("  -")]
    assert len(named) > 30
    for name, *rest in named:
        if name == "--cluster":
            continue
        assert name in OPTIONS, name
        if rest and rest[0].startswith("<"):
            assert OPTIONS[name] == 1, name


def test_words_that_hold_a_password():
    """They are taken out of the process list; a URL without one may stay."""
    words = ["-a", "one", "--pass", "two", "-u", "redis://:three@cache/1", "-u", "redis://cache", "GET", "four"]
    assert read_arguments(words).secrets == ("one", "two", "redis://:three@cache/1")
