"""What happens when something is missing, full or broken: still a shell, and nothing destructive gets through."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.live.house import plain_text

pytestmark = [pytest.mark.live, pytest.mark.timeout(60)]

UNWRITABLE = "safeshell: refused: the audit cannot be written"


def confirm(house, text: str) -> None:
    """Type a destructive line and the challenge it asks for."""
    assert house.line(text) == "full"
    house.answer(house.challenge() + "\r")


def flat(house) -> str:
    return plain_text(house.raw).replace("\n", "")


def test_an_unwritable_audit_refuses_what_destroys(house):
    """Its directory turned into a file: reads and plain writes go on, destructive lines are refused even when confirmed."""
    house.line("echo begin")
    audit = house.state / "audit"
    shutil.rmtree(audit)
    audit.write_text("no directory")
    assert "victims" in house.output("ls")
    confirm(house, "rm -rf ~/victims")
    assert house.intact()
    assert UNWRITABLE in flat(house)
    assert house.line("chmod 640 ~/victims/a") == "key"
    house.answer("o")
    assert (house.victims / "a").stat().st_mode & 0o777 == 0o640
    assert house.output("cat ~/victims/a") == "precious"


def test_a_state_directory_that_is_a_file(houses, tmp_path):
    """From the first moment on: the shell opens, reads pass, destructive lines are refused."""
    (tmp_path / "state").write_text("no directory")
    house = houses(SAFESHELL_STATE_DIR=str(tmp_path / "state"))
    assert "victims" in house.output("ls")
    confirm(house, "rm -rf ~/victims")
    assert house.intact()
    assert UNWRITABLE in flat(house)


def test_an_unwritable_audit_is_told_at_the_start_and_once(houses, tmp_path):
    """Before the first prompt, with what it means, and not again at every prompt."""
    (tmp_path / "state").write_text("no directory")
    house = houses(SAFESHELL_STATE_DIR=str(tmp_path / "state"))
    house.line("echo one")
    house.line("echo two")
    told = "cannot be used to keep records"
    assert flat(house).count(told) == 1
    assert flat(house).index(told) < flat(house).index("PROD")
    assert "nothing destructive is let through until that is mended" in flat(house)


def test_an_audit_that_fails_later_is_told_at_the_next_prompt(house):
    """The first event that cannot be written is told once; writable again and broken again, it is told again."""
    house.line("echo begin")
    audit = house.state / "audit"
    shutil.rmtree(audit)
    for times in (1, 2):
        audit.write_text("no directory")
        house.refuses("rm -rf ~/victims")
        house.line("echo go on")
        house.line("echo go on")
        assert flat(house).count("until that is mended") == times
        audit.unlink()
        house.refuses("rm -rf ~/victims")
        assert "the chain holds" in house.output("safeshell audit verify")
        shutil.rmtree(audit)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may mount a small file system")
def test_a_full_disk_refuses_what_destroys_until_there_is_space(houses, tmp_path):
    """On a full file system destructive lines are refused; with space again they run, and the chain holds."""
    state = tmp_path / "tiny"
    state.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "none", str(state)], check=False)
    if mounted.returncode:
        pytest.skip("no mounting here")
    try:
        house = houses(SAFESHELL_STATE_DIR=str(state))
        house.refuses("rm -rf ~/victims")
        fill = state / "fill"
        subprocess.run(
            ["dd", "if=/dev/zero", f"of={fill}", "bs=4k", "count=2000"], stderr=subprocess.DEVNULL, check=False
        )
        for _ in range(12):  # what is left of the last block still takes a few lines
            if UNWRITABLE in flat(house):
                break
            house.refill()
            confirm(house, "rm -rf ~/victims")
        assert UNWRITABLE in flat(house)
        assert house.intact()
        assert "sub" in house.output("ls ~/victims")
        fill.unlink()
        confirm(house, "rm -rf ~/victims/sub")
        assert not (house.victims / "sub").exists()
        assert "the chain holds" in house.output("safeshell audit verify")
        house.close()
    finally:
        subprocess.run(["umount", "-l", str(state)], check=False)


@pytest.mark.parametrize(
    ("config", "told"),
    [
        ("version: 1\ndemands:\n  production: {destroys_data: maybe}\n", "config.yaml:3:31: "),
        ("version: 1\n  foo: [\n", "config.yaml:2:6: "),
    ],
)
def test_a_broken_configuration_is_told_and_the_strictest_policy_counts(houses, config, told):
    """File, line and column; production rules that can't be unlocked; and still a shell."""
    house = houses(config=config, args=())
    assert told in flat(house)
    assert "strictest policy" in flat(house)
    assert house.lines()[house.display.cursor.y].startswith("[PROD ")
    assert "victims" in house.output("ls")
    house.refuses("rm -rf ~/victims")
    assert house.line("chmod 640 ~/victims/a") == "key"
    assert "unlock" not in house.lines()[house.display.cursor.y]
    house.no()


def test_an_unknown_shell_is_told(houses):
    """Its name, and which there are; exit 2, no hang."""
    house = houses(args=("--shell", "tcsh"), wait=False)
    house.until(lambda: not house.pty.isalive(), "the end")
    assert "tcsh" in house.text()
    assert "bash" in house.text()
    assert house.pty.exitstatus == 2


def test_a_shell_that_can_not_be_started_is_told(houses, house_shell):
    """No such shell on PATH: a plain sentence, exit 127, no hang."""
    house = houses(wait=False, PATH="/nonexistent")
    house.until(lambda: not house.pty.isalive(), "the end")
    assert f"safeshell: {house_shell} can't be started" in house.text()
    assert house.pty.exitstatus == 127


def test_a_start_file_that_exits_ends_the_session(houses):
    """`exit 3` in .bashrc: the session ends with it, no hang."""
    house = houses(rc="exit 3\n", wait=False)
    house.until(lambda: not house.pty.isalive(), "the end")
    assert house.pty.exitstatus == 3


# ---- without the parser -----------------------------------------------------------------------------


@pytest.fixture
def without_shfmt(tmp_path):
    """A PATH and a Python that find no shfmt: a link to the interpreter in another directory."""
    place = tmp_path / "venv" / "bin"
    place.mkdir(parents=True)
    (place.parent / "pyvenv.cfg").write_text(
        f"home = {Path(sys.base_prefix) / 'bin'}\ninclude-system-site-packages = false\n"
    )
    (place / "python").symlink_to(Path(sys.executable).resolve())
    found = [folder for folder in os.environ["PATH"].split(":") if not (Path(folder) / "shfmt").exists()]
    return place / "python", ":".join(found)


def test_without_the_parser_it_is_still_a_shell(houses, without_shfmt):
    """Marked UNGUARDED and told; plain reads pass; what can't be read is asked, destructive lines as ever."""
    python, path = without_shfmt
    libraries = ":".join(folder for folder in sys.path if folder.endswith("site-packages"))
    house = houses(
        argv=(str(python), "-m", "safeshell.cli.main", "shell", "--guard-tier", "production"),
        PATH=path,
        PYTHONPATH=f"{Path(__file__).resolve().parents[2]}:{libraries}",
    )
    assert "shfmt is missing" in flat(house)
    assert "UNGUARDED]" in house.lines()[house.display.cursor.y]
    assert "UNGUARDED" in house.display.title
    assert not house.line("ls -l victims | head -2")
    assert "precious" not in house.text()
    assert not house.line("cat victims/a && pwd")
    assert "precious" in house.text()
    assert house.line("for i in 1 2; do echo $i; done") == "full"
    assert "shfmt is missing" in house.text().replace("\n", " ").replace("  ", " ")
    house.no()
    for text in ("rm -rf victims", "rm -rf ~/victims", "(rm -rf ~/victims)", "eval 'rm -rf ~/victims'"):
        house.refuses(text)
