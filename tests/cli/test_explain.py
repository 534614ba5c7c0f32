"""`safeshell explain`, run as the command that people run."""

from __future__ import annotations


def test_it_tells_how_a_text_was_read_down_to_what_really_runs(person):
    """Each wrapper stands above what it runs, with the effects where they arise."""
    done = person.run("explain", "--tier", "production", "--", "find /srv -name '*.log' | xargs sudo rm")
    lines = done.stdout.splitlines()
    assert done.returncode == 3
    start = lines.index("read as")
    shown = lines[start + 1 : lines.index("verdict")]
    assert [line.split(":")[0] for line in shown] == ["  find", "  xargs", "    sudo", "      rm"]
    assert "destroys_data" in shown[3]
    assert any(line.startswith("  full dialog: ") for line in lines)


def test_it_says_where_and_why_that_place_is_what_it_is(person):
    """The tier with its reasons."""
    done = person.run("explain", "--", "ls", SAFESHELL_TIER="production")
    assert done.returncode == 0
    assert "PROD" in done.stdout
    assert "because SAFESHELL_TIER makes it production" in done.stdout


def test_another_place_is_named_where_the_text_goes_there(person):
    """`ssh prod-db` is production, whatever this host is."""
    done = person.run("explain", "--", "ssh prod-db 'rm -rf /srv/data'")
    assert "prod-db" in done.stdout
    assert "PROD" in done.stdout.splitlines()[-1] or "[PROD prod-db" in done.stdout
    assert done.returncode == 3


def test_without_a_text_it_tells_of_the_last_refusal_as_it_was_judged(operator):
    """With the directory and the tier that counted then, wherever and however it is asked now."""
    below = operator.home / "data"
    assert operator.run("-c", "rm -rf ../data", cwd=below).returncode == 126
    done = operator.run("explain", SAFESHELL_TIER="")
    assert done.stdout.splitlines()[0] == "text      rm -rf ../data"
    assert "PROD" in done.stdout
    assert done.returncode == 3


def test_without_a_text_and_without_a_refusal_it_says_what_to_give(person):
    """Exit 2."""
    done = person.run("explain")
    assert (done.returncode, done.stdout) == (2, "")
    assert "nothing was refused yet" in done.stderr


def test_a_broken_configuration_is_told(person):
    """As check does: line and column, exit 2."""
    config = person.write("broken.yaml", "version: 1\ntint: perhaps\n")
    done = person.run("explain", "--config", str(config), "--", "ls")
    assert done.returncode == 2
    assert f"{config}:2:7: " in done.stderr
