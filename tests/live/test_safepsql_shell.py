"""psql in the guarded shell: typed, it is safe-psql; in scripts, by `command` or in completion it is the real one."""

from __future__ import annotations

import shutil
import sys

import pytest

from tests.live.house import House, plain_text

pytestmark = [pytest.mark.live, pytest.mark.timeout(90)]


@pytest.fixture(params=["bash", "zsh"])
def at_work(tmp_path, request):
    """A guarded shell whose installation has a safe-psql; both clients only say who they are."""
    opened = []
    if shutil.which(request.param) is None:
        pytest.skip(f"{request.param} is not installed")

    def begin(rc: str = "PS1='$ '\n", **options) -> House:
        home = tmp_path / "h0" / "home"
        home.mkdir(parents=True)
        (home / ".zshrc").write_text(rc)
        place = tmp_path / "h0" / "bin"
        place.mkdir(parents=True)
        for name in ("safe-psql", "psql"):
            (place / name).write_text(f'#!/bin/sh\necho "{name} got: $*"\n')
            (place / name).chmod(0o755)
        entry = place / "entry"
        entry.write_text("import sys\nfrom safeshell.cli.main import main\nsys.exit(main())\n")
        argv = (sys.executable, str(entry), "shell", "--shell", request.param, "--guard-tier", "production")
        opened.append(House(tmp_path / "h0", rc=rc, argv=argv, **options))
        return opened[-1]

    begin.shell = request.param
    yield begin
    for house in opened:
        house.close()


def said(house: House, line: str) -> str:
    since = len(house.raw)
    assert house.line(line) == "", house.text()
    return "\n" + plain_text(house.raw[since:])


def test_typed_psql_is_the_guarded_one(at_work):
    """Unasked, with its words as they are; in a pipe, a subshell, a loop and a function of the session too."""
    house = at_work(rc="PS1='$ '\nreport() { psql -c report \"$@\"; }\n")
    assert "safe-psql got: -h db shop" in said(house, "psql -h db shop")
    assert "safe-psql got: -c a b|" in said(house, "(psql -c 'a b') | tr '\\n' '|'")
    assert "safe-psql got: 2" in said(house, "for i in 1 2; do psql $i; done")
    assert "safe-psql got: -c report x" in said(house, "report x")


def test_scripts_keep_the_real_one(at_work):
    """A function of the session is nothing on PATH: another process never sees it."""
    house = at_work()
    (house.home / "job.sh").write_text("#!/bin/sh\npsql -c 'select 1'\n")
    (house.home / "job.sh").chmod(0o755)
    assert "\npsql got: -c select 1" in said(house, "./job.sh")
    assert "\npsql got: -c select 2" in said(house, "bash -c \"psql -c 'select 2'\"")


@pytest.mark.parametrize("line", ["command psql -h db.prod", "{bin}/psql -h db.prod", "env psql -h db.prod"])
def test_the_real_console_is_asked_about_with_the_guarded_spelling(at_work, line):
    """It leaves the guard: one key, and the way that stays inside."""
    house = at_work()
    assert house.line(line.format(bin=house.folder / "bin")) == "key"
    assert "safe-psql -h db.prod" in house.text()
    house.no()


def test_a_function_of_the_persons_own_stays(at_work):
    """Nobody's psql() is taken away; what it runs is judged."""
    house = at_work(rc="PS1='$ '\npsql() { echo mine \"$@\"; }\n")
    assert "mine x" in said(house, "psql x")


def test_completion_uses_the_real_one(at_work):
    """What runs beside a line is no statement of the person's."""
    rc = {
        "bash": '_names() { COMPREPLY=($(psql --names)); echo "<${COMPREPLY[0]}>" >~/seen; }\ncomplete -F _names show\n',
        "zsh": "autoload -Uz compinit\ncompinit -u -D\n"
        '_names() { echo "<${$(psql --names)%% *}>" >~/seen; compadd x; }\ncompdef _names show\n',
    }
    house = at_work(rc="PS1='$ '\n" + rc[at_work.shell])
    house.send("show \t").rest(1.0)
    house.send("\x03").rest(0.3)
    assert (house.home / "seen").read_text() == "<psql>\n"


def test_a_guarded_client_that_is_gone_is_not_replaced_by_the_real_one(at_work):
    """It was judged as guarded, so it must not run otherwise."""
    house = at_work()
    (house.folder / "bin/safe-psql").unlink()
    answer = said(house, "psql -h db")
    assert "safeshell: refused: safe-psql is gone" in answer
    assert "psql got" not in answer


def test_a_whole_session_inside_the_guarded_shell(tmp_path, request):
    """Typed psql, the real one behind the guard: its dialog, its refusal, and back at the shell's prompt."""
    from tests.live.console import environment, psql, shop_server

    place = tmp_path / "h0" / "bin"
    place.mkdir(parents=True)
    (place / "safe-psql").write_text(f'#!/bin/sh\nexec {sys.executable} -m safeshell.cli.safepsql "$@"\n')
    (place / "safe-psql").chmod(0o755)
    entry = place / "entry"
    entry.write_text("import sys\nfrom safeshell.cli.main import main\nsys.exit(main())\n")
    with shop_server() as server:
        env = {name: value for name, value in environment(server, tmp_path / "x").items() if name.startswith("PG")}
        argv = (sys.executable, str(entry), "shell", "--guard-tier", "production")
        house = House(tmp_path / "h0", rc="PS1='$ '\n", argv=argv, **env, SAFESHELL_TIER="production")
        request.addfinalizer(house.close)
        house.send("psql\r").until(lambda: house.text().endswith("] shop=#"))
        house.send("delete from orders;\r").until(lambda: house.question() == "full")
        assert "orders 400" in house.challenge()
        house.rest(0.4).send("\x1b").until(lambda: house.text().endswith("] shop=#"))
        assert "safeshell: refused: " in house.text()
        house.send("\\! rm -rf ~/victims\r").until(lambda: house.question() == "full")
        house.rest(0.4).send("\x1b").until(lambda: house.text().endswith("] shop=#"))
        assert house.intact()
        since = len(house.raw)
        house.send("\\q\r").prompt(since)
        assert psql(server, "select count(*) from orders") == "400"
        assert "0" in said(house, "echo $?")
