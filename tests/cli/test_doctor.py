"""`safeshell doctor`: it must be able to say FAIL, whatever is broken."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
import sys

import pytest

REAL_BASH = shutil.which("bash")


def results(done) -> dict[str, dict]:
    return {item["name"]: item for item in json.loads(done.stdout)["results"]}


def stand_in(person, name: str, text: str) -> None:
    """A program that comes before the real one."""
    path = person.home.parent / "bin" / name
    path.write_text(text)
    path.chmod(0o755)


def test_a_sound_machine_is_proven_by_a_blocked_deletion(person):
    """Exit 0; the sentinel's directory is gone, and the person's history holds nothing of it."""
    person.write(".bashrc", f"HISTFILE={person.home}/.bash_history\n")
    done = person.run("doctor")
    assert done.returncode == 0, done.stdout
    lines = done.stdout.splitlines()
    assert "ok    bash: blocked a deletion, ran it when confirmed, let a read pass" in lines
    assert lines[-1] == "safeshell guards this machine"
    assert not list(person.home.rglob("*doctor*"))
    assert not (person.home / ".bash_history").exists()
    refused = [event for event in person.run("audit", "search", "--refused").stdout.splitlines() if "rm -rf" in event]
    proven = [line for line in lines if line.startswith("ok ") and "blocked a deletion" in line]
    assert len(refused) == len(proven), "the real road was walked: its refusal stands in the audit"


def test_json_says_the_same(person):
    """One object."""
    done = person.run("doctor", "--json")
    assert json.loads(done.stdout)["ok"] is True
    assert results(done)["bash"]["passed"] is True
    assert done.returncode == 0


@pytest.mark.parametrize(
    ("sabotage", "program"),
    [
        ("a bash that heeds no start file of ours", "#!/bin/sh\nexec {bash} --norc -i\n"),
        ("a shell that only looks like one", "#!/bin/sh\nprintf '[PROD x ro] '\nwhile read -r line; do eval \"$line\"; printf '[PROD x ro] '; done\n"),
        ("a bash that dies", "#!/bin/sh\nexit 3\n"),
    ],
)  # fmt: skip
def test_a_shell_without_the_hook_fails(person, sabotage, program):
    """Nothing is believed that was not blocked."""
    stand_in(person, "bash", program.format(bash=REAL_BASH))
    done = person.run("doctor", "--json")
    assert done.returncode == 1, sabotage
    assert json.loads(done.stdout)["ok"] is False
    assert results(done)["bash"]["passed"] is False


def test_a_start_file_that_takes_the_hook_away_fails_or_is_undone(person):
    """Whatever the start file does: either the deletion was blocked, or the doctor says that it was not."""
    person.write(
        ".bashrc", 'PROMPT_COMMAND=\'bind -r "\\C-m"; bind -r "\\C-j"; trap - DEBUG\'\nreadonly PROMPT_COMMAND\n'
    )
    done = person.run("doctor", "--shell", "bash", "--json")
    blocked = any("rm -rf" in line for line in person.run("audit", "search", "--refused").stdout.splitlines())
    assert results(done)["bash"]["passed"] is blocked
    assert done.returncode == (0 if blocked else 1)


def test_a_start_file_that_never_ends_fails(person):
    """The prompt never comes; the doctor does not wait for ever."""
    person.write(".bashrc", "sleep 1000\n")
    done = person.run("doctor", "--json")
    assert results(done)["bash"]["passed"] is False
    assert "no prompt" in results(done)["bash"]["said"]


def test_a_missing_parser_fails(person, tmp_path):
    """shfmt is looked for beside the interpreter and in PATH; this interpreter has none beside it."""
    bare = tmp_path / "bare"
    bare.mkdir()
    (bare / "python").symlink_to(os.path.realpath(sys.executable))
    person.environ["PATH"] = f"{bare}:/usr/bin:/bin"
    if shutil.which("shfmt", path="/usr/bin:/bin"):
        pytest.skip("shfmt is installed for everybody here")
    code = f"import sys; sys.path[:0] = {[path for path in sys.path if path]!r}; from safeshell.cli.main import main; sys.exit(main())"
    argv = [str(bare / "python"), "-IS", "-c", code, "doctor", "--json"]
    stand_in(person, "run", f"#!/bin/sh\nexec {shlex.join(argv)}\n")
    done = subprocess.run(
        [str(person.home.parent / "bin/run")],
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
        env=person.environ,
    )
    assert done.returncode == 1
    assert results(done)["parser"]["passed"] is False
    assert "shfmt" in results(done)["parser"]["advice"]


def test_a_broken_configuration_fails_with_its_place(person):
    """And says which command tells more."""
    path = person.write(".config/safeshell/config.yaml", "version: 1\ntint: perhaps\n")
    done = person.run("doctor")
    assert done.returncode == 1
    assert f"FAIL  configuration: {path}:2:7: " in done.stdout
    assert "safeshell config check" in done.stdout
    assert done.stdout.splitlines()[-1] == "safeshell does NOT guard all of this machine"


def test_an_audit_that_cannot_be_written_fails(person):
    """A file stands where its directory should be."""
    person.write(".local/state/safeshell/audit", "in the way")
    done = person.run("doctor", "--json")
    assert done.returncode == 1
    assert results(done)["audit"]["passed"] is False


def test_a_home_with_a_blank_and_a_state_below_a_scratch_root(person, tmp_path):
    """The sentinel lies where a deletion is a loss, and its path is quoted."""
    home = tmp_path / "a home"
    home.mkdir()
    state = person.home.parent.parent
    assert str(state).startswith("/tmp/"), "this test needs a temporary directory that is a scratch root"
    done = person.run("doctor", HOME=str(home), SAFESHELL_STATE_DIR=str(tmp_path / "state"))
    assert done.returncode == 0, done.stdout
    assert sorted(path.name for path in home.iterdir()) == []


def test_an_unknown_shell_is_wrong_usage(person):
    """Nothing was tried, so nothing is called guarded."""
    done = person.run("doctor", "--shell", "tcsh")
    assert (done.returncode, done.stdout) == (2, "")


def test_a_shell_that_is_not_there_proves_nothing(person):
    """Skipping everything is no proof: exit 1."""
    person.environ["PATH"] = str(person.home.parent / "bin")
    done = person.run("doctor", "--json", "--shell", "fish")
    assert results(done)["fish"]["skipped"] is True
    assert (done.returncode, json.loads(done.stdout)["ok"]) == (1, False)
