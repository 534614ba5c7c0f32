"""Redirections: what they empty, append to, read, or mean to the kernel."""

from __future__ import annotations

import pytest

from safeshell.model.effects import Effect
from safeshell.model.statements import TargetKind
from tests.languages.bash.lines import claims, every, judge, overwritten, questions, verbs


@pytest.mark.parametrize(
    "text", ["ls > f", "> f", ": > f", "ls >| f", "ls &> f", "ls >& f", "ls 2> f", "ls <> f", "exec > f", "{ ls; } > f", "(ls) > f",
             "for i in a; do ls; done > f", "if ls; then ls; fi > f", "while ls; do ls; done > f", "f() { ls; }; f > f", "A=1 > f", "[[ a ]] > f",
             "ls > 'f'", 'ls > "f"', "ls > $'\\x66'", "F=f; ls > $F", "ls | cat > f", "{fd}> f ls", "coproc { ls; } > f", "ssh host ls > f"],
)  # fmt: skip
def test_an_overwriting_redirection_destroys_what_was_there(text):
    """Wherever it stands; a file that is not there yet is only written."""
    assert overwritten(text) == ["f"]
    found = claims(text, Effect.DESTROYS_DATA)
    assert [claim.if_missing for claim in found] == [Effect.WRITES]
    assert [claim.preview for claim in found] == ["files"]


@pytest.mark.parametrize("text", ["ls >> f", "ls &>> f", "ls 2>> f", "{ ls; } >> f"])
def test_appending_loses_nothing(text):
    """It is a write that says that it appends."""
    (claim,) = claims(text, Effect.WRITES)
    assert (claim.appends, claim.targets[0].value) == (True, "f")


@pytest.mark.parametrize(
    "text", ["ls 2>&1", "ls >&2", "ls > /dev/null", "ls &> /dev/null", "ls 2>/dev/null >&2", "ls > /dev/stderr", "ls > /dev/tty", "ls > /dev/fd/3",
             "ls 3>&1 1>&2 2>&3 3>&-", "ls >&-", "ls < /dev/null", "ls 2>&$fd"],
)  # fmt: skip
def test_moving_descriptors_and_the_null_device_are_nothing(text):
    """No claim beyond reading."""
    assert {claim.effect for claim in claims(text)} == {Effect.READS}


@pytest.mark.parametrize(
    ("text", "effect", "kind"),
    [
        ("ls > /dev/sda", Effect.DESTROYS_DATA, TargetKind.DEVICE), ("cat x >> /dev/nvme0n1", Effect.DESTROYS_DATA, TargetKind.DEVICE),
        ("echo b > /proc/sysrq-trigger", Effect.HALTS_HOST, TargetKind.HOST), ("echo mem > /sys/power/state", Effect.HALTS_HOST, TargetKind.HOST),
        ("echo x > /dev/tcp/host/80", Effect.WRITES, TargetKind.NETWORK), ("cat < /dev/tcp/host/80", Effect.READS, TargetKind.PATH),
        ("echo 1 > /proc/sys/net/ipv4/ip_forward", Effect.WRITES, TargetKind.OTHER), ("echo x > /dev/shm/f", Effect.DESTROYS_DATA, TargetKind.PATH),
    ],
)  # fmt: skip
def test_names_that_the_kernel_listens_to(text, effect, kind):
    """Devices, sysrq, power states and sockets are judged by what the kernel makes of them."""
    assert (effect, kind) in {(claim.effect, target.kind) for claim in claims(text) for target in claim.targets}


def test_reading_a_file_is_a_read():
    """`<` names what is read."""
    assert [target.value for claim in claims("cat < f") for target in claim.targets] == ["f"]


def test_an_unknown_target_is_asked_for_and_stays_unknown():
    """The variable is a question, and the target has no value meanwhile."""
    assert questions("ls > $OUT") == {("variable", "OUT"), ("variable", "IFS")}
    assert overwritten("ls > $OUT") == [None]
    assert overwritten("ls >& $OUT") == [None]


def test_a_redirection_happens_here_even_when_the_command_acts_elsewhere():
    """`ssh host ls > f` writes f on this machine."""
    statements = judge("ssh host ls > f").statements
    assert [(statement.verb, statement.place is None) for statement in statements] == [("ssh", False), (">", True)]


def test_here_documents_are_input_and_their_substitutions_run():
    """Unquoted ones expand; quoted ones are only text."""
    assert verbs("cat <<E\n$(date)\nE") == ["date", "cat"]
    assert verbs("cat <<'E'\n$(date)\nE") == ["cat"]
    assert verbs("cat <<\\E\n$(date)\nE") == ["cat"]


def test_tabs_are_stripped_where_the_dash_says_so():
    """`<<-` is how indented scripts are written."""
    assert [s.text for s in every(judge("bash <<-E\n\t\tls\n\tE"))][1] == "ls"


def test_file_names_may_be_partly_numbers_and_dates():
    """A time stamp cannot leave the directory: the rest of the name is known."""
    assert overwritten("ls > /tmp/x.$(date +%s)") == ["/tmp/x.[!/]*"]
    assert overwritten("ls > /tmp/x.$$") == ["/tmp/x.[0-9]*"]
    assert overwritten("ls > /srv/x.$(date +%D)") == [None]


def test_an_unknown_end_below_a_scratch_root_stays_there():
    """Nobody leaves /tmp by mistake; text that leads up again is another matter."""
    assert overwritten("ls > /tmp/x.$(date +%D)") == ["/tmp/x.*"]
    assert overwritten('ls > "/tmp/$NAME.txt"') == ["/tmp/*"]
    assert overwritten('ls > "/tmp/$NAME/../../etc/passwd"') == [None]
    assert overwritten('ls > "$DIR/tmp/x"') == [None]


def test_a_connection_over_which_nothing_is_said_is_a_test_of_it():
    """`echo >` sends an empty line; words, files and the terminal are something said."""
    for text in ("echo > /dev/tcp/h/80", ": > /dev/tcp/h/80", "cat < /dev/null > /dev/tcp/h/80", "</dev/tcp/h/80"):
        assert claims(text, Effect.WRITES) == []
    for text in (
        "echo x > /dev/tcp/h/80",
        "cat > /dev/tcp/h/80",
        "cat < x > /dev/tcp/h/80",
        "X=1 echo $X > /dev/tcp/h/80",
    ):
        assert claims(text, Effect.WRITES) != []


@pytest.mark.parametrize(
    "text", ['cat <&"${COPROC[0]}"', "cat <&$fd", "read -r x <&$fd", "exec 3<&$fd", "ls <&x", "exec 3<&-"]
)
def test_input_is_duplicated_from_descriptors_and_never_from_files(text):
    """`<&` of anything that is no number is an error of bash."""
    assert overwritten(text) == []
    assert {claim.effect for claim in claims(text)} <= {Effect.READS}


@pytest.mark.parametrize("text", ["ls >&$fd", 'ls >&"$x"', "ls 1>&$x"])
def test_output_to_an_unknown_word_may_be_a_file(text):
    """`>&WORD` is a file where the word is no number."""
    assert overwritten(text) == [None]
