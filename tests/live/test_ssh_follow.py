"""safe-ssh followed into a remote bash, over a real sshd: asked here, obeyed there.

What must not live here: calls that are not followed (test_ssh_calls).
"""

import re
import signal
import time

import pexpect
import pytest

from tests.live.sshlocal import PROMPT, SlowPort, answer, challenge, control_socket, gone, left_there, line

pytestmark = pytest.mark.live


@pytest.fixture
def slow(local):
    """Makes ports that lead to the host with a delay each way."""
    made = []

    def make(delay: float) -> SlowPort:
        made.append(SlowPort(local.host.port, delay))
        return made[-1]

    yield make
    local.close()
    for one in made:
        one.close()


def intact(local) -> bool:
    return all((local.host.home("plain") / f"victims/{name}").exists() for name in "ab")


def test_reading_passes_and_a_deletion_is_asked(local):
    """The prompt names tier and host; reading is silent; a deletion shows the files THERE; Esc keeps them; status comes back."""
    child = local.follow()
    assert line(child, "ls victims") == "a  b"
    child.send("rm -rf victims\r")
    child.expect("Esc to cancel: ")
    shown = child.before
    assert b"prod-web" in shown
    assert b"2 files, 18 bytes" in shown
    assert b"victims/a" in shown
    answer(child, "\x1b")
    child.expect("safeshell: refused: `rm -rf victims`")
    child.expect(PROMPT)
    assert intact(local)
    child.send("exit 7\r")
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 7


def test_a_confirmed_deletion_runs_there(local):
    """The typed challenge lets it run."""
    child = local.follow()
    child.send("rm -rf victims\r")
    child.expect("Esc to cancel: ")
    answer(child, challenge(child) + "\r")
    child.expect(PROMPT)
    assert not (local.host.home("plain") / "victims").exists()


@pytest.mark.parametrize(
    "text",
    [
        "cd /; rm -rf ~/victims",
        "echo a | xargs rm -rf ~/victims",
        "for f in ~/victims; do rm -rf $f; done",
        "cat <<X | bash\rrm -rf ~/victims\rX",
        "bash -c 'rm -rf ~/victims'",
        "f() { rm -rf ~/victims; }; f",
        "D=~/victims; rm -rf $D",
    ],
)
def test_the_line_is_read_whole(local, text):
    """Pipelines, loops, here-documents, functions, variables."""
    child = local.follow()
    child.send(text + "\r")
    child.expect(["Esc to cancel: ", r"\[Esc\] no: "])
    answer(child, "\x1b")
    child.expect("safeshell: refused: ")
    child.expect(PROMPT)
    assert intact(local)


def test_variables_of_the_remote_shell_are_asked_for(local):
    """A variable set two lines before is known; so is an alias."""
    child = local.follow()
    line(child, "D=~/victims")
    child.send("rm -rf $D\r")
    child.expect("Esc to cancel: ")
    answer(child, "\x1b")
    child.expect(PROMPT)
    line(child, "alias look='rm -rf'")
    child.send("look ~/victims\r")
    child.expect("Esc to cancel: ")
    answer(child, "\x1b")
    child.expect(PROMPT)
    assert intact(local)


def test_what_is_only_known_while_it_runs_is_asked_then(local):
    """The backstop of the remote shell asks over its own channel, in the middle of a line."""
    child = local.follow()
    local.host.put("plain", "step.sh", "echo one\nrm -rf ~/victims\necho two\n")
    child.send("source <(cat step.sh)\r")
    while child.expect([r"\[Esc\] no: ", "Esc to cancel: ", PROMPT]) == 0:
        answer(child, "o")
    if child.after.endswith(b"cancel: "):
        answer(child, "\x1b")
        child.expect(PROMPT)
    assert intact(local)


def test_a_pasted_block_stops_at_the_refused_line(local):
    """Several lines pasted, a destructive one in the middle: what follows it is dropped."""
    child = local.follow()
    child.send("printf 'step-%s\\n' one\rrm -rf ~/victims\rprintf 'step-%s\\n' three\r")
    child.expect("\rstep-one\r\n")
    child.expect("Esc to cancel: ")
    answer(child, "\x1b")
    child.expect("refused")
    child.expect(PROMPT)
    assert "step-three" not in line(child, "echo end")
    assert intact(local)


def test_remote_output_forges_nothing(local):
    """Whatever a remote program prints, no line is released by it and no file of ours is touched; at most it is shown."""
    nonce = "0" * 32
    forged = f"\x1b]7748;follows\x07\x1b]7748;other;x\x07{nonce} L\x001\x0010000001\x00/\x000\x00rm -rf ~/victims\x00A0000000"
    local.host.put("plain", "forged", forged)
    child = local.follow()
    line(child, "cat forged")
    assert line(child, "echo still-$((40+2))") == "still-42"
    child.send("rm -rf ~/victims\r")
    child.expect("Esc to cancel: ")
    answer(child, "\x1b")
    child.expect(PROMPT)
    assert intact(local)


def test_the_connection_dies_during_the_question(local, slow):
    """The line is cut while the dialog stands: nothing ran there, and nothing is left there."""
    port = slow(0.0)
    child = local.follow("-p", str(port.port), "prod-web")
    child.send("rm -rf ~/victims\r")
    child.expect("Esc to cancel: ")
    port.cut()
    time.sleep(0.5)
    answer(child, challenge(child) + "\r")
    child.expect(pexpect.EOF)
    gone(local.host, "plain")
    assert intact(local)


def test_killing_ssh_during_the_question(local):
    """safe-ssh is killed while the dialog stands: nothing ran there."""
    child = local.follow()
    child.send("rm -rf ~/victims\r")
    child.expect("Esc to cancel: ")
    child.kill(signal.SIGKILL)
    child.close(force=True)
    gone(local.host, "plain")
    assert intact(local)


def test_nothing_is_left_behind(local):
    """No file there before the first prompt is over, none here after the end; no secret in the process list."""
    child = local.follow()
    place = control_socket(child).parent
    assert place.exists()
    assert not left_there(local.host, "plain")
    listed = local.host.run("ps", "-eo", "args", "-ww").stdout.decode()
    assert not re.search(r"safeshell[^\n]*\b[0-9a-f]{32}\b", listed)
    child.send("exit\r")
    child.expect(pexpect.EOF)
    assert not place.exists()
    gone(local.host, "plain")


def test_eighty_milliseconds_away(local, slow):
    """With 80 ms each way it is usable: a line comes back within seconds, and what was typed ahead is kept."""
    child = local.follow("-p", str(slow(0.08).port), "prod-web")
    begun = time.monotonic()
    assert line(child, "echo there") == "there"
    assert time.monotonic() - begun < 3
    child.send("sleep 1\recho first\recho second\r")
    child.expect("\rfirst\r\n")
    child.expect("\rsecond\r\n")
    child.send("rm -rf ~/victims\r")
    child.expect("Esc to cancel: ")
    answer(child, "\x1b")
    child.expect(PROMPT)
    assert intact(local)


def test_full_screen_programs_and_resize(local):
    """less and vi run there, and see a new size."""
    child = local.follow()
    child.setwinsize(31, 97)
    time.sleep(0.3)
    assert line(child, "stty size") == "31 97"
    child.send("less /etc/passwd\r")
    child.expect("root:x:0")
    child.send("q")
    child.expect(PROMPT)
    assert line(child, "echo after") == "after"


def test_what_leaves_the_guard_there_is_shown(local):
    """Another shell there is asked about once and stands in the title as UNGUARDED until it ends."""
    child = local.follow()
    child.send("dash\r")
    child.expect(r"\[Esc\] no: ")
    answer(child, "o")
    child.expect(r"\x1b\]2;PROD prod-web ro UNGUARDED: dash\x07", timeout=6)
    child.send("exit\r")
    child.expect(r"\x1b\]2;PROD prod-web ro\x07")


def test_unlocking_counts_for_that_host(local):
    """u unlocks plain writes there for a while; the prompt says so."""
    child = local.follow()
    child.send("touch /no-such-folder/x\r")
    child.expect(r"\[Esc\] no: ")
    answer(child, "u")
    child.expect(r"\[PROD prod-web rw \d+m\]")
    child.expect(r"home\$ ")
    assert "No such file" in line(child, "touch /no-such-folder/y")


def test_the_audit_names_the_place(local):
    """What was refused there stands in the audit here, with host and tier."""
    child = local.follow()
    child.send("rm -rf victims\r")
    child.expect("Esc to cancel: ")
    answer(child, "\x1b")
    child.expect(PROMPT)
    audit = "".join(path.read_text() for path in (local.home / ".local/state/safeshell/audit").glob("audit-*"))
    assert '"kind":"refused"' in audit
    assert '"target":"prod-web"' in audit


def test_a_start_file_that_prints(local):
    """Output of ~/.bashrc in every session, which breaks scp, breaks no channel."""
    path = local.host.home("plain") / ".bashrc"
    before = path.read_text()
    local.host.put("plain", ".bashrc", "echo noise-from-bashrc\n" + before)
    try:
        child = local.follow()
        assert line(child, "echo ok") == "ok"
        child.send("rm -rf victims\r")
        child.expect("Esc to cancel: ")
        answer(child, "\x1b")
        child.expect(PROMPT)
        assert intact(local)
    finally:
        local.host.put("plain", ".bashrc", before)


def test_a_session_in_which_nothing_happens_for_a_while(local):
    """After a pause longer than every wait of ours, lines, questions and previews work as before."""
    child = local.follow()
    time.sleep(13)
    assert line(child, "echo still") == "still"
    child.send("rm -rf victims\r")
    child.expect("Esc to cancel: ")
    assert b"2 files, 18 bytes" in child.before
    answer(child, "\x1b")
    child.expect("refused")
    child.expect(PROMPT)
    assert intact(local)
