"""`safeshell check`, run as the command that editors, CI and agents run."""

from __future__ import annotations

import json
import os
import subprocess
import time

import pytest

from tests.cli.conftest import ENTRY

APPROVAL = "version: 1\ndemands: {production: {destroys_data: approval, halts_host: deny}}\n"
BROKEN = "version: 1\nenvironments:\n  - {name: x, teir: production}\n"


@pytest.mark.parametrize(
    ("text", "code", "word"),
    [
        ("ls -la /srv", 0, "allow: "),
        ("touch /srv/x", 3, "one key: "),
        ("mkfs.ext4 /dev/sda1", 4, "approval: "),
        ("shutdown -h now", 5, "deny: "),
        ("if true", 3, "full dialog: "),
    ],
)
def test_the_exit_code_tells_the_verdict(person, text, code, word):
    """0 allow, 3 confirm, 4 approval, 5 deny; the words say the same, with tier, place and mode."""
    config = str(person.write("strict.yaml", APPROVAL))
    done = person.run("check", "--tier", "production", "--config", config, "--", text)
    assert (done.returncode, done.stderr) == (code, "")
    first = done.stdout.splitlines()[0]
    assert first.startswith(word)
    assert first.endswith(", read-only]")
    assert "[PROD " in first


@pytest.mark.parametrize(
    "words",
    [
        ("--tier", "moon", "--", "ls"),
        ("--mode", "maybe", "--", "ls"),
        ("--language", "cobol", "--", "ls"),
        ("no-such-file",),
        ("--nonsense",),
    ],
)
def test_wrong_usage_is_exit_2_and_says_what_is_wrong(person, words):
    """Nothing is judged, and nothing stands on standard output."""
    done = person.run("check", *words)
    assert done.returncode == 2
    assert done.stdout == ""
    assert words[-1] in done.stderr or words[1] in done.stderr


def test_a_broken_configuration_is_told_and_the_strictest_policy_judges(person):
    """File, line, column and what was expected; exit 2 whatever the verdict; nothing becomes more lenient."""
    config = str(person.write("broken.yaml", BROKEN))
    done = person.run("check", "--config", config, "--json", "--", "touch x")
    assert done.returncode == 2
    assert f"{config}:3:15: unknown key teir" in done.stderr
    assert "expected one of name, tier, match, labels" in done.stderr
    assert json.loads(done.stdout)["demand"] == "confirm"
    assert person.run("check", "--", "touch x").returncode == 0
    assert person.run("check", "--config", config, "--", "ls").returncode == 2
    assert person.run("check", "--config", str(person.home / "none.yaml"), "--", "ls").returncode == 2


def test_a_script_counts_as_its_strictest_statement(person):
    """The deletion in line 2 decides, not the reads around it."""
    script = person.write("deploy.sh", "ls /srv\nrm -rf /srv/data\nls /srv\n")
    assert person.run("check", "--tier", "production", str(script)).returncode == 3
    script.write_text("ls /srv\ncat /etc/hosts\n")
    assert person.run("check", "--tier", "production", str(script)).returncode == 0


def test_a_text_may_come_on_standard_input(person):
    """With - as the FILE, and with no FILE at all where standard input is no terminal."""
    for words in (("-",), ()):
        assert person.run("check", "--tier", "production", *words, stdin="rm -rf /srv/data\n").returncode == 3


def test_several_words_after_the_dashes_are_one_command(person):
    """They keep their borders: a blank inside a word is no border, and a star is a literal star."""
    done = person.run("check", "--json", "--tier", "production", "--", "rm", "-r", "a b")
    assert json.loads(done.stdout)["text"] == "rm -r 'a b'"
    assert json.loads(done.stdout)["findings"][0]["words"] == ["'a b'"]


@pytest.mark.parametrize(
    ("language", "text", "code"),
    [
        ("postgres", "SELECT 1", 0),
        ("postgres", "DELETE FROM orders", 3),
        ("mysql", "SELECT 1", 0),
        ("mysql", "SELECT /*! 1 */ 1", 3),
        ("redis", "GET a", 0),
        ("redis", "FLUSHALL", 3),
        ("zsh", "print -l **/*(.om[1,3])", 0),
        ("zsh", "rm -rf /srv/*(/)", 3),
        ("fish", "begin; ls; end", 0),
        ("fish", "begin; rm -rf /srv; end", 3),
    ],
)
def test_languages(person, language, text, code):
    """Each is read by its own rules."""
    assert person.run("check", "--language", language, "--tier", "production", "--", text).returncode == code


@pytest.mark.parametrize(
    ("text", "by_tier"),
    [
        ("touch /srv/x", {"production": 3, "unknown": 3, "staging": 0, "development": 0}),
        ("rm -rf /srv/x", {"production": 3, "unknown": 3, "staging": 3, "development": 3}),
        ("systemctl stop nginx", {"production": 3, "unknown": 3, "staging": 3, "development": 0}),
        ("cat /etc/hosts", {"production": 0, "unknown": 0, "staging": 0, "development": 0}),
    ],
)
def test_tiers(person, text, by_tier):
    """The table of demands, from outside."""
    found = {tier: person.run("check", "--tier", tier, "--", text).returncode for tier in by_tier}
    assert found == by_tier


def test_the_mode_decides_about_plain_writes_only(person):
    """Unlocked, a write passes in production; what destroys is asked about all the same."""
    words = ("check", "--tier", "production", "--mode", "rw", "--")
    assert person.run(*words, "touch /srv/x").returncode == 0
    assert person.run(*words, "rm -rf /srv/x").returncode == 3


def test_safeshell_tier_counts_where_no_tier_is_given(person):
    """As it does for a session."""
    done = person.run("check", "--", "touch /srv/x", SAFESHELL_TIER="production")
    assert done.returncode == 3
    assert "[PROD " in done.stdout


def test_only_here_lets_the_directory_and_its_files_count(person):
    """A new file in one's own home is scratch; a variable of the environment is known; without --here neither is."""
    words = ("check", "--tier", "production")
    assert person.run(*words, "--", "touch fresh").returncode == 3
    assert person.run(*words, "--here", "--", "touch fresh").returncode == 0
    blind = json.loads(person.run(*words, "--json", "--", 'rm -r "$WHERE"', WHERE="/srv/a").stdout)
    assert blind["findings"][0]["unbounded"] is True
    seen = json.loads(person.run(*words, "--json", "--here", "--", 'rm -r "$WHERE"', WHERE="/srv/a").stdout)
    assert "unbounded" not in seen["findings"][0]


def test_nothing_is_run_or_written(person):
    """What is judged stays as it is, and no audit comes into being."""
    person.write("data/file", "x")
    person.run("check", "--here", "--", "rm -rf data; touch made; $(touch made)")
    assert sorted(path.name for path in person.home.iterdir() if path.name != ".local") == ["data"]
    assert (person.home / "data/file").exists()
    assert not list(person.home.rglob("*.jsonl"))


def test_json_holds_what_a_caller_needs(person):
    """The contract: text, demand, question, effects, understood, findings."""
    found = json.loads(person.run("check", "--json", "--tier", "production", "--", "rm -rf /srv/x").stdout)
    finding = found.pop("findings")[0]
    assert found == {
        "text": "rm -rf /srv/x",
        "demand": "confirm",
        "question": "full",
        "effects": ["destroys_data"],
        "understood": True,
    }
    assert (finding["effect"], finding["tier"], finding["words"]) == ("destroys_data", "production", ["/srv/x"])
    assert finding["reason"]
    assert finding["rule"] == "coreutils.rm.files"


def test_jsonl_answers_in_order_and_a_bad_line_gives_an_error(person):
    """Exit 2 then; the good lines are answered all the same."""
    lines = [
        '{"text": "ls", "tier": "production"}',
        "no json",
        '{"text": "touch /srv/x", "tier": "production", "mode": "rw"}',
        '{"text": "DELETE FROM a", "language": "postgres", "tier": "production"}',
        '{"text": "ls", "tier": "moon"}',
        "[]",
        '{"text": 1}',
        '{"text": "if true", "tier": "development"}',
    ]
    done = person.run("check", "--jsonl", stdin="\n".join(lines) + "\n")
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.returncode == 2
    assert [answer.get("question", "error") for answer in answers] == [
        "none", "error", "none", "full", "error", "error", "error", "key",
    ]  # fmt: skip
    assert ["error" in answer for answer in answers] == [i in (1, 4, 5, 6) for i in range(8)]
    assert "'moon' is none of" in answers[4]["error"]
    assert answers[7]["understood"] is False


def test_jsonl_exits_0_when_all_lines_were_answered(person):
    """Whatever the answers are, and also when the last line has no line end."""
    done = person.run("check", "--jsonl", "--tier", "production", stdin='{"text": "rm -rf /srv"}\n\n{"text": "ls"}')
    assert done.returncode == 0
    assert [json.loads(line)["demand"] for line in done.stdout.splitlines()] == ["confirm", "allow"]


def test_jsonl_judges_many_lines_together_exactly_as_one_by_one(person):
    """Lines that are parsed in one go, nested shells among them, get the verdicts that they get alone."""
    texts = [
        "for f in *; do rm $f; done",
        "bash -c 'rm -rf /srv; ls'",
        "ls | (cat)",
        "echo $(uptime)",
        "if",
        "x=$(rm a)",
    ]
    batch = "".join(json.dumps({"text": text, "tier": "production"}) + "\n" for text in texts)
    together = [json.loads(line) for line in person.run("check", "--jsonl", stdin=batch).stdout.splitlines()]
    alone = [json.loads(person.run("check", "--json", "--tier", "production", "--", text).stdout) for text in texts]
    assert together == alone


def test_jsonl_answers_each_line_at_once(person):
    """A caller may wait for every answer before it sends the next line."""
    with subprocess.Popen(
        [*ENTRY, "check", "--jsonl"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=person.environ, cwd=person.home
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        os.set_blocking(process.stdout.fileno(), False)
        for text in ("ls", "touch /srv/a", "for f in a; do ls $f; done"):
            process.stdin.write(json.dumps({"text": text}).encode() + b"\n")
            process.stdin.flush()
            deadline, answer = time.monotonic() + 15, None
            while answer is None and time.monotonic() < deadline:
                answer = process.stdout.read()
                time.sleep(0.01)
            assert answer is not None
            assert json.loads(answer)["text"] == text
        process.stdin.close()
        assert process.wait(10) == 0


def test_a_reader_that_goes_away_is_no_traceback(person):
    """`safeshell check --jsonl | head -1`."""
    lines = '{"text": "ls"}\n' * 5000
    argv = ["bash", "-c", '"$@" check --jsonl | head -1', "-", *ENTRY]
    done = subprocess.run(
        argv, input=lines, capture_output=True, text=True, timeout=60, check=False, env=person.environ, cwd=person.home
    )
    assert json.loads(done.stdout)["demand"] == "allow"
    assert done.stderr == ""
