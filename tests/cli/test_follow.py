"""The shells that lines open: whose they are, where they stand, and what is said of them; with real ones in tests/live."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from safeshell.cli.follow import FollowedCourt
from safeshell.cli.sessionguard import SessionGuard
from safeshell.cli.setting import load_setting
from safeshell.gateways.ports import SubmittedLine
from safeshell.model.effects import Effect
from safeshell.model.facts import Ask

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="pipes for other users are given away by root")


class FakeDoors:
    """What a session lends; nobody answers at this terminal."""

    session, shell_pid = "s", 1

    def terminal(self):
        raise OSError("no terminal")

    def notify(self, text: str) -> None:
        self.said = text


@pytest.fixture
def guard(tmp_path, monkeypatch):
    """A production session's guard in a home of its own."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("SAFESHELL_STATE_DIR", str(tmp_path / "state"))
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    made = SessionGuard(FakeDoors(), load_setting(tier="production"))
    yield made
    made.end()


def submit(text: str, number: int = 1, *, source="line", shell="bash", aliases=(), functions=(), **variables):
    def ask(questions):
        return {q: variables.get(q.subject) if q.about is Ask.VARIABLE else None for q in questions}

    return SubmittedLine(
        id=f"1:{number:08d}",
        text=text,
        cwd="/srv",
        source=source,
        continued=False,
        unseen=False,
        pid=1,
        aliases=frozenset(aliases),
        functions=frozenset(functions),
        shell=shell,
        ask_shell=ask,
    )


def opened(guard, line):
    """The shell that a line opens, judged first."""
    end = guard.judge(line)
    return guard.following(line.id) if end.released else None


def test_another_users_shell_here(guard):
    """`su - nobody` by its words: not asked, followed, and named with its user; what it deletes is refused there."""
    followed = opened(guard, submit("sudo -u nobody bash"))
    try:
        assert followed.status().target == f"nobody@{guard.here.target}"
        assert isinstance(followed.court, FollowedCourt)
        assert not followed.foreign
        end = followed.judge(submit("rm -rf /srv/data", 2))
        assert not end.released
        assert end.verdict.deciding.environment.target.startswith("nobody@")
        assert followed.judge(submit("ls", 3)).released
    finally:
        followed.close()
    assert not Path(followed.landing.directory).exists()


def test_a_shell_of_the_same_user_is_the_same_place(guard):
    """`bash` and `exec zsh`: the session's own court and prompt."""
    for line in ("bash", "exec zsh", "sudo bash"):
        followed = opened(guard, submit(line))
        assert followed.court is guard.court()
        assert followed.status() == guard.status()
        assert ("function exec" in followed.text("bash")) == line.startswith("exec")
        followed.close()


@pytest.mark.parametrize(
    ("client", "line", "target", "beside"),
    [
        ("docker", "docker exec -it web-1 bash", "web-1 in docker", "docker exec -i web-1"),
        (
            "kubectl",
            "kubectl --context prod exec -it web-1 -- bash",
            "prod in kubectl",
            "kubectl --context prod exec -i web-1 --",
        ),
    ],
)
def test_a_shell_in_a_container(guard, tmp_path, client, line, target, beside):  # noqa: PLR0917 - one row of a table
    """Its name and the program that leads there are shown; its lines are judged by its own name. A program of the same words stands in for it."""
    (tmp_path / client).write_text(
        '#!/bin/sh\nwhile [ $# -gt 0 ]; do case $1 in web-1) shift; break;; esac; shift; done\n[ "$1" != -- ] || shift\nexec "$@"\n'
    )
    (tmp_path / client).chmod(0o755)
    followed = opened(guard, submit(line))
    try:
        assert followed.status().target == target
        assert followed.foreign
        assert followed.landing.way(["id"]) == [*beside.split(), "id"]
        assert not followed.judge(submit("rm -rf /srv/data", 2)).released
    finally:
        followed.close()


@pytest.mark.parametrize("line", ["docker exec -it web-1 bash", "ssh prod-web"])
def test_a_site_may_switch_it_off(tmp_path, monkeypatch, line):
    """`follow: never` means no place elsewhere either; users of this machine are no such place."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("SAFESHELL_STATE_DIR", str(tmp_path / "state"))
    (tmp_path / ".config/safeshell").mkdir(parents=True)
    (tmp_path / ".config/safeshell/config.yaml").write_text("follow: never\n")
    made = SessionGuard(FakeDoors(), load_setting(tier="production"))
    try:
        assert opened(made, submit(line)) is None
        followed = opened(made, submit("sudo -u nobody bash", 2))
        followed.close()
    finally:
        made.end()


@pytest.mark.parametrize(
    "line",
    [
        submit("sudo -i; ls"),
        submit("true && bash"),
        submit("bash | cat"),
        submit("bash &"),
        submit("command bash"),
        submit("X=1 bash"),
        submit("exec bash", shell="zsh"),
        submit("bash", source="backstop"),
        submit("docker exec -it web-1 bash"),
        submit("su - no-such-user-here"),
        submit("ssh prod-web"),
        submit("sudo -u nobody -s", SHELL="/bin/dash"),
    ],
    ids=lambda line: f"{line.text} {line.shell} {line.source}",
)
def test_what_cannot_be_followed_is_asked(guard, line, monkeypatch):
    """More than the one command, a name that nothing can stand in for, no shell with a hook, no container: a question, as ever."""
    monkeypatch.setenv("DOCKER_HOST", "unix:///nonexistent")
    end = guard.judge(line)
    assert not end.released
    assert Effect.LEAVES_GUARD in end.assessment.effects
    assert guard.following(line.id) is None


def test_aliases_lead_to_the_command(guard):
    """`s` for `sudo -u nobody`: the command behind it is what is replaced; a function of the person's own is not."""
    line = submit("s bash", aliases=("s",))
    told = {"s": "sudo -u nobody"}
    line = SubmittedLine(
        **{name: getattr(line, name) for name in line.__slots__ if name != "ask_shell"},
        ask_shell=lambda questions: {q: told.get(q.subject) for q in questions},
    )
    followed = opened(guard, line)
    assert "function sudo {" in followed.text("bash")
    followed.close()


def test_what_leaves_the_guard_in_there_is_named(guard, tmp_path):
    """Where nobody sees the processes, what was let go is known until the next prompt."""
    (tmp_path / "docker").write_text('#!/bin/sh\nshift 3\nexec "$@"\n')
    (tmp_path / "docker").chmod(0o755)
    followed = opened(guard, submit("docker exec -it dev-1 bash"))
    try:
        followed.ground.unlocks.unlock(followed.ground.here.target, 5, now=0.0, longest=60)
        assert followed.leaving == ""
        followed.status()
    finally:
        followed.close()


def test_nothing_is_left_of_a_line_that_never_ran(guard):
    """A landing for a line that was not taken goes with the next one."""
    guard.judge(submit("sudo -u nobody bash"))
    (made,) = guard._nest._made.values()
    guard.judge(submit("sudo -u nobody bash", 2))
    assert not Path(made.landing.directory).exists()
