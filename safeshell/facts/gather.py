"""Answers to the road's questions about files, programs, places and repositories.

Names that only the session's shell knows are left to it. What must not live here: how each answer
is found (the neighbours), what it means (policy).
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence

from safeshell.facts.blind import blind_path
from safeshell.facts.paths import Roots, absolute, path_fact, roots_of
from safeshell.facts.texts import file_text, find_program, fingerprint
from safeshell.model.facts import Answer, Ask, PathFact, ProgramFact, Question, place_of
from safeshell.model.places import Environment, Place
from safeshell.model.values import dataclass, field
from safeshell.policy.environments import environment_of
from safeshell.policy.observation import Observation, TargetFacts
from safeshell.policy.policy import Policy, wanted

Remembered = Callable[[str, str], bool]
"""Whether this person had a program (path, sha256) remembered."""


def _nothing_remembered(_path: str, _sha256: str) -> bool:
    return False


@dataclass(slots=True, kw_only=True)
class Gatherer:
    """Looks for one person on this host.

    `variables` is the environment as the session's commands see it; `started_with` that of the
    guard's start, which alone decides what $TMPDIR is worth. `further_homes` are directories that
    count as a home wherever they lie (the demo's). `shell_names` answers VARIABLE from `variables`
    too, for callers without a session (`check --here`).
    """

    home: str
    variables: Mapping[str, str]
    observation: Observation
    policy: Policy
    remembered: Remembered = _nothing_remembered
    started_with: Mapping[str, str] | None = None
    further_homes: Sequence[str] = ()
    shell_names: bool = False
    _fingerprints: dict[tuple[str, int, int, int], str] = field(default_factory=dict, init=False)
    _roots: Roots = field(init=False)

    def __post_init__(self) -> None:
        started = self.variables if self.started_with is None else self.started_with
        self._roots = roots_of(self.home, started, self.further_homes)

    def gather(self, questions: Sequence[Question], cwd: str) -> dict[Question, Answer]:
        """Every answer that can be found from `cwd` ("" when nobody knows it); the rest is left out."""
        finders: dict[Ask, Callable[[Question, str], Answer]] = {
            Ask.PATH: self._path,
            Ask.FILE_TEXT: self._text,
            Ask.PROGRAM: self._program,
            Ask.PLACE: self._place,
            Ask.PUBLISHED: self._published,
        }
        found: dict[Question, Answer] = {}
        for question in questions:
            finder = finders.get(question.about)
            if finder is not None:
                answer = finder(question, cwd)
                if answer is not None or question.about is Ask.FILE_TEXT:
                    found[question] = answer
            elif self.shell_names:
                found[question] = self.variables.get(question.subject) if question.about is Ask.VARIABLE else None
        return found

    def environment(self, place: Place | None, cwd: str) -> Environment:
        """The environment of a place, None meaning this host."""
        facts = self._target(place, cwd) if place is not None else None
        return environment_of(place, self.observation, self.policy, facts)

    def program(self, word: str, cwd: str) -> ProgramFact | None:
        """Where a command word leads, and the file's fingerprint; None when it cannot be told."""
        path = find_program(word, cwd, self.variables.get("PATH", os.defpath))
        sha256 = self._fingerprint(path) if path else None
        if path is None or sha256 is None:
            return None
        return ProgramFact(path, sha256, self.remembered(path, sha256))

    def _fingerprint(self, path: str) -> str | None:
        try:
            status = os.stat(path)
        except OSError:
            return None
        key = (path, status.st_mtime_ns, status.st_size, status.st_ino)
        if key not in self._fingerprints:
            found = fingerprint(path)
            if found is None:
                return None
            self._fingerprints[key] = found
        return self._fingerprints[key]

    def _target(self, place: Place, cwd: str) -> TargetFacts:
        # Most sessions name no other place: what finds them is imported with the first one.
        from safeshell.facts.places import Surroundings, target_facts

        addresses = wanted(self.policy).addresses
        here = Surroundings(self.variables, cwd, self.home, self.observation.user, addresses)
        return target_facts(place, here)

    def _path(self, question: Question, cwd: str) -> PathFact | None:
        return path_fact(question.subject, cwd, self._roots)

    def _text(self, question: Question, cwd: str) -> str | None:
        path = absolute(question.subject, cwd, self.home)
        return file_text(path) if path is not None else None

    def _program(self, question: Question, cwd: str) -> ProgramFact | None:
        return self.program(question.subject, cwd)

    def _place(self, question: Question, cwd: str) -> Environment:
        return self.environment(place_of(question), cwd)

    def _published(self, question: Question, cwd: str) -> bool | None:
        from safeshell.facts.repositories import published

        return published(question.subject, cwd, self.variables)


class BlindGatherer:
    """Answers without looking at any file: for a text that nobody said where it would run.

    Places keep their names, so their environments are judged by what is written.
    """

    def __init__(self, *, observation: Observation, policy: Policy) -> None:
        self.observation = observation
        self.policy = policy

    def gather(self, questions: Sequence[Question], cwd: str = "") -> dict[Question, Answer]:
        """Paths by their spelling, places by their names; files, programs and repositories are unknown."""
        del cwd
        found: dict[Question, Answer] = {}
        for question in questions:
            if question.about is Ask.PATH:
                found[question] = blind_path(question.subject)
            elif question.about is Ask.PLACE:
                found[question] = self.environment(place_of(question))
            elif question.about in {Ask.FILE_TEXT, Ask.ALIAS, Ask.FUNCTION}:
                found[question] = None
        return found

    def environment(self, place: Place | None, cwd: str = "") -> Environment:
        """The environment of a place by its name alone, None meaning this host."""
        del cwd
        return environment_of(place, self.observation, self.policy)
