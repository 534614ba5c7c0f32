"""The prompt of psql: the words before the person's own, kept up to date by a file."""

import os
import subprocess

import pytest

from safeshell.gateways.ports import PromptStatus
from safeshell.gateways.psqlprompt import PsqlPrompt
from safeshell.model.tiers import Mode, Tier

RO = PromptStatus(Tier.PRODUCTION, "shop@db.prod", Mode.READ_ONLY)
RW = PromptStatus(Tier.PRODUCTION, "shop@db.prod", Mode.READ_WRITE, minutes_left=14)
PINNED = PromptStatus(Tier.UNKNOWN, "shop@db", Mode.READ_ONLY, pinned=True)


def shown(prompt: PsqlPrompt) -> str:
    return subprocess.run(["/bin/sh", "-c", prompt.command], capture_output=True, text=True, check=True).stdout


def psql(words: list[str], script: str, home, environ: dict[str, str]) -> str:
    """What a psql without a server says; `\\echo` needs none."""
    from tests.servers import postgres_server

    with postgres_server() as server:
        base = {
            "PATH": os.environ["PATH"],
            "HOME": str(home),
            "PGHOST": str(server.directory),
            "PGPORT": str(server.port),
        }
        done = subprocess.run(
            ["psql", "-U", "postgres", "-q", *words],
            input=script,
            env={**base, **environ},
            capture_output=True,
            text=True,
            timeout=20,
            check=True,
        )
    assert done.stderr == ""
    return done.stdout


def test_the_words_follow_the_status(tmp_path):
    """Mode and minutes as they are when the prompt is drawn; gone with the guard."""
    prompt = PsqlPrompt(str(tmp_path), colour=False)
    prompt.update(RO)
    assert shown(prompt) == "[PROD shop@db.prod ro] "
    prompt.update(RW)
    assert shown(prompt) == "[PROD shop@db.prod rw 14m] "
    prompt.update(PINNED)
    assert shown(prompt) == "[UNKNOWN shop@db ro: pinned] "
    (tmp_path / "prompt").unlink()
    assert shown(prompt) == "[UNGUARDED] "


def test_colour_takes_no_place_for_readline(tmp_path):
    """Escapes stand between readline's marks; without readline there are no marks."""
    prompt = PsqlPrompt(str(tmp_path), colour=True)
    prompt.update(RO)
    assert shown(prompt) == "\x01\x1b[1;97;41m\x02[PROD shop@db.prod ro]\x01\x1b[0m\x02 "
    plain = PsqlPrompt(str(tmp_path), colour=True, readline=False)
    plain.update(RO)
    assert "\x01" not in shown(plain)


def test_what_is_not_watched_is_said(tmp_path):
    """Where nothing watches the shell commands, the prompt says so."""
    prompt = PsqlPrompt(str(tmp_path), colour=False)
    prompt.unwatched = True
    prompt.update(RO)
    assert shown(prompt) == "[PROD shop@db.prod ro, shell UNGUARDED] "


@pytest.mark.live
def test_the_persons_own_start_file_comes_first(tmp_path):
    """Its settings hold, its prompt stands behind ours, and quotes and spaces of its path do no harm."""
    home = tmp_path / "it's a home"
    home.mkdir()
    (home / ".psqlrc").write_text("\\set PROMPT1 '%n mine '\n\\set QUIET on\n\\set mine yes\n\\set seen :HOST\n")
    run = tmp_path / "run"
    run.mkdir()
    prompt = PsqlPrompt(str(run), colour=False, host="db.prod", port="5432")
    environ: dict[str, str] = {}
    prompt.install(environ, str(home))
    said = psql([], "\\echo :mine :seen\n\\echo :PROMPT1\n\\echo :PROMPT2\n", home, environ).splitlines()
    assert said[0] == "yes db.prod"
    assert said[1] == f"%`{prompt.command}`%n mine "
    assert said[2] == f"%`{prompt.command}`%/%R%x%# "


@pytest.mark.live
def test_the_start_file_of_this_version_is_taken(tmp_path):
    """psql prefers `.psqlrc-15` to `.psqlrc`, and goes on to."""
    version = subprocess.run(["psql", "--version"], capture_output=True, text=True, check=True).stdout.split()[2]
    major = version.split(".")[0]
    (tmp_path / ".psqlrc").write_text("\\set which plain\n")
    (tmp_path / f".psqlrc-{major}").write_text("\\set which versioned\n")
    run = tmp_path / "run"
    run.mkdir()
    environ: dict[str, str] = {}
    PsqlPrompt(str(run), colour=False).install(environ, str(tmp_path))
    assert psql([], "\\echo :which\n", tmp_path, environ) == "versioned\n"


@pytest.mark.live
def test_a_start_file_that_psqlrc_names(tmp_path):
    """PSQLRC, with a tilde or without, goes on to be heeded."""
    (tmp_path / "rc").write_text("\\set which named\n")
    run = tmp_path / "run"
    run.mkdir()
    environ = {"PSQLRC": str(tmp_path / "rc")}
    PsqlPrompt(str(run), colour=False).install(environ, str(tmp_path))
    assert environ["PSQLRC"] == f"{run}/psqlrc"
    assert psql([], "\\echo :which\n", tmp_path, environ) == "named\n"
    below = tmp_path / "below"
    below.mkdir()
    PsqlPrompt(str(below), colour=False).install(environ, str(tmp_path))
    assert (below / "psqlrc").read_text().startswith(f"\\i '{tmp_path}/rc'\n")


@pytest.mark.live
def test_without_start_files_the_prompts_are_options(tmp_path):
    """With -X, before the person's own -v or psql's default."""
    prompt = PsqlPrompt(str(tmp_path), colour=False)
    options = prompt.options(["A=1", "PROMPT1=mine> "])
    said = psql(["-X", *options], "\\echo :PROMPT1\n\\echo :PROMPT2\n", tmp_path, {}).splitlines()
    assert said == [f"%`{prompt.command}`mine> ", f"%`{prompt.command}`%/%R%x%# "]
