"""Completion scripts, run in the real shells."""

from __future__ import annotations

import argparse
import shutil
import subprocess

import pytest

from safeshell.cli.completion import script, walk


def parser() -> argparse.ArgumentParser:
    root = argparse.ArgumentParser(prog="safeshell")
    root.add_argument("-V", "--version", action="version", version="1")
    commands = root.add_subparsers(metavar="COMMAND")
    check = commands.add_parser("check", help="say what's asked: 100%% of it")
    check.add_argument("--tier", choices=["production", "staging", "development"], help="the tier")
    check.add_argument("--json", action="store_true", help="machine's form")
    check.add_argument("--config", metavar="FILE")
    check.add_argument("--hidden", help=argparse.SUPPRESS)
    check.add_argument("words", nargs="*")
    audit = commands.add_parser("audit", help="the audit")
    verbs = audit.add_subparsers(dest="verb")
    verbs.add_parser("verify").add_argument("files", nargs="*")
    verbs.add_parser("show").add_argument("--last", type=int)
    commands.add_parser("completion").add_argument("shell", choices=["bash", "zsh", "fish"])
    return root


def bash(words: list[str], tmp_path) -> list[str]:
    """What bash itself offers for the last of these words."""
    code = (
        'source "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMP_LINE="$*"; COMP_POINT=${#COMP_LINE}\n'
        "_safeshell 2>/dev/null; printf '%s\\n' \"${COMPREPLY[@]}\"; complete -p safeshell >&2"
    )
    file = tmp_path / "completion.bash"
    file.write_text(script(parser(), "bash"))
    done = subprocess.run(
        ["bash", "--norc", "-c", code, "bash", str(file), *words],
        capture_output=True,
        text=True,
        timeout=20,
        check=True,
    )
    assert "complete -F _safeshell safeshell" in done.stderr
    return done.stdout.split()


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        (["safeshell", ""], ["check", "audit", "completion"]),
        (["safeshell", "ch"], ["check"]),
        (["safeshell", "-"], ["-h", "--help", "-V", "--version"]),
        (["safeshell", "check", "--t"], ["--tier"]),
        (["safeshell", "check", "--"], ["--help", "--tier", "--json", "--config"]),
        (["safeshell", "check", "--tier", ""], ["production", "staging", "development"]),
        (["safeshell", "check", "--tier", "st"], ["staging"]),
        (["safeshell", "check", "--tier", "audit", "--j"], ["--json"]),
        (["safeshell", "check", "--config", ""], []),
        (["safeshell", "check", ""], []),
        (["safeshell", "audit", ""], ["verify", "show"]),
        (["safeshell", "audit", "show", "--l"], ["--last"]),
        (["safeshell", "completion", ""], ["bash", "zsh", "fish"]),
        (["safeshell", "completion", "z"], ["zsh"]),
    ],
)
def test_bash_offers_what_the_parser_takes(tmp_path, words, offered):
    """Commands, their options, values of options, verbs of commands, choices of arguments."""
    assert bash(words, tmp_path) == offered


def test_bash_completes_in_a_real_session_with_tab(tmp_path):
    """Sourced in an interactive bash, Tab completes the line that then runs."""
    import pexpect

    (tmp_path / "c.bash").write_text(script(parser(), "bash"))
    shell = pexpect.spawn("bash", ["--norc", "--noprofile", "-i"], encoding="utf-8", timeout=10, env={"PATH": "/usr/bin:/bin", "TERM": "dumb", "PS1": "READY> "})  # fmt: skip
    try:
        shell.expect("READY> ")
        shell.sendline(f"source {tmp_path}/c.bash; safeshell() {{ echo GOT:$*; }}")
        shell.expect("READY> ")
        shell.send("safeshell aud\tver\t\n")
        shell.expect("GOT:audit verify")
    finally:
        shell.close(force=True)


@pytest.mark.skipif(not shutil.which("fish"), reason="fish is not installed")
@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("safeshell ch", ["check"]),
        ("safeshell audit ", ["show", "verify"]),
        ("safeshell check --ti", ["--tier"]),
        ("safeshell check --tier st", ["staging"]),
        ("safeshell completion z", ["zsh"]),
    ],
)
def test_fish_offers_the_same(tmp_path, line, offered):
    """fish's own `complete --do-complete` answers."""
    (tmp_path / "c.fish").write_text(script(parser(), "fish"))
    code = f"source {tmp_path}/c.fish; complete --do-complete '{line}'"
    env = {"HOME": str(tmp_path), "PATH": "/usr/bin:/bin", "XDG_CONFIG_HOME": str(tmp_path)}
    done = subprocess.run(
        ["fish", "--no-config", "-c", code], capture_output=True, text=True, timeout=20, check=True, env=env
    )
    assert done.stderr == ""
    assert sorted(row.split("\t")[0] for row in done.stdout.splitlines()) == offered


@pytest.mark.skipif(not shutil.which("zsh"), reason="zsh is not installed")
@pytest.mark.parametrize(
    ("typed", "result"),
    [
        ("safeshell ch\t", "GOT:check"),
        ("safeshell audit ver\t", "GOT:audit verify"),
        ("safeshell check --ti\tst\t", "GOT:check --tier staging"),
        ("safeshell completion z\t", "GOT:completion zsh"),
    ],
)
def test_zsh_completes_in_a_real_session_with_tab(tmp_path, typed, result):
    """As _safeshell in $fpath, loaded by compinit, in an interactive zsh."""
    import pexpect

    (tmp_path / "f").mkdir()
    (tmp_path / "f/_safeshell").write_text(script(parser(), "zsh"))
    (tmp_path / ".zshrc").write_text(
        f"fpath=({tmp_path}/f $fpath)\nautoload -Uz compinit\ncompinit -u -d {tmp_path}/dump\n"
        "safeshell() { echo GOT:$* }\nPS1='READY> '\nunsetopt zle_bracketed_paste 2>/dev/null\n"
    )
    env = {"PATH": "/usr/bin:/bin", "TERM": "vt100", "ZDOTDIR": str(tmp_path), "HOME": str(tmp_path)}
    shell = pexpect.spawn("zsh", ["-d", "-i"], encoding="utf-8", timeout=20, env=env)
    try:
        shell.expect("READY> ")
        shell.send(typed)
        shell.expect(result.partition(":")[2].split()[-1])
        shell.send("\r")
        shell.expect(result)
    finally:
        shell.close(force=True)


def test_every_command_of_the_parser_is_walked():
    """Nested commands too; suppressed options stay hidden, yet their value is skipped."""
    nodes = {node.path: node for node in walk(parser())}
    assert set(nodes) == {"", "check", "audit", "audit verify", "audit show", "completion"}
    assert "--hidden" not in nodes["check"].options
    assert nodes["check"].values["--hidden"] == ()
    assert nodes["check"].positional is None
    assert nodes["completion"].positional == ("bash", "zsh", "fish")
    assert nodes[""].commands["check"] == "say what's asked: 100% of it"


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_scripts_parse_in_their_shells(tmp_path, shell):
    """A quote or a colon in a help text breaks nothing."""
    if not shutil.which(shell):
        pytest.skip(f"{shell} is not installed")
    (tmp_path / "c").write_text(script(parser(), shell))
    subprocess.run([shell, "-n", str(tmp_path / "c")], check=True, timeout=20)


def test_a_guarded_client_completes_as_the_client_does(tmp_path):
    """In bash: the client's own function, with the client's name; files where it has none."""
    from safeshell.cli.completion import _CLIENTS

    code = (
        _CLIENTS["bash"]
        + '_psql() { COMPREPLY=("$1" "$2" "${COMP_WORDS[0]}"); }; complete -F _psql psql\n'
        + 'COMP_WORDS=(safe-psql --ho); COMP_CWORD=1; _safeshell_client safe-psql --ho safe-psql; echo "${COMPREPLY[*]}"'
    )
    done = subprocess.run(["bash", "--norc", "-c", code], capture_output=True, text=True, timeout=20, check=True)
    assert done.stdout == "psql --ho psql\n"


def test_the_command_prints_the_clients_too(operator):
    """One script to install."""
    for shell, line in (("bash", "complete -o default -F _safeshell_client safe-psql"), ("fish", "-w psql"), ("zsh", "safe-psql=psql")):  # fmt: skip
        assert line in operator.run("completion", shell).stdout
