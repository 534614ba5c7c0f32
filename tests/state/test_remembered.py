"""Remembered programs."""

from __future__ import annotations

from pathlib import Path

from safeshell.state.remembered import LIMIT, Remembered, under_sudo

DAY = 86400.0
NOW = 1_800_000_000.0


def memory(tmp_path: Path, host: str = "web-3", days: int = 90, **environ: str) -> Remembered:
    return Remembered(str(tmp_path / "state"), host, days, environ)


def test_a_program_is_known_for_its_days(tmp_path: Path):
    """The very file, on this host, until the days are over."""
    assert memory(tmp_path).remember("/opt/app", "abc", NOW)
    assert memory(tmp_path).knows("/opt/app", "abc", NOW + 89 * DAY)
    assert not memory(tmp_path).knows("/opt/app", "abc", NOW + 90 * DAY)
    assert not memory(tmp_path, days=10).knows("/opt/app", "abc", NOW + 11 * DAY)


def test_other_files_and_hosts_are_not_known(tmp_path: Path):
    """A changed file, another path, another host that shares the home."""
    memory(tmp_path).remember("/opt/app", "abc", NOW)
    assert not memory(tmp_path).knows("/opt/app", "abd", NOW)
    assert not memory(tmp_path).knows("/opt/app2", "abc", NOW)
    assert not memory(tmp_path, host="web-4").knows("/opt/app", "abc", NOW)


def test_never_under_sudo(tmp_path: Path):
    """Neither kept nor known with somebody else's rights."""
    memory(tmp_path).remember("/opt/app", "abc", NOW)
    sudo = memory(tmp_path, SUDO_USER="ann")
    assert not sudo.knows("/opt/app", "abc", NOW)
    assert not sudo.remember("/opt/other", "abc", NOW)
    assert not memory(tmp_path).knows("/opt/other", "abc", NOW)
    assert under_sudo({"DOAS_USER": "ann"})
    assert not under_sudo({})


def test_zero_days_remember_nothing(tmp_path: Path):
    """`remember: 0` switches it off."""
    assert not memory(tmp_path, days=0).remember("/opt/app", "abc", NOW)
    assert not memory(tmp_path, days=0).knows("/opt/app", "abc", NOW)


def test_a_time_in_the_future_is_not_believed(tmp_path: Path):
    """An entry dated years ahead would never end."""
    memory(tmp_path).remember("/opt/app", "abc", NOW + 4000 * DAY)
    assert not memory(tmp_path).knows("/opt/app", "abc", NOW)


def test_forgetting(tmp_path: Path):
    """A program can be taken off the list."""
    memory(tmp_path).remember("/opt/app", "abc", NOW)
    assert memory(tmp_path).forget("/opt/app")
    assert not memory(tmp_path).forget("/opt/app")
    assert not memory(tmp_path).knows("/opt/app", "abc", NOW)


def test_the_list_is_bounded(tmp_path: Path):
    """The oldest entries go first."""
    many = memory(tmp_path)
    many.remember("/p0", "x", NOW)
    many._write({f"web-3:/p{number}": {"sha256": "x", "at": NOW + number} for number in range(LIMIT)})
    many.remember("/new", "x", NOW + LIMIT)
    assert not many.knows("/p0", "x", NOW + LIMIT)
    assert many.knows("/p1", "x", NOW + LIMIT)
    assert many.knows("/new", "x", NOW + LIMIT)


def test_a_damaged_list_is_empty(tmp_path: Path):
    """Damage costs a question, nothing else."""
    memory(tmp_path).remember("/opt/app", "abc", NOW)
    for text in ("", "{", "[]", '{"web-3:/opt/app": 3}', '{"web-3:/opt/app": {"sha256": "abc", "at": "x"}}'):
        (tmp_path / "state/programs.json").write_text(text)
        assert not memory(tmp_path).knows("/opt/app", "abc", NOW)
    assert memory(tmp_path).remember("/opt/app", "abc", NOW)
