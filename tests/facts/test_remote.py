"""Paths of a host that nobody looks at, by their spelling there."""

import pytest

from safeshell.facts.remote import RemoteGatherer
from safeshell.model.effects import Tier
from safeshell.model.facts import Ask, Question, place_question
from safeshell.model.places import Place
from safeshell.policy.observation import Observation
from safeshell.policy.policy import Policy


@pytest.fixture
def gatherer():
    found = RemoteGatherer(
        observation=Observation(host="prod-web", names=("10.0.0.1",), over_ssh=True), policy=Policy()
    )
    found.home = "/home/app"
    return found


@pytest.mark.parametrize(
    ("subject", "cwd", "path", "home", "scratch", "below"),
    [
        ("x", "/home/app", "/home/app/x", "/home/app", None, True),
        ("~/x", "/srv", "/home/app/x", "/home/app", None, False),
        ("~/.cache/x", "/srv", "/home/app/.cache/x", "/home/app", "/home/app/.cache", False),
        ("/tmp/x", "/srv", "/tmp/x", None, "/tmp", False),
        ("/tmp/../etc/x", "/srv", "/etc/x", None, None, False),
        ("../x", "/srv/a", "/srv/x", None, None, False),
        ("~other/x", "/srv", "/~other/x", None, None, False),
    ],
)
def test_a_path_by_its_spelling(gatherer, subject, cwd, path, home, scratch, below):  # noqa: PLR0917 - the columns of the table above
    """Relative to the directory there, below the home there; nothing of this host is looked at."""
    fact = gatherer.path(subject, cwd)
    assert (fact.path, fact.home, fact.scratch_root, fact.cwd_below) == (path, home, scratch, below)
    assert fact.exists
    assert not fact.looked


def test_a_home_below_tmp_is_no_scratch(gatherer):
    """The nearest root wins."""
    gatherer.home = "/tmp/build/home"
    assert gatherer.path("x", "/tmp/build/home").scratch_root is None
    assert gatherer.path("/tmp/other", "/tmp/build/home").scratch_root == "/tmp"


def test_places_by_their_names(gatherer):
    """A database named in a line there; programs and files are unknown."""
    place = place_question(Place("database", "db.prod"))
    text, program = Question(Ask.FILE_TEXT, "/etc/passwd"), Question(Ask.PROGRAM, "./x")
    found = gatherer.gather((place, text, program), "/")
    assert found[place].tier is Tier.PRODUCTION
    assert found[text] is None
    assert program not in found
