"""Judging a command for safeshell-login: what runs, what is refused, what a caller is told."""

import subprocess

import pytest

from tests.cli.conftest import ENTRY

REFUSED = 77


@pytest.fixture
def judge(person):
    """Run `safeshell login judge` as safeshell-login does; status and what came by descriptor 3."""

    def ask(*words: str, config: str = "", **env: str) -> tuple[int, str]:
        if config:
            folder = person.home / ".config/safeshell"
            folder.mkdir(parents=True, exist_ok=True)
            (folder / "config.yaml").write_text(config)
        (person.home / "keep").mkdir(exist_ok=True)
        (person.home / "keep/file").write_text("x")
        text = 'exec "$@" 3>&2 2>/dev/null'
        done = subprocess.run(
            ["bash", "-c", text, "x", *ENTRY, "login", "judge", *words],
            env={**person.environ, **env}, cwd=person.home, capture_output=True, check=False, text=True, timeout=60, stdin=subprocess.DEVNULL,
        )  # fmt: skip
        assert done.stdout == ""
        return done.returncode, done.stderr

    return ask


@pytest.mark.parametrize(
    "text", ["true", "ls -l | sort", "chmod 600 /etc/hostname", "./unknown --tool", 'eval "$(cat x)"', "if then", ""]
)
def test_what_reads_writes_or_is_not_understood_runs(judge, text):
    """0, and not a byte."""
    assert judge(text) == (0, "")


@pytest.mark.parametrize("text", ["rm -rf keep", "shutdown -h now", "echo a; rm -rf keep", "if then; rm -rf keep"])
def test_what_is_understood_and_destroys_is_refused(judge, text):
    """77, which safeshell-login turns into 126; a line that cannot be parsed at all is not understood."""
    status, said = judge(text)
    if text.startswith("if then"):
        assert (status, said) == (0, "")
        return
    assert status == REFUSED
    assert said.startswith("safeshell: refused: ")
    assert "SAFESHELL_CONFIRM=" in said


@pytest.mark.parametrize(
    ("shell", "text"),
    [
        ("/usr/bin/fish", "for f in keep; rm -rf $f; end"),
        ("/usr/bin/fish", "if test -d keep; rm -rf keep; end"),
        ("/bin/zsh", "for f (keep) rm -rf $f"),
        ("/bin/dash", "for f in keep; do rm -rf $f; done"),
    ],
)
def test_it_is_read_as_the_real_shell_reads_it(judge, shell, text):
    """SHELL names the real shell; constructs of zsh and fish are no riddle to it, and what runs there is judged."""
    assert judge(text, SHELL=shell)[0] == REFUSED
    assert judge(text.replace("rm -rf", "ls"), SHELL=shell) == (0, "")


def test_part_of_it_is_enough(judge):
    """A part that is not understood does not carry a destructive one through."""
    assert judge('"$(cat x)" a; rm -rf keep')[0] == REFUSED


def test_strict(judge):
    """`strict: true` refuses what is not understood as well."""
    assert judge('"$(cat x)" a', config="strict: true\n")[0] == REFUSED
    assert judge("ls", config="strict: true\n")[0] == 0


def test_a_script_is_read(judge, person):
    """--script SHELL FILE ARGUMENTS: by the text of the file."""
    (person.home / "harmless.sh").write_text("echo $1\n")
    (person.home / "bad.sh").write_text("rm -rf ~/keep\n")
    assert judge("--script", "/bin/bash", "harmless.sh", "a b") == (0, "")
    assert judge("--script", "/bin/bash", "bad.sh")[0] == REFUSED


def test_a_broken_configuration_is_told_in_one_line(judge):
    """The fault's place is named, and reading goes on."""
    status, said = judge("ls", config="unlock: {max: forever}\n")
    assert status == 0
    assert said.count("\n") == 1
    assert "config.yaml" in said


def test_an_unconfirmed_request_names_itself_again(judge):
    """SAFESHELL_CONFIRM in the text or the environment is tried; unconfirmed it stays refused, and nothing of it is in the digest."""
    number = judge("rm -rf keep")[1].split("SAFESHELL_CONFIRM=")[1].split()[0]
    for words, env in ((f"SAFESHELL_CONFIRM={number} rm -rf keep", {}), ("rm -rf keep", {"SAFESHELL_CONFIRM": number})):
        status, said = judge(words, **env)
        assert status == REFUSED
        assert "not confirmed" in said or number in said
