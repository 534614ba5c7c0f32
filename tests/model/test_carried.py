"""Reading off a statement how the shell that it opens can be given the hook."""

from __future__ import annotations

from pathlib import Path

import pytest

from safeshell.gateways.shfmt import Shfmt
from safeshell.languages.reading import NO_NAMES
from safeshell.languages.registry import read
from safeshell.model.carried import Carried, carried, carried_of, carried_question, without
from safeshell.model.statements import Language
from safeshell.policy.packs import load_packs

PACKS = Path(__file__).parents[2] / "config" / "packs"
BOOT = ("sh", "/tmp/x/boot")


@pytest.fixture(scope="module")
def way():
    """Makes of a line what its one statement says, by the packs as they are."""
    knowledge, parse = load_packs({path.name: path.read_text() for path in PACKS.glob("*.yaml")}), Shfmt()

    def of(text: str) -> Carried | None:
        found = read(Language.BASH, text, knowledge, {}, parse, NO_NAMES).statements
        return carried(found[0]) if len(found) == 1 else None

    yield of
    parse.close()


@pytest.mark.parametrize(
    ("line", "booted", "user", "login"),
    [
        ("sudo -i", "sudo -i eval sh /tmp/x/boot", "root", True),
        ("sudo -s", "sudo -s sh /tmp/x/boot", "root", False),
        ("sudo -iu bob", "sudo -iu bob eval sh /tmp/x/boot", "bob", True),
        ("sudo --user=bob --login", "sudo --user=bob --login eval sh /tmp/x/boot", "bob", True),
        ("sudo -n -E -s -u www-data", "sudo -n -E -s -u www-data sh /tmp/x/boot", "www-data", False),
        ("su", "su --session-command=sh /tmp/x/boot", "root", False),
        ("su -", "su --session-command=eval sh /tmp/x/boot -", "root", True),
        ("su - bob", "su --session-command=eval sh /tmp/x/boot - bob", "bob", True),
        ("su bob -l", "su --session-command=eval sh /tmp/x/boot bob -l", "bob", True),
        ("sudo su", "sudo su --session-command=sh /tmp/x/boot", "root", False),
        ("sudo -u bob su - eve", "sudo -u bob su --session-command=eval sh /tmp/x/boot - eve", "eve", True),
        ("sudo bash", "sudo bash /tmp/x/boot", "root", False),
        ("sudo -u bob zsh -l", "sudo -u bob zsh /tmp/x/boot", "bob", True),
        ("sudo X=1 bash", "sudo X=1 bash /tmp/x/boot", "root", False),
        ("doas -u bob bash", "doas -u bob bash /tmp/x/boot", "bob", False),
        ("bash", "bash /tmp/x/boot", "", False),
        ("exec zsh", "zsh /tmp/x/boot", "", False),
        ("sudo -u bob fish", "sudo -u bob sh /tmp/x/boot", "bob", False),
        ("docker exec -it web bash", "docker exec -it web bash /tmp/x/boot", "", False),
        ("podman exec -ti -u app web bash -l", "podman exec -ti -u app web bash /tmp/x/boot", "", True),
        ("kubectl -n x exec -it pod -c c -- bash", "kubectl -n x exec -it pod -c c -- bash /tmp/x/boot", "", False),
    ],
)
def test_the_shell_gives_way_to_a_program(way, line, booted, user, login):
    """The command with another program in place of its shell, and whose shell it is."""
    found = way(line)
    assert " ".join(found.booted(BOOT)) == booted
    assert (found.user, found.login) == (user, login)


@pytest.mark.parametrize(
    ("line", "beside"),
    [
        ("docker exec -it web bash", "docker exec -i web"),
        ("docker exec -tiu app web bash", "docker exec -tiu app web"),
        ("docker exec --interactive --tty -e T=t web bash", "docker exec --interactive -e T=t web"),
        ("docker --context prod exec -i -t web bash", "docker --context prod exec -i web"),
        ("sudo docker exec -it web bash", "sudo docker exec -i web"),
        ("kubectl exec -it web-1 -- bash", "kubectl exec -i web-1 --"),
        ("kubectl exec --stdin=true --tty=true web-1 -- bash", "kubectl exec --stdin=true web-1 --"),
        ("docker compose exec -t web bash", "docker compose exec web"),
        ("sudo -i", ""),
    ],
)
def test_what_runs_beside_the_terminal(way, line, beside):
    """The same way without a terminal; where the words cannot be told apart there is none."""
    found = way(line)
    assert (" ".join(found.beside) if found else beside) == beside


@pytest.mark.parametrize(
    "line",
    [
        "ls",
        "sudo ls",
        "sudo -l",
        "sudo -e /etc/hosts",
        "sudo -i ls",
        "sudo -i <x",
        "sudo -b -s",
        "sudo -R /x -s",
        "sudo -k",
        "sudo $X",
        "sudo -u $X -i",
        "sudo -g wheel -s",
        "su -c ls",
        "su -m",
        "su -s /bin/sh bob",
        "su - bob script",
        "bash -c ls",
        "bash --norc",
        "bash -r",
        "bash script",
        "zsh -f",
        "env X=1 bash",
        "nohup bash",
        "docker exec web bash",
        "docker exec -d -t web bash",
        "docker exec -it web psql",
        "docker run -it debian bash",
        "docker exec -it web docker exec -it inner bash",
        "ssh web sudo -i",
        "tmux",
        "python3",
        "sudo -i; ls",
    ],
)
def test_what_is_not_carried(way, line):
    """Whatever is not surely an interactive shell, or does more than open one."""
    found = way(line)
    assert found is None


def test_the_question_holds_all_of_it():
    """A question and back is the same way, empty words and all."""
    made = Carried(("sudo", "", "docker", "-it"), 2, "itself", "", "", True, "bash", ("a b", "c"), None, ("sudo", "-n"))
    assert carried_of(carried_question(made)) == made


def test_the_question_holds_the_place(way):
    """The place with its details comes back, too."""
    found = way("kubectl --context prod -n x exec -it pod -- bash")
    assert found.place.detail["namespace"] == "x"
    assert carried_of(carried_question(found)) == found


@pytest.mark.parametrize(
    ("words", "left"),
    [
        ("-it x", "-i x"),
        ("-t x", "x"),
        ("--tty x", "x"),
        ("--tty=true x", "x"),
        ("-etest x", "-etest x"),
        ("-tt x", "x"),
        ("-e t", "-e t"),
    ],
)
def test_flags_are_taken_out_of_clusters(words, left):
    """Only words made of flags alone are clusters."""
    assert " ".join(without(tuple(words.split()), "-t --tty|dit")) == left
