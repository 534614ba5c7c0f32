"""What a package manager would change, as its own simulation tells; nothing is ever changed."""

from __future__ import annotations

import shutil

import pytest

from safeshell.model.judgement import Exactness
from safeshell.model.statements import TargetKind
from safeshell.previews.packages import _apt, _dpkg, look
from tests.previews.making import finding, last, subject, target

apt = pytest.mark.skipif(shutil.which("apt-get") is None, reason="apt is not installed")


def of(line: str, *names: str, verb: str = ""):
    targets = [target(name, TargetKind.PACKAGE) for name in names]
    return last(look, subject(line, finding("packages", *targets), verb=verb))


@apt
def test_removing_an_essential_package_takes_many_along():
    """What depends on it goes too, by apt's own reckoning; and it is still there afterwards."""
    seen = of("apt-get remove -y --allow-remove-essential perl-base", "perl-base", verb="apt-get remove")
    if seen.exactness is Exactness.UNKNOWN:
        assert "apt-get could not tell" in seen.caveats[0]
    else:
        assert seen.affected >= 1
    assert shutil.which("perl") is not None


@apt
def test_a_leaf_goes_alone():
    """One package that nothing needs: exactly one."""
    for name in ("tmux", "cron", "less", "nano", "file", "strace"):
        seen = of(f"apt-get remove {name}", name, verb="apt-get remove")
        if seen.affected == 1:
            assert seen.summary == f"removes 1 package: {name}"
            assert seen.sample[0].startswith(f"- {name} ")
            assert seen.exactness is Exactness.EXACT
            return
    pytest.skip("none of the usual leaves is installed")


@apt
def test_a_name_that_apt_does_not_know():
    """apt's own words, and unknown."""
    seen = of("apt remove guardtest-none", "guardtest-none", verb="apt remove")
    assert seen.exactness is Exactness.UNKNOWN
    assert "Unable to locate package" in seen.caveats[0] or "could not tell" in seen.caveats[0]


@pytest.mark.parametrize(
    "line",
    [
        "apt-get remove x -o APT::Get::Simulate=false",
        "apt-get -o APT::Get::Simulate=0 --no-simulate -y remove x",
        "apt-get remove --simulate=no -c evil.conf x",
        "apt --no-dry-run remove -qqy x",
    ],
)
def test_no_word_can_end_the_simulation(line):
    """The person's options are not repeated; only the action and the packages are."""
    argv = _apt(line.split())
    assert argv[argv.index("remove") :] == ["remove", "--", "x"]
    assert not any("Simulate" in word or "simulate" in word or word in ("-y", "-c", "evil.conf") for word in argv)
    assert "-s" in argv


def test_actions_and_their_names():
    """Purges stay purges, apt's own names become apt-get's, other actions are not simulated."""
    assert _apt(["apt", "purge", "x"])[-3:] == ["purge", "--", "x"]
    assert "--purge" in _apt(["apt", "remove", "--purge", "x"])
    assert "dist-upgrade" in _apt(["apt", "full-upgrade"])
    assert _apt(["apt", "update"]) is None
    assert _dpkg(["dpkg", "-r", "x"])[-3:] == ["remove", "--", "x"]
    assert _dpkg(["dpkg", "-P", "x"])[-3:] == ["purge", "--", "x"]
    assert _dpkg(["dpkg", "-i", "x.deb"]) is None


def test_other_package_managers_are_no_failure():
    """They cannot be simulated without a network; that is no reason to ask harder."""
    seen = of("dnf remove nginx", "nginx", verb="dnf remove")
    assert seen.summary == "dnf remove cannot be simulated here"
    assert seen.caveats == ()
