"""A command for another host is judged at the place that its call was resolved to."""

from safeshell.cli.oneshot import OneShot
from safeshell.cli.sshshot import SshShot
from safeshell.model.effects import Tier
from safeshell.model.facts import Question, place_question
from safeshell.model.places import Environment, Place


def test_the_destination_is_where_the_call_goes(monkeypatch):
    """Only a question about this very destination gets the resolved environment; others are looked up as ever."""
    resolved, other = Environment("x", Tier.PRODUCTION, "x"), Environment("y", Tier.STAGING, "y")
    monkeypatch.setattr(OneShot, "gather", lambda _self, questions: dict.fromkeys(questions, other))
    shot = object.__new__(SshShot)
    shot.destination, shot.place = "box", resolved
    asked: list[Question] = [
        place_question(Place("host", "box")),
        place_question(Place("host", "far")),
        place_question(Place("database", "box")),
    ]
    assert [shot.gather((question,))[question].tier for question in asked] == [
        Tier.PRODUCTION,
        Tier.STAGING,
        Tier.STAGING,
    ]
