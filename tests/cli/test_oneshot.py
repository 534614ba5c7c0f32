"""`safeshell -c TEXT`: judged as a whole, then run by bash, with and without somebody to ask."""

from __future__ import annotations

import json
import signal
import subprocess
import time

import pytest

from tests.cli.conftest import ENTRY


def waiting(operator) -> list[dict]:
    return [json.loads(line) for line in operator.run("requests", "--json").stdout.splitlines()]


def refused_id(done) -> str:
    """The id that a refusal names, twice: to confirm it, and to use it."""
    assert done.returncode == 126
    last = done.stderr.splitlines()[-1]
    assert last.startswith("safeshell: refused: ")
    id_ = last.split("safeshell approve --own ")[1].split(",")[0]
    assert last.endswith(f"safeshell approve --own {id_}, then run again with --guard-confirm {id_}")
    return id_


def confirm(operator, id_: str) -> None:
    terminal = operator.terminal("approve", "--own", id_).until("to run it, Esc to cancel:").rest(0.3)
    terminal.send(terminal.challenge()).rest(0.2).send("\r")
    assert terminal.end() == 0


def events(operator) -> list[dict]:
    logs = sorted((operator.home / ".local/state/safeshell/audit").glob("*.jsonl"))
    return [json.loads(line) for log in logs for line in log.read_text().splitlines()]


def test_what_only_reads_runs_with_its_own_words_output_and_status(operator):
    """$0 and $1 come after the text, standard input is the text's, the exit status passes through."""
    done = operator.run("-c", 'echo "$0 $1"; cat; exit 7', "zero", "one", stdin="fed\n")
    assert (done.returncode, done.stdout, done.stderr) == (7, "zero one\nfed\n", "")


def test_as_a_login_shell(operator):
    """`-lc`, as remote tools spell it, reads the profile."""
    operator.write(".profile", "WHO=profile\n")
    assert operator.run("-lc", "echo $WHO").stdout == "profile\n"
    assert operator.run("-c", "echo $WHO").stdout == "\n"


def test_a_text_that_reads_dies_of_the_signal_that_bash_dies_of(operator):
    """Nothing stands between: the text's shell takes our place."""
    code = "import os,sys; os.execvp(sys.argv[1], sys.argv[1:])"
    done = subprocess.run(
        [ENTRY[0], "-c", code, *ENTRY, "-c", "yes | head -c 100000 >/dev/null; echo ${PIPESTATUS[0]}"],
        capture_output=True, text=True, timeout=30, check=False, env=operator.environ, cwd=operator.home,
    )  # fmt: skip
    assert done.stdout == f"{128 + signal.SIGPIPE}\n"


def test_what_destroys_is_refused_with_its_preview_and_an_id(operator):
    """Exit 126; nothing ran, not even the harmless part of the text."""
    done = operator.run("-c", "echo before; rm -rf data")
    id_ = refused_id(done)
    assert any(char.isdigit() for char in id_)
    assert "3 files" in done.stderr
    assert done.stdout == ""
    assert len(list((operator.home / "data").iterdir())) == 3
    assert [item["id"] for item in waiting(operator)] == [id_]


def test_a_one_key_question_is_refused_off_a_terminal_too(operator):
    """A plain write in a read-only place."""
    refused_id(operator.run("-c", "chmod 600 data/1"))
    assert (operator.home / "data/1").stat().st_mode & 0o777 == 0o644


@pytest.mark.parametrize("way", ["option", "variable", "leading"])
def test_a_confirmed_request_lets_the_same_text_run_once(operator, way):
    """By --guard-confirm, by SAFESHELL_CONFIRM, or by a leading assignment; the second time it is spent."""
    id_ = refused_id(operator.run("-c", "rm -rf data"))

    def again():
        if way == "option":
            return operator.run("--guard-confirm", id_, "-c", "rm -rf data")
        if way == "variable":
            return operator.run("-c", "rm -rf data", SAFESHELL_CONFIRM=id_)
        return operator.run("-c", f"SAFESHELL_CONFIRM={id_} rm -rf data")

    first = again()
    assert refused_id(first) == id_, "a try before the confirmation spends nothing and names the same request"
    confirm(operator, id_)
    assert (again().returncode, (operator.home / "data").exists()) == (0, False)
    operator.write("data/0", "x")
    assert again().returncode == 126
    assert (operator.home / "data/0").exists()


def test_a_confirmation_is_for_that_text_in_that_directory_only(operator):
    """Another text, or the same text elsewhere, is refused anew."""
    id_ = refused_id(operator.run("-c", "rm -rf data"))
    confirm(operator, id_)
    operator.write("other/data/0", "x")
    assert refused_id(operator.run("--guard-confirm", id_, "-c", "rm -rf other")) != id_
    assert operator.run("--guard-confirm", id_, "-c", "rm -rf data", cwd=operator.home / "other").returncode == 126
    assert (operator.home / "other/data/0").exists()
    assert operator.run("--guard-confirm", id_, "-c", "rm -rf data").returncode == 0


def test_more_than_was_confirmed_is_refused(operator):
    """The bound is the preview that was confirmed: three files, not four."""
    id_ = refused_id(operator.run("-c", "rm -rf data"))
    confirm(operator, id_)
    operator.write("data/new", "x")
    done = operator.run("--guard-confirm", id_, "-c", "rm -rf data")
    assert done.returncode == 126
    assert "at most 3 files" in done.stderr
    assert len(list((operator.home / "data").iterdir())) == 4


def test_an_expired_confirmation_is_worth_nothing(operator):
    """Ten minutes after the request; the file's own times are moved into the past, the clock stays."""
    id_ = refused_id(operator.run("-c", "rm -rf data"))
    confirm(operator, id_)
    stored = next(path for path in (operator.home / ".local/state/safeshell").rglob("*") if id_ in path.name)
    item = json.loads(stored.read_text())
    old = {key: value - 700 for key, value in item.items() if key in ("created", "expires")}
    assert set(old) == {"created", "expires"}
    stored.write_text(json.dumps(item | old))
    assert operator.run("--guard-confirm", id_, "-c", "rm -rf data").returncode == 126
    assert (operator.home / "data").exists()


def test_where_policy_says_tokens_self_the_caller_redeems_it_alone(operator):
    """And nowhere else."""
    operator.write(".config/safeshell/config.yaml", "version: 1\ntokens: self\n")
    id_ = refused_id(operator.run("-c", "rm -rf data"))
    assert operator.run("--guard-confirm", id_, "-c", "rm -rf data").returncode == 0
    assert not (operator.home / "data").exists()


def test_an_id_that_nobody_gave_out_is_refused(operator):
    """And a new request is left."""
    done = operator.run("--guard-confirm", "none-1", "-c", "rm -rf data")
    assert refused_id(done) != "none-1"
    assert "none-1" in done.stderr


def test_the_variable_does_not_reach_what_runs(operator):
    """SAFESHELL_CONFIRM is for the guard."""
    done = operator.run("-c", "echo [${SAFESHELL_CONFIRM-unset}]", SAFESHELL_CONFIRM="abc-1")
    assert done.stdout == "[unset]\n"


def test_a_policy_that_denies_leaves_no_request(operator):
    """There is nothing to confirm then."""
    config = operator.write("deny.yaml", "version: 1\ndemands: {production: {destroys_data: deny}}\n")
    done = operator.run("--config", str(config), "-c", "rm -rf data")
    assert done.returncode == 126
    assert "approve" not in done.stderr
    assert waiting(operator) == []


def test_at_a_terminal_the_person_is_asked_there(operator):
    """Esc is 126 and nothing ran; the challenge runs it."""
    terminal = operator.terminal("-c", "rm -rf data").until("to run it, Esc to cancel:").rest(0.3).send("\x1b")
    assert terminal.end() == 126
    assert (operator.home / "data").exists()
    terminal = operator.terminal("-c", "rm -rf data; echo done $((1 + 1))").until("to run it, Esc to cancel:").rest(0.3)
    terminal.send(terminal.challenge()).rest(0.2).send("\r")
    assert terminal.end() == 0
    assert "done 2" in terminal.text()
    assert not (operator.home / "data").exists()


def test_intent_is_recorded_before_and_the_outcome_after(operator):
    """Paired by the action; a read leaves no line."""
    operator.run("-c", "ls data")
    assert [event["kind"] for event in events(operator)] == []
    id_ = refused_id(operator.run("-c", "rm -rf data; exit 3"))
    confirm(operator, id_)
    assert operator.run("--guard-confirm", id_, "-c", "rm -rf data; exit 3").returncode == 3
    found = events(operator)
    intent = next(event for event in found if event["kind"] == "intent")
    outcome = next(event for event in found if event["kind"] == "outcome")
    assert intent["action"] == outcome["action"]
    assert outcome["detail"]["exit"] == 3
    assert found.index(intent) < found.index(outcome)
    assert operator.run("audit", "verify").returncode == 0


def test_an_audit_that_cannot_be_written_refuses_what_destroys_and_no_read(operator):
    """A file stands where the audit's directory should be."""
    id_ = refused_id(operator.run("-c", "rm -rf data"))
    confirm(operator, id_)
    audit = operator.home / ".local/state/safeshell/audit"
    audit.rename(audit.with_name("away"))
    audit.write_text("in the way")
    done = operator.run("--guard-confirm", id_, "-c", "rm -rf data")
    assert done.returncode == 126
    assert (operator.home / "data").exists()
    assert operator.run("-c", "ls data").stdout == "0\n1\n2\n"


def test_a_secret_in_the_text_reaches_no_file(operator):
    """Not the audit, and not the listing of requests."""
    operator.run("-c", "rm -rf data; mysql --password=Zq9sEcretZq")
    for event in events(operator):
        assert "Zq9sEcretZq" not in json.dumps(event)
    assert "Zq9sEcretZq" not in operator.run("requests").stdout


def test_ctrl_c_ends_what_runs_and_its_outcome_is_recorded(operator):
    """The guard waits for the text's shell instead of dying first."""
    operator.environ["SAFESHELL_TIER"] = "development"
    terminal = operator.terminal("-c", "chmod 600 data/1; echo started; sleep 60").until("started").rest(0.3)
    started = time.monotonic()
    terminal.send("\x03")
    assert terminal.end() == 130
    assert time.monotonic() - started < 10
    assert events(operator)[-1]["detail"]["exit"] == 130
    assert (operator.home / "data/1").exists()
