"""ssh's command line, read as ssh reads it; where an ssh is at hand, compared with `ssh -G`."""

import shutil
import subprocess

import pytest

from safeshell.gateways.sshargs import ALONE, NO_SHELL, read_call


@pytest.mark.parametrize(
    ("words", "options", "destination", "command"),
    [
        (["h"], (), "h", ()),
        (["-p", "22", "h", "ls", "-l"], ("-p", "22"), "h", ("ls", "-l")),
        (["-p22", "h"], ("-p", "22"), "h", ()),
        (["-tt4p22", "h"], ("-t", "-t", "-4", "-p", "22"), "h", ()),
        (["h", "-l", "root", "rm", "-rf", "x"], ("-l", "root"), "h", ("rm", "-rf", "x")),
        (["-l", "root", "--", "h", "-p", "22"], ("-l", "root"), "h", ("-p", "22")),
        (["h", "--", "-x"], (), "h", ("-x",)),
        (["-o", "A=b", "u@h", "cd /; ls"], ("-o", "A=b"), "u@h", ("cd /; ls",)),
        (["h", "-"], (), "h", ("-",)),
    ],
)
def test_words_find_their_place(words, options, destination, command):
    """Clusters, values in the same word or the next, options behind the destination, `--`."""
    call = read_call(words)
    assert (call.options, call.destination, call.command, call.well) == (options, destination, command, True)


@pytest.mark.parametrize("words", [[], ["-p"], ["-Z", "h"], ["--version"], ["-t"]])
def test_what_ssh_would_refuse_is_not_well(words):
    """Missing values and destinations, unknown options: ssh tells itself."""
    assert not read_call(words).well


def test_calls_that_nobody_follows():
    """-V and -G open no session; -N, -W, -s, -T get no shell."""
    assert read_call(["-V"]).has(ALONE)
    assert read_call(["-G", "h"]).has(ALONE)
    for letter in "NsT":
        assert read_call([f"-{letter}", "h"]).has(NO_SHELL)
    assert read_call(["-W", "a:1", "h"]).has(NO_SHELL)
    assert not read_call(["-t", "-A", "h"]).has(ALONE | NO_SHELL)


@pytest.mark.skipif(not shutil.which("ssh"), reason="ssh is not installed")
@pytest.mark.parametrize(
    "words", [["-p", "2200", "-l", "bob", "box"], ["box", "-l", "bob", "-p2200"], ["-4Cp", "2200", "bob@box", "ls"]]
)
def test_ssh_agrees(words):
    """`ssh -G` with our options and destination says the same as with the words."""
    call = read_call(words)
    ours = subprocess.run(
        ["ssh", "-F", "/dev/null", "-G", *call.options, "--", call.destination], capture_output=True, check=True
    )
    theirs = subprocess.run(["ssh", "-F", "/dev/null", "-G", *words], capture_output=True, check=True)
    assert ours.stdout == theirs.stdout
    assert b"port 2200\n" in ours.stdout
    assert b"user bob\n" in ours.stdout
