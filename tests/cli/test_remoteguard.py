"""The guard of a remote shell looks at nothing on this host; with a real shell: tests/live/test_ssh_follow."""

import os

import pytest

from safeshell.cli.remoteguard import RemoteCourt, remote_guard
from safeshell.cli.setting import load_setting
from safeshell.gateways.ports import SubmittedLine
from safeshell.gateways.sshtarget import SshTarget
from safeshell.model.effects import Tier
from safeshell.model.facts import Ask
from safeshell.model.judgement import Confirmation, Consent
from safeshell.model.places import Environment

PLACE = Environment("prod-web", Tier.PRODUCTION, "prod-web", "dana")


class FakeDoors:
    """What a session lends; nobody answers at this terminal."""

    session, shell_pid = "s", 1

    def terminal(self):
        raise OSError("no terminal")

    def notify(self, text: str) -> None:
        self.said = text


@pytest.fixture
def guard(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("SAFESHELL_STATE_DIR", str(tmp_path / "state"))
    (tmp_path / "here-only").mkdir()
    target = SshTarget("prod-web", {"user": ("app",), "hostname": ("10.0.0.1",)})
    probes: list[str] = []
    made = remote_guard(FakeDoors(), load_setting(), PLACE, target, lambda text, _: probes.append(text))
    yield made, probes
    assert os.environ["HOME"] == str(tmp_path)


def submit(text: str, cwd: str = "/home/app", **shell: str) -> SubmittedLine:
    def ask(questions):
        return {
            question: shell.get(question.subject) if question.about is Ask.VARIABLE else None for question in questions
        }

    fields = {"id": "1", "text": text, "cwd": cwd, "source": "line", "continued": False, "unseen": False, "pid": 1}
    return SubmittedLine(**fields, aliases=frozenset(), functions=frozenset(), ask_shell=ask)


def test_it_is_the_other_host(guard):
    """Tier, target and user are those of the other side."""
    made, _ = guard
    assert (made.here.tier, made.here.target) == (Tier.PRODUCTION, "prod-web")
    assert made.status().target == "prod-web"
    assert isinstance(made.court(), RemoteCourt)


def test_reading_passes_and_destroying_is_previewed_there(guard):
    """The look goes over the connection; with nobody to ask the answer is no."""
    made, probes = guard
    assert made.judge(submit("ls -l", HOME="/home/app")).released
    end = made.judge(submit("rm -rf data", HOME="/home/app"))
    assert not end.released
    assert len(probes) == 1
    assert "cd /home/app" in probes[0]


def test_the_home_there_counts(guard):
    """A new file in the home there is the person's own; this host's home is nobody's."""
    made, _ = guard
    court = made.court()
    court.gather((), submit("x", HOME="/home/app"))
    assert court._gatherer.home == "/home/app"


def test_another_shell_there_is_named_until_the_next_prompt(guard, monkeypatch):
    """What was let go and leaves the guard shows as such."""
    made, _ = guard
    granted = lambda question: Confirmation(question.digest, "dana", Consent.ONCE, granted=True, at=0.0)  # noqa: E731 - a stand-in
    monkeypatch.setattr(type(made.court()), "ask", lambda _self, question: granted(question))
    assert made.judge(submit("sudo -i", HOME="/home/app")).released
    assert made.leaving == "sudo"
    made.status()
    assert made.leaving == ""
