"""The real guard in a real zsh: whatever way a destructive line comes, it is asked, and Esc keeps everything."""

from __future__ import annotations

import pytest

from tests.live import test_house_bash
from tests.live.house import plain_text
from tests.live.shared import adopt

pytestmark = [pytest.mark.live, pytest.mark.timeout(90)]

adopt(
    test_house_bash,
    globals(),
    without={
        "test_a_destructive_line_is_asked_and_esc_keeps_everything",
        "test_lines_that_history_leaves_out_are_asked",
        "test_a_construct_over_several_lines_is_asked",
        "test_no_setting_of_the_shell_lets_a_line_pass",
        "test_taking_the_hook_out_is_asked_and_noticed",
        "test_vi_mode_asks_in_both_modes",
        "test_what_a_program_reads_is_not_asked",
        "test_the_editor_key_brings_the_text_back_to_the_line",
        "test_a_line_put_into_the_history_is_asked_when_recalled",
        "test_exit_statuses_are_bashs_own",
        "test_completed_lines_are_asked_as_completed",
        "test_job_control_works",
        "test_a_shell_inside_is_guarded_again",
    },
)


@pytest.fixture(scope="module")
def house_shell():
    return "zsh"


@pytest.fixture(autouse=True)
def script(request):
    """A script that removes what is to be kept."""
    for name in ("shared", "house"):
        if name in request.fixturenames:
            (request.getfixturevalue(name).home / "kill.sh").write_text("rm -rf ~/victims\n")


OF_BASH = {
    "trap 'rm -rf ~/victims' DEBUG", "PROMPT_COMMAND='rm -rf ~/victims'", "PS1='$(rm -rf ~/victims)'", "fc -s",
    "shopt -s extdebug; rm -rf ~/victims", "function ls { rm -rf ~/victims; }; ls",
}  # fmt: skip
DESTRUCTIVE = [
    *(line for line in test_house_bash.DESTRUCTIVE if line not in OF_BASH),
    "rm -rf ~/victims/**/*(D)",
    "=rm -rf ~/victims",
    "noglob rm -rf ~/victims",
    "nocorrect rm -rf ~/victims",
    "- rm -rf ~/victims",
    "command rm -rf ~/victims",
    "repeat 1 rm -rf ~/victims",
    "repeat 1 { rm -rf ~/victims }",
    "for i (1 2) rm -rf ~/victims",
    "foreach i (1 2); rm -rf ~/victims; end",
    "while (true) { rm -rf ~/victims; break }",
    "() { rm -rf $1 } ~/victims",
    "f() rm -rf ~/victims; f",
    "{ true } always { rm -rf ~/victims }",
    ">! ~/victims/a",
    "print hi >| ~/victims/a",
    "print -r -- x &>! ~/victims/a",
    "rm =(print x) ~/victims/a",
    "D=(~/victims); rm -rf $D",
    "D=~/victims/a; rm -rf $D:h",
    "precmd() { rm -rf ~/victims }",
    "chpwd() { rm -rf ~/victims }; cd /",
    "TRAPINT() { rm -rf ~/victims }",
    "PROMPT='$(rm -rf ~/victims)'",
    "alias -g X='rm -rf ~/victims'; eval X",
    "autoload -Uz zsh/files; zmodload zsh/files; zf_rm -rf ~/victims",
    "zmodload zsh/sched; sched +00:00:01 rm -rf ~/victims",
    "emulate sh -c 'rm -rf ~/victims'",
    "ls ~/victims/*(e:'rm -rf ~/victims':)",
    "echo ${(e):-'$(rm -rf ~/victims)'}",
    "zle -N boom; boom() { rm -rf ~/victims }; r",
    "coproc rm -rf ~/victims",
    "rm -rf ~/victims &!",
    "rm -rf ~/victims &|",
    "zsh -c 'rm -rf ~/victims'",
    "zsh ~/kill.sh",
    "zsh -f",
    "bash -c 'rm -rf ~/victims'",
    "exec zsh -f",
]
CONTINUED = [
    *(typed for typed in test_house_bash.CONTINUED),
    ["foreach i (1 2)", "rm -rf ~/victims", "end"],
    ["while (true) {", "rm -rf ~/victims; break", "}"],
    ["() {", "rm -rf ~/victims", "}"],
]
QUIET = [
    "ls -la ~/victims/*(.)", "print -l ~/victims/**/*(N)", "echo $path[1] ${#path}", "for f (~/victims/*) echo $f:t", "repeat 2 echo hi",
    "[[ -d ~/victims ]] && echo yes", "typeset -A h; h=(a 1 b 2); echo ${(k)h}",     "echo ${(j:,:)${(s: :)${:-a b c}}}", "print -P '%~'", "ls ~/victims | wc -l", "echo =ls", "which ls; whence -v cd", "echo {1..3}",
    "x=5; (( x += 1 )); echo $x", "f() { echo $1 }; f hi", "echo $(ls ~/victims | head -1)", "history | tail -2", "cd -", "# a remark",
]  # fmt: skip


@pytest.mark.parametrize("text", DESTRUCTIVE)
def test_a_destructive_line_is_asked_and_esc_keeps_everything(shared, text):
    """Every spelling opens a question before anything runs, and after Esc nothing has."""
    shared.refuses(text)


@pytest.mark.parametrize("text", QUIET)
def test_a_reading_line_passes_silently(shared, text):
    """What only looks is not asked about, in zsh's own spellings too."""
    assert not shared.line(text), shared.text()


@pytest.mark.parametrize("typed", CONTINUED, ids=["; ".join(one) for one in CONTINUED])
def test_a_construct_over_several_lines_is_asked(shared, typed):
    """At the continuation prompt the whole construct counts; refused, it is broken off and the shell is at its prompt."""
    test_house_bash.test_a_construct_over_several_lines_is_asked(shared, typed)


def test_the_preview_counts_what_zsh_itself_matches(house):
    """Qualifiers, `**`, extended patterns under the person's own options: the files that zsh would remove, and no others."""
    (house.victims / ".hidden").write_text("x")
    assert not house.line("cd victims; alias -g XX=x")
    for text, wanted in (
        ("rm -rf ~/vic*(/)", "4 files in 2 directories"),
        ("rm *(.)", "2 files, 18 bytes: a, b c"),
        ("rm *(D.)", "3 files, 19 bytes: .hidden, a, b c"),
        ("rm **/*(.)", "3 files, 27 bytes: a, b c, sub/d"),
        ("rm -r ^a*", "there is nothing at ^a*"),
        ("rm nothing*(.)", "there is nothing at nothing*(.)"),
    ):
        assert house.line(text) == "full", house.text()
        assert wanted in " ".join(house.text().rpartition("does")[2].split()), house.text()
        house.no()
    assert not house.line("setopt extendedglob")
    assert house.line("rm -r ^a*") == "full"
    assert "2 files in 1 directory, 18 bytes: b c, sub" in " ".join(house.text().rpartition("does")[2].split())
    house.no()


def test_a_sharp_begins_no_comment_where_zsh_says_so(houses):
    """Without interactive_comments what stands behind `#` runs."""
    house = houses(rc="PROMPT='# '\nunsetopt prompt_sp\n")
    house.refuses("ls # ; rm -rf ~/victims")
    assert not house.line("setopt interactivecomments")
    assert not house.line("ls # ; rm -rf ~/victims")


def test_lines_that_history_leaves_out_are_asked(shared):
    """A leading space, and no history at all."""
    shared.refuses("  rm -rf ~/victims")
    assert not shared.line("HISTSIZE=0; setopt hist_no_store")
    shared.refuses("rm -rf ~/victims")
    assert not shared.line("HISTSIZE=1000; unsetopt hist_no_store")


@pytest.mark.parametrize(
    "setting",
    [
        "set -e", "set -u", "set -x", "setopt sh_word_split", "setopt ksh_arrays", "setopt glob_subst", "setopt rc_quotes", "IFS=r", "IFS=",
        "unsetopt banghist", "setopt no_multibyte", "unsetopt aliases", "setopt interactive_comments", "setopt extended_glob null_glob",
        "LC_ALL=C", "exec 2>&1", "print() { : }; kill() { : }; trap() { : }", "unsetopt zle", "emulate sh", "emulate ksh",
    ],
)  # fmt: skip
def test_no_setting_of_the_shell_lets_a_line_pass(houses, setting):
    """Options, IFS, locale, functions named like builtins: the line is asked and the shell lives."""
    house = houses()
    house.line(setting)
    while house.asked:
        house.answer("o")
    house.refuses("rm -rf ~/victims")
    house.send("echo al''ive\r").until(lambda: "\nalive" in plain_text(house.raw))
    if setting != "set -x":
        assert "__safeshell_" not in plain_text(house.raw)


@pytest.mark.parametrize(
    "setting",
    ["zle -D zle-line-finish", "unfunction -m '__safeshell_*'", "zle -N accept-line .accept-line", "unsetopt zle"],
)
def test_taking_the_hook_out_is_asked(house, setting):
    """It is a question, and no means that the hook stays."""
    assert house.line(setting)
    house.no()
    house.refuses("rm -rf ~/victims")


def test_vi_mode_asks_in_both_modes(house):
    """Enter in insert and in command mode, and a recalled line."""
    house.line("bindkey -v")
    house.refuses("rm -rf ~/victims")
    for keys in ("rm -rf ~/victims\x1b", "\x1bk"):
        since = len(house.raw)
        house.send(keys).rest(0.6)
        house.send("\r").prompt(since)
        test_house_bash.settle(house, house.asked)
    assert house.output("echo alive") == "alive"


def test_what_a_program_reads_is_not_asked(shared):
    """`vared` and a loop around `read` get their lines untouched; the next command line is asked again."""
    before = len(shared.audit())
    shared.send("x=; vared x\r").rest(0.3)
    shared.send("rm -rf ~/victims\r").rest(0.3)
    assert not shared.question()
    assert shared.output('echo "$x"') == "rm -rf ~/victims"
    shared.send("while read -r y; do echo got $y; done\r").rest(0.3)
    shared.send("rm -rf ~/victims\rshutdown\r\x04").rest(0.4)
    assert "got shutdown" in shared.text()
    assert len(shared.audit()) == before
    shared.refuses("rm -rf ~/victims")


def test_global_and_suffix_aliases_count(house):
    """An alias for any word, and one for what a command ends in, are what they stand for."""
    assert not house.line("alias -g V='| xargs rm -rf'; alias -s dead='rm -rf'; alias -g L='| cat'")
    house.refuses("ls -d ~/victims V")
    house.refuses("~/victims/../victims/x.dead ~/victims")
    assert house.output("echo one L") == "one"


def test_exit_statuses_are_zsh_s_own(shared):
    """$?, pipestatus and $_ right after allowed lines; a refused line leaves $? alone."""
    assert shared.output("false") == ""
    assert shared.status() == 1
    assert not shared.line("(exit 7)")
    assert shared.status() == 7
    assert not shared.line("true | false | (exit 3)")
    shared.line('echo "ps=$pipestatus"')
    assert "ps=0 1 3" in shared.text()
    shared.line("echo one last")
    shared.line('echo "under=$_"')
    assert "under=last" in shared.text()
    shared.line("(exit 9)")
    shared.refuses("rm -rf ~/victims")
    assert shared.status() == 9


@pytest.mark.parametrize("start", ["zsh", "exec zsh", "bash", "exec bash"])
def test_a_shell_inside_is_guarded_again(houses, start):
    """It is asked once whether to open it; a destructive line inside is asked as well."""
    test_house_bash.test_a_shell_inside_is_guarded_again(houses, start)
