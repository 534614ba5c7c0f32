"""redis-cli in the guarded shell: typed, it is safe-redis-cli; in scripts and by `command` it is the real one."""

from __future__ import annotations

import sys

import pytest

from tests.live.house import House, plain_text

pytestmark = [pytest.mark.live, pytest.mark.timeout(90)]


@pytest.fixture
def house(tmp_path):
    """A guarded bash whose installation has the guarded clients; all of them only say who they are."""
    place = tmp_path / "h0" / "bin"
    place.mkdir(parents=True)
    for name in ("safe-psql", "psql", "safe-redis-cli", "redis-cli"):
        (place / name).write_text(f'#!/bin/sh\necho "{name} got: $*"\n')
        (place / name).chmod(0o755)
    entry = place / "entry"
    entry.write_text("import sys\nfrom safeshell.cli.main import main\nsys.exit(main())\n")
    argv = (sys.executable, str(entry), "shell", "--guard-tier", "production")
    opened = House(tmp_path / "h0", rc="PS1='$ '\n", argv=argv)
    yield opened
    opened.close()


def said(house: House, line: str) -> str:
    since = len(house.raw)
    assert house.line(line) == "", house.text()
    return "\n" + plain_text(house.raw[since:])


def test_typed_redis_cli_is_the_guarded_one(house):
    """Unasked, with its words as they are: its commands are judged on the wire."""
    assert "safe-redis-cli got: -h cache get a" in said(house, "redis-cli -h cache get a")
    assert "safe-redis-cli got: flushall" in said(house, "redis-cli flushall")
    assert "safe-redis-cli got:" in said(house, "redis-cli")
    (house.home / "job.sh").write_text("#!/bin/sh\nredis-cli get a\n")
    (house.home / "job.sh").chmod(0o755)
    assert "\nredis-cli got: get a" in said(house, "./job.sh")


def test_the_real_console_is_asked_about_with_the_guarded_spelling(house):
    """It leaves the guard: one key, and the way that stays inside."""
    assert house.line("command redis-cli -h cache.prod") == "key"
    assert "safe-redis-cli -h cache.prod" in house.text()
    house.no()
