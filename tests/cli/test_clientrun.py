"""A client carried by something that serves: watched where asked, refused before it starts where it must be."""

import contextlib
import os

import pytest

from safeshell.cli import clientrun
from safeshell.cli.clientrun import Watch, guard_words, run_client
from safeshell.gateways import execwatch, seccomp

pytestmark = pytest.mark.live


class Served:
    """A carrier that notes for how long it served."""

    def __init__(self) -> None:
        self.notes: list[str] = []

    def resumed(self) -> None:
        self.notes.append("resumed")

    @contextlib.contextmanager
    def serving(self):
        self.notes.append("begun")
        yield self
        self.notes.append("ended")


class Court:
    def __init__(self) -> None:
        self.texts: list[str] = []

    def program(self, started) -> bool:
        self.texts.append(started.text)
        return True

    def connection(self, address) -> None: ...

    def powerless(self, program) -> None: ...

    def stranger(self) -> None:
        self.texts.append("stranger")


def test_the_client_runs_while_it_is_served(capfd):
    """And its status comes back."""
    served = Served()
    assert run_client(served, ["sh", "-c", "echo $X; exit 3"], {**os.environ, "X": "y"}) == 3
    assert served.notes == ["begun", "ended"]
    assert capfd.readouterr().out == "y\n"


def test_a_watched_client_asks_the_court(capfd):
    """What it starts is judged."""
    court = Court()
    watch = Watch(("perl*",), frozenset(), lambda: court)
    assert run_client(Served(), ["perl", "-e", "system(q(echo a | cat))"], os.environ, watch) == 0
    assert court.texts == ["echo a | cat"]
    assert capfd.readouterr().out == "a\n"


def test_the_prompt_is_nobodys_question(capfd):
    """Its text runs as it stands, brought up to date first; any other text is judged."""
    court, drawn = Court(), []
    watch = Watch(("perl*",), frozenset(), lambda: court, "echo now | cat", lambda: drawn.append(1))
    assert (
        run_client(Served(), ["perl", "-e", "system(q(echo now | cat)); system(q(echo x | cat))"], os.environ, watch)
        == 0
    )
    assert (drawn, court.texts) == ([1], ["echo x | cat"])
    capfd.readouterr()


def test_without_a_watch_the_caller_decides(monkeypatch, tmp_path):
    """On a kernel without notifications: told why, and a no means that nothing ran."""
    monkeypatch.setattr(seccomp, "available", lambda: False)
    mark = tmp_path / "mark"
    told: list[str] = []

    def no(problem: str) -> bool:
        told.append(problem)
        return False

    watch = Watch(("perl*",), frozenset(), Court)
    assert run_client(Served(), ["touch", str(mark)], os.environ, watch, no) == 1
    assert "seccomp" in told[0]
    assert not mark.exists()
    assert run_client(Served(), ["touch", str(mark)], os.environ, watch, lambda _problem: True) == 0
    assert mark.exists()


def test_a_filter_that_tells_nothing_hinders_nothing(monkeypatch, capfd):
    """Where no memory can be read (ptrace_scope), the caller is told and the client runs as if unwatched."""
    from safeshell.gateways import memory

    monkeypatch.setattr(memory, "readable", lambda _pid: "not here")
    court, told = Court(), []
    watch = Watch(("perl*",), frozenset(), lambda: court)

    def yes(problem: str) -> bool:
        told.append(problem)
        return True

    assert run_client(Served(), ["perl", "-e", "system(q(echo a | cat))"], os.environ, watch, yes) == 0
    assert (told, court.texts) == (["not here"], [])
    assert capfd.readouterr().out == "a\n"


def test_a_wrapper_that_is_no_client_is_told(monkeypatch):
    """Nothing of the client's name shows up: it may run elsewhere."""
    monkeypatch.setattr(execwatch, "_PATIENCE", 0.3)
    court = Court()
    watch = Watch(("no-such-name",), frozenset(), lambda: court)
    assert run_client(Served(), ["sleep", "1"], os.environ, watch) == 0
    assert court.texts == ["stranger"]
    waits = Court()
    assert run_client(Served(), ["sleep", "1"], os.environ, Watch(("sleep",), frozenset(), lambda: waits)) == 0
    assert waits.texts == []


def test_a_confirmation_is_not_handed_to_the_client(monkeypatch):
    """SAFESHELL_CONFIRM is ours; an option beats it."""
    monkeypatch.setenv("SAFESHELL_CONFIRM", "abcd-1234")
    assert guard_words({"guard-tier": "staging"}) == ("staging", "abcd-1234")
    assert "SAFESHELL_CONFIRM" not in os.environ
    assert guard_words({"guard-confirm": "efgh-5678"}) == ("", "efgh-5678")
    assert clientrun.here_user()
