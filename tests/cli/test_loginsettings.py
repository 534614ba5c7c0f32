"""The configuration as safeshell-login reads it."""

import os

import pytest

from safeshell.cli.loginsettings import LoginSettings, effective, read_settings, refresh, write_settings


@pytest.fixture
def person(tmp_path):
    """Directories of an administrator and of a person, and the person's environment."""
    (tmp_path / "etc/conf.d").mkdir(parents=True)
    (tmp_path / "config/safeshell").mkdir(parents=True)
    environ = {
        "HOME": str(tmp_path),
        "XDG_CONFIG_HOME": str(tmp_path / "config"),
        "SAFESHELL_STATE_DIR": str(tmp_path / "state"),
    }
    return tmp_path, environ


def test_lines_name_the_uid(person):
    """A user that exists is named by uid, so that nobody becomes automation by a variable."""
    lines = list(LoginSettings("/bin/zsh", ("root", "nobody-has-this-name"), ("/etc/x",)).lines())
    assert lines == ["shell /bin/zsh", "automation 0 root", "automation - nobody-has-this-name", "source /etc/x"]


def test_the_first_file_that_sets_a_key_has_it(person):
    """config.yaml before conf.d; each key by itself."""
    folder, environ = person
    (folder / "etc/config.yaml").write_text("login: {automation: deploy}\n")
    (folder / "etc/conf.d/a.yaml").write_text("login: {shell: /bin/dash, automation: [other]}\n")
    found, own = read_settings(environ, str(folder / "etc"))
    assert (found.shell, found.automation) == ("/bin/dash", ("deploy",))
    assert own == LoginSettings()


def test_under_a_floor_a_person_only_chooses_the_shell(person):
    """The person's list of automation counts only where there is no administrator's file."""
    own = LoginSettings("/bin/zsh", ("me",), ("/mine",))
    assert effective(LoginSettings(sources=("/etc/x",)), own) == LoginSettings("/bin/zsh", (), ("/etc/x",))
    assert effective(LoginSettings("/bin/dash", (), ("/etc/x",)), own).shell == "/bin/dash"
    assert effective(LoginSettings(), own) == own


def test_a_broken_file_counts_as_far_as_it_can_be_read(person):
    """A fault elsewhere in the file does not change anybody's shell."""
    folder, environ = person
    (folder / "etc/config.yaml").write_text("nonsense: 1\nlogin: {shell: /bin/dash}\n")
    assert read_settings(environ, str(folder / "etc"))[0].shell == "/bin/dash"
    (folder / "etc/config.yaml").write_text("{")
    assert read_settings(environ, str(folder / "etc"))[0].shell == ""


def test_what_changed_just_now_stays_newer(person):
    """A source of this second is newer than the file made of it; an old one is not."""
    folder, _ = person
    source = folder / "source"
    source.write_text("x")
    made = folder / "made"
    assert write_settings(LoginSettings(sources=(str(source),)), str(made))
    assert source.stat().st_mtime > made.stat().st_mtime
    os.utime(source, (1000, 1000))
    assert write_settings(LoginSettings(sources=(str(source),)), str(made))
    assert made.stat().st_mtime == 1000
    assert made.stat().st_mode & 0o777 == 0o644


def test_nothing_is_written_without_a_configuration(person):
    """No file, no settings; a directory that is not ours is no fault."""
    folder, environ = person
    assert refresh(environ, str(folder / "etc")) == LoginSettings()
    assert not (folder / "etc/login.settings").exists()
    assert not write_settings(LoginSettings(sources=("/etc/hostname",)), "/nonexistent/place/x")
