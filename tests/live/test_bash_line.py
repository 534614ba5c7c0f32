"""The line hook in a real bash: what Enter, Ctrl-J, Ctrl-O, recall, paste and edit submit is judged."""

import time
from pathlib import Path

import pyte
import pytest

from tests.live.conftest import TITLE

pytestmark = [pytest.mark.live, pytest.mark.timeout(60)]


def test_a_harmless_line_runs_untouched(shell):
    """A released line runs as typed, and the next prompt shows the segment."""
    assert shell.output("echo one  two") == "one two"
    assert shell.texts() == ["echo one  two"]


def test_a_refused_line_does_not_run_and_is_in_the_history(shell):
    """The refused text is told, nothing of it ran, and the history holds it and everything before it."""
    shell.line("echo before")
    shell.line("touch made; : deny")
    assert not (shell.home / "made").exists()
    history = shell.output("history")
    assert "echo before" in history
    assert "touch made; : deny" in history


@pytest.mark.parametrize("key", ["\r", "\n", "\x0f"])
def test_every_accepting_key_asks(shell, key):
    """Enter, Ctrl-J and Ctrl-O all ask."""
    shell.pty.send("touch made; : deny" + key)
    shell.wait_for(lambda: shell.texts() == ["touch made; : deny"])
    shell.prompt()
    assert not (shell.home / "made").exists()
    assert shell.output("echo alive") == "alive"


def test_ctrl_r_recall_asks(shell):
    """A line found by incremental search is judged as it is executed."""
    shell.line("deny touch made")
    shell.pty.send("\x12touch\r")
    shell.wait_for(lambda: len(shell.texts()) == 2)
    assert shell.texts()[1] == "deny touch made"


def test_arrow_recall_and_editing_ask_for_the_result(shell):
    """What is on the line counts, not the keys that were pressed."""
    shell.line("echo safe")
    shell.pty.send("\x1b[A\x7f\x7f\x7f\x7fdeny\r")
    shell.prompt()
    assert shell.texts()[1] == "echo deny"


@pytest.mark.parametrize("control", ["ignorespace", "ignoreboth", "ignoredups", "erasedups"])
def test_history_control_hides_nothing_from_the_judge(start, control):
    """Lines that the history leaves out are asked about all the same."""
    shell = start(rc=f"PS1='P> '\nHISTCONTROL={control}\n")
    shell.prompt()
    shell.line(" touch made; : deny")
    shell.line(" touch made; : deny")
    assert not (shell.home / "made").exists()
    assert shell.texts() == [" touch made; : deny"] * 2


@pytest.mark.parametrize("recall", ["!!", "!:0 made; : de''ny", "!touch", "^xx^made"])
def test_history_expansion_is_judged_expanded(shell, recall):
    """`!!` and friends are expanded before the question, and what is judged is what runs."""
    shell.line("touch xx; : d")
    shell.line(recall)
    judged = shell.texts()[1]
    assert "!" not in judged
    assert "^" not in judged
    assert judged.startswith("touch ")


def test_a_refused_line_recalled_by_bang_bang_is_refused_again(shell):
    """`!!` after a refusal means the refused text."""
    shell.line("touch made; : deny")
    shell.line("!!")
    assert shell.texts() == ["touch made; : deny"] * 2
    assert not (shell.home / "made").exists()


def test_an_unknown_event_runs_nothing(shell):
    """`!nothing` fails in bash as always."""
    shell.pty.send("touch made; !nothing_like_this\r")
    assert "event not found" in shell.settle()
    assert not (shell.home / "made").exists()


def test_an_expanded_line_is_not_expanded_again(shell):
    """A bang that came out of an expansion stays what was judged; history expansion is on afterwards."""
    shell.line("echo 'a!b'")
    assert shell.output("!!").endswith("a!b")
    assert shell.texts()[1] == "echo 'a!b'"
    assert "H" in shell.output("echo $-")


def test_completion_works_and_its_result_is_judged(shell):
    """Tab completes silently; the completed line is asked about."""
    (shell.home / "verylongname").write_text("x")
    shell.pty.send("cat verylo\t")
    shell.pty.expect("ngname")
    shell.pty.send("\r")
    shell.prompt()
    assert shell.texts() == ["cat verylongname "]


def test_a_bracketed_paste_is_one_text(shell):
    """A destructive line in the middle of a bracketed paste refuses all of it."""
    shell.pty.send("\x1b[200~touch a\ntouch b; : deny\ntouch c\x1b[201~\r")
    shell.wait_for(lambda: shell.texts() == ["touch a\ntouch b; : deny\ntouch c"])
    shell.prompt()
    assert shell.output("ls") == ""


def test_a_released_bracketed_paste_runs_every_line(shell):
    """All lines of a released paste run, each once, without further questions."""
    shell.pty.send("\x1b[200~echo a1\necho b2\necho c3\x1b[201~\r")
    shown = shell.settle().replace("\r", "").replace("P> ", "").replace("[PROD web-3 ro] ", "")
    assert "\na1\nb2\nc3\n" in shown
    shell.line("echo done")
    assert shell.texts() == ["echo a1\necho b2\necho c3", "echo done"]
    assert shell.texts("backstop") == []


def test_the_rest_of_a_plain_paste_is_dropped_after_a_refusal(shell):
    """Without bracketed paste the lines come one by one: after the refused one nothing runs."""
    shell.pty.send("touch a\rtouch b; : deny\rtouch c\rtouch d\r")
    shell.pty.expect("was dropped")
    shell.settle()
    assert shell.output("echo still here").endswith("still here")
    assert sorted(path.name for path in shell.home.iterdir() if path.name in "abcd") == ["a"]


@pytest.mark.parametrize("rc", ["PS1='P> '\n", "PS1='first line\\nP> '\n", "PS1='\\[\\e[1m\\]P> \\[\\e[0m\\]'\n"])
def test_a_refused_line_leaves_no_empty_prompt(start, rc):
    """Between the refusal and the next prompt stands no line."""
    shell = start(rc=rc)
    screen = pyte.Screen(80, 24)
    screen.reset_mode(pyte.modes.LNM)
    stream = pyte.ByteStream(screen)

    def show(text: str) -> list[str]:
        if text:
            shell.pty.send(text + "\r")
        shell.pty.expect(TITLE)
        said = shell.pty.before + shell.pty.after
        shell.pty.expect_exact("P> ")
        stream.feed((said + shell.pty.before + shell.pty.after).encode("utf-8", "surrogateescape"))
        return [row.rstrip() for row in screen.display if row.strip()]

    show("")
    for word in ("one", "two"):
        rows = show(f": deny {word}")
        at = rows.index(f"safeshell: refused: : deny {word}")
        assert [row for row in rows[at + 1 :] if row.endswith("P>")] == [rows[-1]]
        assert len(rows[at + 1 :]) == (2 if "first" in rc else 1)
    assert "safeshell: refused: : deny one" in rows


def test_what_is_typed_while_a_line_is_judged_is_kept(shell):
    """3,000 bytes typed before the verdict reach the program that was released, all of them and in order."""
    shell.pty.send("cat >typed # tarry\r")
    shell.wait_for(lambda: [event for event in shell.events("asked") if "tarry" in event["text"]])
    lines = "".join(f"line {number:03} of what was typed ahead.\n" for number in range(100))
    shell.pty.send(lines)
    Path(f"{shell.logfile}.go").touch()
    shell.wait_for(lambda: (shell.home / "typed").exists() and len((shell.home / "typed").read_text()) >= len(lines))
    shell.pty.send("\x04")
    shell.prompt()
    assert len(lines) > 3000
    assert (shell.home / "typed").read_text() == lines


def test_type_ahead_while_a_program_runs_meets_the_same_law(shell):
    """Lines typed ahead are asked one by one; after a refused one the others are not run."""
    shell.pty.send("sleep 0.7\r")
    shell.wait_for(lambda: shell.texts() == ["sleep 0.7"])
    time.sleep(0.2)
    shell.pty.send("touch b; : deny\rtouch c\r")
    time.sleep(1.5)
    shell.line("")
    assert not (shell.home / "c").exists()
    assert not (shell.home / "b").exists()


def test_continuation_lines_are_judged_as_one_construct(shell):
    """PS2 fragments come as all the text so far; the complete construct is judged whole."""
    shell.pty.send("for i in 1 2\r")
    shell.wait_for(lambda: len(shell.texts()) == 1)
    shell.pty.send("do echo n$i\r")
    shell.wait_for(lambda: len(shell.texts()) == 2)
    assert shell.output("done").endswith("n1\nn2")
    assert shell.texts()[-1] == "for i in 1 2\ndo echo n$i\ndone"


@pytest.mark.parametrize(
    "first", ["{ touch made", "touch made \\", "cat >made <<''", "if touch made", "touch made &&", "echo 'x"]
)
def test_a_refused_construct_runs_none_of_its_parts(shell, first):
    """Refusing the last fragment breaks the construct off, whatever it waits for."""
    shell.pty.send(first + "\r")
    shell.wait_for(lambda: len(shell.texts()) == 1)
    shell.pty.send(": deny\r")
    shell.wait_for(lambda: len(shell.texts()) == 2)
    shell.settle()
    assert shell.output("echo again").endswith("again")
    assert not (shell.home / "made").exists()
    assert shell.texts() == [first, first + "\n: deny", "echo again"]


def test_here_documents_are_judged_with_their_text(shell):
    """The body of a here-document is part of the judged text."""
    shell.pty.send("cat <<EOF\r")
    shell.wait_for(lambda: len(shell.texts()) == 1)
    shell.pty.send("body\r")
    shell.wait_for(lambda: len(shell.texts()) == 2)
    assert shell.output("EOF").endswith("body")
    assert shell.texts()[-1] == "cat <<EOF\nbody\nEOF"


def test_vi_mode_asks(start):
    """In vi mode Enter asks from insert and from command mode."""
    shell = start(rc="PS1='P> '\nset -o vi\n")
    shell.prompt()
    shell.line("touch made; : deny")
    shell.pty.send("touch made; : deny\x1b")
    time.sleep(0.8)
    shell.pty.send("\r")
    shell.wait_for(lambda: len(shell.texts()) == 2)
    shell.prompt()
    assert not (shell.home / "made").exists()
    assert shell.output("echo alive") == "alive"


def test_the_editor_brings_its_text_back_to_the_line(start):
    """C-x C-e edits; nothing runs before Enter asked."""
    shell = start(EDITOR="sed -i s/x/deny/")
    shell.prompt()
    shell.pty.send("touch made; : x\x18\x05")
    shell.pty.expect("touch made; : deny")
    assert shell.texts() == []
    shell.pty.send("\r")
    shell.prompt()
    assert shell.texts() == ["touch made; : deny"]
    assert not (shell.home / "made").exists()


def test_programs_with_their_own_line_editor_are_left_alone(shell):
    """`read -e` and `select` read what is typed, unasked, bangs and all."""
    shell.pty.send("read -e -p 'ask ' answer\r")
    shell.pty.expect("ask ")
    shell.wait_for(lambda: len(shell.texts()) == 1)
    time.sleep(0.3)
    shell.line("deny !! me")
    assert shell.output('echo "<$answer>"') == "<deny !! me>"
    assert len(shell.texts()) == 2


def test_long_lines_and_bytes_that_are_no_utf8(shell):
    """6,000 characters arrive whole; Latin-1 bytes reach the judge as they are."""
    long = "echo " + "x" * 6000
    shell.pty.send(long + "\r")
    shell.wait_for(lambda: bool(shell.texts()))
    assert shell.texts()[0] == long
    shell.prompt()


def test_eight_bit_bytes_reach_the_judge(start):
    """A line of Latin-1 bytes is judged byte for byte."""
    shell = start(LANG="C", LC_ALL="C")
    shell.prompt()
    shell.pty.send("echo '\udce9\udcff'\r")
    shell.wait_for(lambda: bool(shell.texts()))
    assert shell.texts()[0] == "echo '\udce9\udcff'"


def test_comments_and_empty_lines(shell):
    """Empty lines are not asked about; a comment leaves no continuation behind."""
    shell.line("")
    shell.line("   ")
    shell.line("# a remark")
    shell.line("echo x")
    assert shell.texts() == ["# a remark", "echo x"]
    assert not any(event["continued"] for event in shell.events("judge"))


def test_the_shell_answers_questions(shell):
    """Variables (not only exported ones), aliases and functions come on request; what is missing is None."""
    shell.line("D='/var/x y'; alias ll='ls -l'; greet() { echo hi; }")
    shell.line("echo ask_shell")
    answers = shell.events("judge")[-1]["answers"]
    assert answers["variable D"] == "/var/x y"
    assert answers["alias ll"] == "ls -l"
    assert "echo hi" in answers["function greet"]
    assert answers["variable 1"] is None
    assert shell.events("judge")[-1]["aliases"] == ["ll"]
    assert "greet" in shell.events("judge")[-1]["functions"]  # beside those that lead to the guarded clients


def test_a_judge_that_fails_means_no(shell):
    """An exception while judging refuses the line, and the shell lives on."""
    assert "judging this line failed" in shell.line("touch made; : boom")
    assert not (shell.home / "made").exists()
    assert shell.output("echo alive").endswith("alive")
