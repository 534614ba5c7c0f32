"""`safeshell config`, run as the command that people run."""

from __future__ import annotations

import json

import pytest

from tests.dialogs.screen import ROOT

FAULTY = """\
version: 1
environments:
  - {name: a, tier: prodution, match: {host: x}}
unlock:
  max: 61m
tint: maybe
demands: {production: {reads: confirm, destroys_everything: deny}}
"""


def test_a_sound_file_is_exit_0_and_named(person):
    """The given file only."""
    path = str(person.write("c.yaml", "version: 1\ntint: true\n"))
    done = person.run("config", "check", path)
    assert (done.returncode, done.stdout, done.stderr) == (0, f"no fault: {path}\n", "")


def test_the_heeded_files_are_checked_when_none_is_given(person):
    """None at all is no fault, and the packs are looked at too."""
    done = person.run("config", "check")
    assert done.returncode == 0
    assert "no configuration file" in done.stdout
    assert " packs" in done.stdout
    path = person.write(".config/safeshell/config.yaml", "version: 1\nnonsense: true\n")
    done = person.run("config", "check")
    assert done.returncode == 2
    assert done.stderr.startswith(f"{path}:2:1: unknown key nonsense")


def test_every_fault_of_a_file_is_told_with_line_and_column(person):
    """One line each, and what was expected."""
    path = str(person.write("c.yaml", FAULTY))
    done = person.run("config", "check", path)
    places = [line.removeprefix(f"{path}:").split(": ")[0] for line in done.stderr.splitlines()]
    assert done.returncode == 2
    assert places[0] == "3:21"
    assert {place.split(":")[0] for place in places} == {"3", "5", "6", "7"}
    assert "production" in done.stderr.splitlines()[0]


@pytest.mark.parametrize("text", ["a: [", "a: 1\na: 2\n", "- 1\n", "\tx: 1\n", "version: 9\n"])
def test_what_is_no_configuration_at_all_is_told_with_its_place(person, text):
    """YAML faults, doubled keys, a list instead of keys, a version from the future."""
    path = str(person.write("c.yaml", text))
    done = person.run("config", "check", path)
    assert done.returncode == 2
    place = done.stderr.removeprefix(f"{path}:").split(": ")[0]
    assert all(number.isdigit() for number in place.split(":"))
    assert "Traceback" not in done.stderr


def test_a_file_that_cannot_be_read_is_told(person):
    """And is exit 2."""
    done = person.run("config", "check", "none.yaml")
    assert done.returncode == 2
    assert done.stderr.startswith("none.yaml: cannot be read: ")


def test_packs_are_checked_as_packs(person):
    """A file in a directory named packs; its fault has line and column too."""
    path = person.write("packs/own.yaml", "pack: own\ncommands:\n  x: {rulez: []}\n")
    done = person.run("config", "check", str(path))
    assert done.returncode == 2
    assert f"{path}:3:" in done.stderr


def test_show_prints_values_with_where_they_come_from(person):
    """The output is configuration again: it can be read back."""
    path = person.write("c.yaml", "version: 1\nunlock: {max: 5m}\n")
    done = person.run("config", "show", "--config", str(path))
    line = next(line for line in done.stdout.splitlines() if line.strip().startswith("max:"))
    assert '"5m"' in line
    assert "c.yaml:2" in line
    again = person.write("again.yaml", done.stdout)
    assert person.run("config", "check", str(again)).returncode == 0


def test_show_is_exit_2_for_a_broken_file(person):
    """And shows the strictest policy, which counts then: no unlocks."""
    path = person.write("c.yaml", "tint: maybe\n")
    done = person.run("config", "show", "--config", str(path))
    assert done.returncode == 2
    assert "  max: 0 " in done.stdout


@pytest.mark.parametrize(("words", "name"), [((), "safeshell"), (("--packs",), "pack")])
def test_schema_prints_the_schema_that_is_in_the_tree(person, words, name):
    """For editors."""
    found = json.loads(person.run("config", "schema", *words).stdout)
    assert found == json.loads((ROOT / f"config/schema/{name}.schema.json").read_text())


def test_the_example_has_no_fault_as_it_is_and_with_every_key_taken(person):
    """config/safeshell.yaml: what stands behind # is configuration, not prose."""
    text = (ROOT / "config/safeshell.yaml").read_text()
    lines = [line[1:] if line.startswith("#") and not line.startswith("##") else line for line in text.splitlines()]
    for version in (text, "\n".join(lines)):
        path = str(person.write("c.yaml", version))
        done = person.run("config", "check", path)
        assert (done.returncode, done.stderr) == (0, "")
