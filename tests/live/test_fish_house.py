"""The real guard in a real fish: whatever way a destructive line comes, it is asked, and Esc keeps everything."""

from __future__ import annotations

import pytest

from tests.live import test_house_bash
from tests.live.house import plain_text
from tests.live.shared import adopt

pytestmark = [pytest.mark.live, pytest.mark.timeout(90)]

# Left out: what is spelled in bash's words; fish's spellings stand below.
adopt(
    test_house_bash,
    globals(),
    without={
        "test_a_destructive_line_is_asked_and_esc_keeps_everything",
        "test_every_accepting_key_asks",
        "test_history_expansion_is_asked_as_it_expands",
        "test_lines_that_history_leaves_out_are_asked",
        "test_a_construct_over_several_lines_is_asked",
        "test_no_setting_of_the_shell_lets_a_line_pass",
        "test_taking_the_hook_out_is_asked_and_noticed",
        "test_vi_mode_asks_in_both_modes",
        "test_what_a_program_reads_is_not_asked",
        "test_the_editor_key_brings_the_text_back_to_the_line",
        "test_a_line_put_into_the_history_is_asked_when_recalled",
        "test_exit_statuses_are_bashs_own",
        "test_aliases_functions_and_variables_of_the_session_count",
        "test_job_control_works",
        "test_a_shell_inside_is_guarded_again",
        "test_recalled_lines_are_asked",
    },
)

DESTRUCTIVE = [
    "rm -rf ~/victims",
    " rm -rf ~/victims",
    "true && rm -rf ~/victims",
    "true; and rm -rf ~/victims",
    "false; or rm -rf ~/victims",
    "not rm -rf ~/victims",
    "! rm -rf ~/victims",
    "ls ~/victims/a | xargs rm -rf",
    "begin; echo hi; end > ~/victims/a",
    "for i in 1 2; echo $i; end > ~/victims/a",
    "rm -rf ~/victims &",
    "begin; rm -rf ~/victims; end",
    "if true; rm -rf ~/victims; end",
    "while true; rm -rf ~/victims; break; end",
    "switch a; case a; rm -rf ~/victims; end",
    "source ~/kill.sh",
    ". ~/kill.sh",
    "source < ~/kill.sh",
    "cat ~/kill.sh | source",
    "fish ~/kill.sh",
    "fish -c 'rm -rf ~/victims'",
    "bash ~/kill.sh",
    "cat ~/kill.sh | bash",
    "bash -c 'rm -rf ~/victims'",
    "eval 'rm -rf ~/victims'",
    "eval rm -rf ~/victims",
    "trap 'rm -rf ~/victims' EXIT",
    "echo > ~/victims/a",
    "echo &> ~/victims/a",
    "set x (rm -rf ~/victims)",
    "echo $(rm -rf ~/victims)",
    'echo "$(rm -rf ~/victims)"',
    "cat (rm -rf ~/victims | psub)",
    r"\x72m -rf ~/victims",
    "r'm' -rf ~/victims",
    "find ~/victims -delete",
    "alias ls='rm -rf ~/victims'; ls",
    "function ls; rm -rf ~/victims; end; ls",
    "function f; rm -rf $argv; end; f ~/victims",
    "function f --on-event fish_prompt; rm -rf ~/victims; end",
    "function f --on-variable x; rm -rf ~/victims; end",
    "function fish_prompt; rm -rf ~/victims; end",
    "set D ~/victims; rm -rf $D",
    "set D ~/victims x; rm -rf $D[1]",
    "rm -rf $UNSET/*",
    "rm -rf {~/victims,x}",
    "cd ~/victims && rm -rf *",
    "command rm -rf ~/victims",
    "builtin eval 'rm -rf ~/victims'",
    "exec rm -rf ~/victims",
    "time rm -rf ~/victims",
    "env A=b rm -rf ~/victims",
    "A=b rm -rf ~/victims",
    "set c rm; $c -rf ~/victims",
    "bind \\cb 'rm -rf ~/victims'",
    "sudo sh",
    "su - -s /bin/sh",
    "shutdown -h now",
    "exec sh",
    "fish --no-config",
    "echo 'rm -rf ~/victims' | source",
    "string split ' ' 'rm -rf x' | source",
]
QUIET = [
    "ls -la ~/victims/*", "echo $PATH[1] (count $PATH)", "for f in ~/victims/*; echo $f; end", "test -d ~/victims; and echo yes",
    "string replace a b abc", "set -g x 5; math $x + 1", "function f; echo $argv; end; f hi", "echo (ls ~/victims | head -1)",
    "history | head -2", "cd -", "# a remark", "ls ~/victims | while read -l x; echo $x; end", "status is-interactive; and echo yes",
    "if test 1 -eq 1; echo yes; else; echo no; end", "echo {a,b}{1,2}", "type ls; functions f", "set_color red; echo hi; set_color normal",
    "switch (uname); case Linux; echo linux; case '*'; echo other; end", "ls", "ll", "la", "grep -c precious ~/victims/a", "prompt_pwd", "abbr --list",
    "begin; echo a; echo b; end | sort -r", "echo $status $pipestatus", "not false; echo hi", "set -q HOME; or echo none",
]  # fmt: skip
CONTINUED = [
    ["for i in 1", "rm -rf ~/victims", "end"],
    ["while true", "rm -rf ~/victims; break", "end"],
    ["if true", "rm -rf ~/victims", "end"],
    ["echo 'a", "b'; rm -rf ~/victims"],
    ["rm -rf \\", "~/victims"],
    ["true &&", "rm -rf ~/victims"],
    ["echo ~/victims |", "xargs rm -rf"],
    ["function f", "rm -rf ~/victims", "end; f"],
    ["begin", "rm -rf ~/victims", "end"],
    ["echo (", "rm -rf ~/victims", ")"],
]


@pytest.fixture(scope="module")
def house_shell():
    return "fish"


@pytest.fixture(autouse=True)
def script(request):
    """A script that removes what is to be kept."""
    for name in ("shared", "house"):
        if name in request.fixturenames:
            (request.getfixturevalue(name).home / "kill.sh").write_text("rm -rf ~/victims\n")


@pytest.mark.parametrize("text", DESTRUCTIVE)
def test_a_destructive_line_is_asked_and_esc_keeps_everything(shared, text):
    """Every spelling opens a question before anything runs, and after Esc nothing has."""
    shared.refuses(text)


@pytest.mark.parametrize("text", QUIET)
def test_a_reading_line_passes_silently(shared, text):
    """What only looks is not asked about, in fish's own spellings too."""
    assert not shared.line(text), shared.text()


@pytest.mark.parametrize("key", ["\r", "\n"], ids=["enter", "c-j"])
def test_every_accepting_key_asks(shared, key):
    """Enter and Ctrl-J."""
    shared.refuses("rm -rf ~/victims", key=key)


@pytest.mark.parametrize("typed", CONTINUED, ids=["; ".join(one) for one in CONTINUED])
def test_a_construct_over_several_lines_is_asked(shared, typed):
    """fish keeps it in one buffer: nothing is asked before its end, and then all of it."""
    for part in typed[:-1]:
        shared.send(part + "\r").rest(0.1)
        assert not shared.question()
    since = len(shared.raw)
    shared.send(typed[-1] + "\r").prompt(since)
    test_house_bash.settle(shared, shared.asked)
    assert shared.output("echo alive") == "alive"


def test_recalled_lines_are_asked(shared):
    """Up brings the refused line back, as it was typed, and it is asked again."""
    shared.refuses("rm -rf ~/victims")
    since = len(shared.raw)
    shared.send("\x1b[A").until(lambda: "rm -rf ~/victims" in shared.lines()[shared.display.cursor.y])
    shared.send("\r").prompt(since)
    test_house_bash.settle(shared, shared.asked)


def test_abbreviations_are_asked_as_they_expand(houses):
    """Those that fish would expand at Enter: plain ones, anywhere, by pattern and by function; a word that is none stays."""
    rc = """set -g fish_greeting
function fish_prompt; echo -n '# '; end
function fish_title; end
function expand_it; echo "rm -rf ~/victims"; end
abbr -a zz 'rm -rf ~/victims'
abbr -a --position anywhere zv ~/victims
abbr -a zr --regex 'z[0-9]+' --function expand_it
abbr -a zy zz
abbr -a ls ls -d
"""
    house = houses(rc=rc)
    for text in ("zz", "rm -rf zv", "z12", "true; zz"):
        house.refuses(text)
    house.line("zy")
    if house.asked:
        house.no()
    assert house.intact()
    assert house.output("echo zz") == "zz"
    assert not house.line("ls")


def test_functions_and_variables_of_the_session_count(house):
    """Earlier lines decide what a later one does."""
    assert not house.line("function wipe; rm -rf $argv; end")
    house.refuses("wipe ~/victims")
    assert not house.line("alias gone='rm -rf'")
    house.refuses("gone ~/victims")
    for setting, text in (
        ("set D ~/victims", "rm -rf $D"),
        ("set D /", "rm -rf $D"),
        ("set -e D", "rm -rf $D/*"),
        ("set D a b", "rm -rf ~/victims/$D"),
        ("cd ~/victims", "rm a"),
        ("cd sub", "rm ../a"),
        ("cd ..", "echo > a"),
    ):
        assert not house.line(setting), house.text()
        house.refuses(text)


def test_a_function_file_of_the_person_is_read(houses):
    """A function that fish loads by itself from the person's directory is judged by its text."""
    house = houses()
    place = house.folder / "config/fish/functions"
    place.mkdir(parents=True, exist_ok=True)
    (place / "tidyup.fish").write_text("function tidyup; rm -rf ~/victims; end\n")
    house.refuses("tidyup")


@pytest.mark.parametrize(
    "setting", ["bind \\r execute", "bind -e \\r", "functions -e __safeshell_enter", "set -g __safeshell_base /x"]
)
def test_taking_the_hook_out_is_asked(house, setting):
    """It is a question, and no means that the hook stays."""
    assert house.line(setting)
    house.no()
    house.refuses("rm -rf ~/victims")


def test_keys_bound_at_the_start_come_back_to_the_guard(houses):
    """fish_user_key_bindings that take Enter are undone at the first prompt."""
    rc = """set -g fish_greeting
function fish_prompt; echo -n '# '; end
function fish_title; end
function fish_user_key_bindings; bind \\r execute; bind \\n execute; bind -M insert \\r execute; end
"""
    house = houses(rc=rc)
    house.refuses("rm -rf ~/victims")
    house.refuses("rm -rf ~/victims", key="\n")


def test_vi_mode_asks_in_both_modes(house):
    """Enter in insert and in command mode, and a recalled line."""
    assert not house.line("fish_vi_key_bindings")
    house.refuses("rm -rf ~/victims")
    for keys in ("rm -rf ~/victims\x1b", "\x1bk"):
        since = len(house.raw)
        house.send(keys).rest(0.8)
        house.send("\r").prompt(since)
        test_house_bash.settle(house, house.asked)
    house.send("i").rest(0.2)
    assert house.output("echo alive").splitlines()[0] == "alive"  # fish's own sign of the mode may follow


def test_what_a_program_reads_is_not_asked(shared):
    """`read` gets its line untouched; the next command line is asked again."""
    before = len(shared.audit())
    shared.send("read x\r").rest(0.4)
    shared.send("rm -rf ~/victims\r").rest(0.4)
    assert not shared.question()
    assert shared.output("echo $x") == "rm -rf ~/victims"
    assert len(shared.audit()) == before
    shared.refuses("rm -rf ~/victims")


def test_exit_statuses_are_fish_s_own(shared):
    """$status and $pipestatus right after allowed lines; a refused line leaves $status alone."""
    assert shared.output("false") == ""
    assert shared.status() == 1
    assert not shared.line("fish -N -c 'exit 7'") or shared.no()
    assert not shared.line("true | false | sh -c 'exit 3'")
    shared.line('echo "ps=$pipestatus"')
    assert "ps=0 1 3" in shared.text()
    assert not shared.line("sh -c 'exit 9'")
    shared.refuses("rm -rf ~/victims")
    assert shared.status() == 9


def test_job_control_works(shared):
    """Ctrl-Z, jobs, fg, bg, &, Ctrl-C at the prompt and while something runs."""
    shared.send("sleep 30\r").rest(0.4)
    since = len(shared.raw)
    shared.send("\x1a").prompt(since)
    assert "stopped" in shared.text().lower()
    assert not shared.line("bg")
    assert not shared.line("jobs")
    assert "running" in shared.text()
    shared.send("fg\r").rest(0.4)
    since = len(shared.raw)
    shared.send("\x03").prompt(since)
    shared.send("sleep 30\r").rest(0.4)
    since = len(shared.raw)
    shared.send("\x03").prompt(since)
    assert shared.status() == 130
    shared.send("half a li").rest(0.2)
    shared.send("\x03").rest(0.3)
    assert shared.output("echo alive") == "alive"


@pytest.mark.parametrize("start", ["fish", "exec fish", "bash", "zsh"])
def test_a_shell_inside_is_guarded_again(houses, start):
    """It is asked once whether to open it; a destructive line inside is asked as well."""
    house = houses()
    (house.home / ".zshrc").write_text("PROMPT='# '\nunsetopt prompt_sp\n")
    test_house_bash.test_a_shell_inside_is_guarded_again(lambda: house, start)


@pytest.mark.parametrize("outer", ["bash", "zsh"])
def test_a_fish_inside_another_shell_is_guarded(houses, outer):
    """fish finds its hook when it is started from a guarded bash or zsh."""
    house = houses(shell=outer)
    (house.folder / "config/fish").mkdir(parents=True)
    (house.folder / "config/fish/config.fish").write_text(
        "set -g fish_greeting\nfunction fish_prompt; echo -n '# '; end\nfunction fish_title; end\n"
    )
    test_house_bash.test_a_shell_inside_is_guarded_again(lambda: house, "fish")
    assert "SAFESHELL_DATA_DIRS" not in plain_text(house.raw)
