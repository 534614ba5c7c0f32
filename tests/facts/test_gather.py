"""The two gatherers."""

from __future__ import annotations

import os
from pathlib import Path

from safeshell.facts.gather import BlindGatherer, Gatherer
from safeshell.model.effects import Tier
from safeshell.model.facts import Ask, PathFact, ProgramFact, Question, place_question
from safeshell.model.places import Environment, Place
from safeshell.policy.observation import Observation
from safeshell.policy.policy import Policy

DESK = Observation("laptop")


def gatherer(home: Path, **more: object) -> Gatherer:
    return Gatherer(
        home=str(home), variables={"PATH": os.environ["PATH"], "A": "1"}, observation=DESK, policy=Policy(), **more
    )  # type: ignore[arg-type]


def test_every_kind_of_question_is_answered(tmp_path: Path):
    """Paths, texts, programs and places; what nobody can tell is left out."""
    (tmp_path / "a.sh").write_text("echo x\n")
    (tmp_path / "tool").write_text("#!/bin/sh\n")
    (tmp_path / "tool").chmod(0o755)
    questions = [
        Question(Ask.PATH, "a.sh"),
        Question(Ask.FILE_TEXT, "a.sh"),
        Question(Ask.FILE_TEXT, "none"),
        Question(Ask.PROGRAM, "./tool"),
        Question(Ask.PROGRAM, "./none"),
        place_question(Place("host", "db.prod")),
        Question(Ask.PUBLISHED, "HEAD"),
        Question(Ask.VARIABLE, "A"),
        Question(Ask.ALIAS, "ls"),
    ]
    found = gatherer(tmp_path).gather(questions, str(tmp_path))
    assert isinstance(found[questions[0]], PathFact)
    assert found[questions[1]] == "echo x\n"
    assert found[questions[2]] is None
    program = found[questions[3]]
    assert isinstance(program, ProgramFact)
    assert (program.path, program.remembered) == (os.path.realpath(tmp_path / "tool"), False)
    environment = found[questions[5]]
    assert isinstance(environment, Environment)
    assert environment.tier is Tier.PRODUCTION
    assert set(found) == {*questions[:4], questions[5]}


def test_without_a_session_variables_are_the_callers(tmp_path: Path):
    """`check --here` has no shell to ask: the environment answers, and there are no aliases."""
    questions = [Question(Ask.VARIABLE, "A"), Question(Ask.VARIABLE, "B"), Question(Ask.ALIAS, "ls")]
    found = gatherer(tmp_path, shell_names=True).gather(questions, str(tmp_path))
    assert [found[question] for question in questions] == ["1", None, None]


def test_a_changed_program_is_hashed_anew(tmp_path: Path):
    """What was remembered is a file's contents, not its name."""
    tool = tmp_path / "tool"
    tool.write_text("one")
    tool.chmod(0o755)
    asked: list[str] = []
    looking = gatherer(tmp_path, remembered=lambda _path, sha256: bool(asked.append(sha256)))
    looking.program("./tool", str(tmp_path))
    looking.program("./tool", str(tmp_path))
    tool.write_text("other")
    looking.program("./tool", str(tmp_path))
    assert len(asked) == 3
    assert len(set(asked)) == 2


def test_the_demo_directory_is_a_home(tmp_path: Path):
    """A further home below /tmp is not scratch, and $TMPDIR counts as it was at the start."""
    demo = tmp_path / "demo"
    demo.mkdir()
    question = Question(Ask.PATH, str(demo / "data"))
    fact = gatherer(tmp_path / "home", further_homes=[str(demo)]).gather([question], "/")[question]
    assert isinstance(fact, PathFact)
    assert (fact.home, fact.scratch_root) == (str(demo), None)


def test_the_blind_one_looks_at_nothing():
    """Paths and places by their spelling; no texts, no variables, no programs."""
    blind = BlindGatherer(observation=DESK, policy=Policy())
    path, text, variable = (
        Question(Ask.PATH, "/etc/passwd"),
        Question(Ask.FILE_TEXT, "/etc/passwd"),
        Question(Ask.VARIABLE, "HOME"),
    )
    program, place = Question(Ask.PROGRAM, "ls"), place_question(Place("host", "db.prod"))
    found = blind.gather([path, text, variable, program, place])
    fact, environment = found[path], found[place]
    assert isinstance(fact, PathFact)
    assert not fact.looked
    assert isinstance(environment, Environment)
    assert environment.tier is Tier.PRODUCTION
    assert found[text] is None
    # A variable that nobody knows is not the same as an unset one.
    assert variable not in found
    assert program not in found
