"""Typed clients in a guarded fish: psql, redis-cli and ssh are their guarded forms; scripts keep the real ones."""

from __future__ import annotations

import shutil
import sys

import pytest

from tests.live.house import FISHRC, House, plain_text

pytestmark = [
    pytest.mark.live,
    pytest.mark.timeout(90),
    pytest.mark.skipif(shutil.which("fish") is None, reason="fish is not installed"),
]


@pytest.fixture
def at_work(tmp_path):
    """A guarded fish whose installation has the guarded clients; all of them only say who they are."""
    opened = []

    def begin(rc: str = "") -> House:
        place = tmp_path / "h0" / "bin"
        place.mkdir(parents=True)
        for client in ("psql", "redis-cli", "ssh"):
            for name in (client, f"safe-{client}"):
                (place / name).write_text(f'#!/bin/sh\necho "{name} got: $*"\n')
                (place / name).chmod(0o755)
        (place / "entry").write_text("import sys\nfrom safeshell.cli.main import main\nsys.exit(main())\n")
        argv = (sys.executable, str(place / "entry"), "shell", "--shell", "fish", "--guard-tier", "production")
        opened.append(House(tmp_path / "h0", rc=FISHRC + rc, shell="fish", argv=argv))
        return opened[-1]

    yield begin
    for house in opened:
        house.close()


def said(house: House, line: str) -> str:
    since = len(house.raw)
    assert house.line(line) == "", house.text()
    return "\n" + plain_text(house.raw[since:])


def test_typed_clients_are_the_guarded_ones(at_work):
    """Unasked, with their words as they are; in a pipe, a loop, a function of the session, and with their status."""
    house = at_work("function report; psql -c report $argv; end\n")
    assert "safe-psql got: -h db shop" in said(house, "psql -h db shop")
    assert "safe-redis-cli got: flushall" in said(house, "redis-cli flushall")
    assert "safe-ssh got: web uptime" in said(house, "ssh web uptime")
    assert "safe-psql got: -c a b|" in said(house, "psql -c 'a b' | tr '\\n' '|'")
    assert "safe-psql got: 2" in said(house, "for i in 1 2; psql $i; end")
    assert "safe-psql got: -c report x" in said(house, "report x")
    (house.folder / "bin/safe-psql").write_text("#!/bin/sh\nexit 3\n")
    assert not house.line("psql")
    assert house.status() == 3


def test_scripts_keep_the_real_ones(at_work):
    """A function of the session is nothing on PATH: another process never sees it."""
    house = at_work()
    (house.home / "job.sh").write_text("#!/bin/sh\npsql -c 'select 1'\n")
    (house.home / "job.sh").chmod(0o755)
    assert "\npsql got: -c select 1" in said(house, "./job.sh")
    assert "\npsql got: -c select 2" in said(house, "fish -N -c \"psql -c 'select 2'\"")


@pytest.mark.parametrize("line", ["command psql -h db.prod", "{bin}/psql -h db.prod", "env psql -h db.prod"])
def test_the_real_console_is_asked_about_with_the_guarded_spelling(at_work, line):
    """It leaves the guard: one key, and the way that stays inside."""
    house = at_work()
    assert house.line(line.format(bin=house.folder / "bin")) == "key"
    assert "safe-psql -h db.prod" in house.text()
    house.no()


def test_a_function_of_the_persons_own_stays(at_work):
    """Nobody's psql is taken away, one that fish would load by itself neither; what it runs is judged."""
    house = at_work("function psql; echo mine $argv; end\n")
    assert "mine x" in said(house, "psql x")
    house.refuses("function psql; rm -rf ~/victims; end; psql")


def test_completion_uses_the_real_one(at_work):
    """What runs beside a line is no statement of the person's."""
    house = at_work("complete -f -c show -a '(psql --names | tee ~/seen)'\n")
    house.send("show \t").until(lambda: (house.home / "seen").exists() and (house.home / "seen").read_text())
    house.send("\x03").rest(0.3)
    assert (house.home / "seen").read_text() == "psql got: --names\n"


def test_a_guarded_client_that_is_gone_is_not_replaced_by_the_real_one(at_work):
    """It was judged as guarded, so it must not run otherwise."""
    house = at_work()
    (house.folder / "bin/safe-psql").unlink()
    answer = said(house, "psql -h db")
    assert "safeshell: refused: safe-psql is gone" in answer
    assert "psql got" not in answer
