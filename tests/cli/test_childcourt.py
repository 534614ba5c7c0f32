"""The court of what a client starts: pager, editor and prompt unasked, all else by the road."""

import os
import time

import pytest

from safeshell.cli.childcourt import ChildCourt
from safeshell.cli.consent import open_requests
from safeshell.cli.court import recorder
from safeshell.cli.setting import load_setting
from safeshell.gateways.execwatch import Started
from safeshell.gateways.memory import Address
from safeshell.records.audit import Audit, audit_directory


@pytest.fixture(scope="module")
def state(tmp_path_factory):
    """One state directory: packs are compiled once."""
    return tmp_path_factory.mktemp("state")


@pytest.fixture
def make(tmp_path, monkeypatch, state):
    """Make a court of a production host where nobody can be asked; what it says is in `court.said`."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("SAFESHELL_STATE_DIR", str(state))
    for name in ("PAGER", "PSQL_PAGER", "EDITOR", "VISUAL", "PSQL_EDITOR", "TMPDIR", "XDG_STATE_HOME"):
        monkeypatch.delenv(name, raising=False)
    nothing = os.open(os.devnull, os.O_RDONLY)
    kept = os.dup(0)
    os.dup2(nothing, 0)

    def begin(token: str = "", **environ: str):
        for name, value in environ.items():
            monkeypatch.setenv(name, value)
        setting = load_setting(tier="production")
        said: list[str] = []
        record = recorder(Audit(audit_directory(setting.environ)))
        court = ChildCourt(setting, open_requests(setting), record, "safe-psql", token, say=said.append)
        return court, said

    yield begin
    os.dup2(kept, 0)
    os.close(kept)
    os.close(nothing)


def started(text: str, cwd: str = "/srv", **environ: str) -> Started:
    return Started(text, cwd, {"PATH": os.environ["PATH"], **environ}, 1)


def test_reading_passes_and_writing_is_refused_with_an_id(make):
    """The same road as `safeshell -c`: the refusal names the text and how to allow it."""
    court, said = make()
    assert court.program(started("ls -l /etc | head"))
    assert said == []
    assert not court.program(started("touch /etc/motd"))
    assert said[0].startswith("safeshell: refused: `touch /etc/motd` ")
    assert "safeshell approve --own " in said[0]


def test_variables_are_those_of_the_program(make):
    """`\\setenv` counts: the environment that would run, not the one the guard was started with."""
    court, _ = make()
    assert court.program(started('rm -rf "$D/x"', D="/tmp/scratch-of-a-test"))
    assert not court.program(started('rm -rf "$D/x"', D="/srv/data"))


def test_a_confirmed_request_lets_exactly_that_text_pass(make):
    """Only the text that it was left for; every other one is judged as if there were none."""
    court, said = make()
    court.program(started("touch /etc/motd"))
    number = said[0].split("--own ")[1].split(",")[0]
    court.requests.confirm(number, court.setting.here().operator, time.time())
    again, said = make(token=number)
    assert not again.program(started("touch /etc/issue"))
    assert f"request {number}" not in said[0]
    assert again.program(started("touch /etc/motd"))
    assert not again.program(started("touch /etc/motd"))


@pytest.mark.parametrize("name", ["PAGER", "PSQL_PAGER", "PSQL_WATCH_PAGER"])
def test_the_persons_own_pager_is_not_asked_about(make, name):
    """Whatever it is, as it was before psql started; one set by `\\setenv` is judged like any text."""
    court, _ = make(**{name: "./my-pager --wide"})
    assert court.program(started("./my-pager --wide"))
    assert not court.program(started("./my-pager --other"))


@pytest.mark.parametrize(
    ("text", "unasked"),
    [
        ("exec ./my-ed -n '/tmp/psql.edit.12.sql'", True),
        ("exec ./my-ed -n +3 '/tmp/psql.edit.12.sql'", True),
        ("exec ./my-ed -n '/etc/passwd'", False),
        ("exec ./my-ed -n '/tmp/psql.edit.12.sql'; rm -rf /srv", False),
        ("exec ./my-ed -n '/tmp/../etc/psql.edit.x'", False),
        ("exec ./my-ed -n -c boo '/tmp/psql.edit.12.sql'", False),
        ("./my-ed -n '/tmp/psql.edit.12.sql'", False),
    ],
)
def test_the_persons_own_editor_on_psqls_own_file(make, text, unasked):
    """`\\e` works unasked; another file, another editor or more text is judged."""
    court, _ = make(EDITOR="./my-ed -n")
    assert court.program(started(text)) is unasked


@pytest.mark.parametrize(
    ("address", "spelled"),
    [
        (Address("inet", "10.0.0.5", 5433), "safe-psql -h 10.0.0.5 -p 5433"),
        (Address("unix", "/run/pg/.s.PGSQL.5432"), "safe-psql -h /run/pg -p 5432"),
        (Address("other"), "start another safe-psql"),
    ],
)
def test_a_connection_elsewhere_gets_the_guarded_spelling(make, address, spelled):
    """Said once, though a client tries all addresses of a name."""
    court, said = make()
    court.connection(address)
    court.connection(address)
    assert len(said) == 1
    assert said[0].startswith("safeshell: refused: ")
    assert spelled in said[0]


def test_programs_without_rights_are_told_once(make):
    """With the way out of it."""
    court, said = make()
    court.powerless("/usr/bin/sudo")
    court.powerless("/usr/bin/sudo")
    assert len(said) == 1
    assert "Ctrl-Z" in said[0]


def test_a_whole_text_is_judged_by_its_own_commands_alone(make):
    """Where nothing watches: `\\!` and programs count, statements are the wire's."""
    court, said = make()
    assert court.text("delete from orders;\n\\! ls\n\\echo hi\nselect 1 \\g |wc -l\n")
    assert not court.text("select 1;\n\\! touch /etc/motd\n")
    assert "touch /etc/motd" in said[0]
    assert not court.text("\\copy t to program 'tee /etc/motd'\n")
