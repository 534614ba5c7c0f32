"""Answers about a host that nobody looks at: paths by their spelling there, places by their names.

What must not live here: connecting. Previews there are the gateway's business.
"""

from __future__ import annotations

from collections.abc import Sequence

from safeshell.facts.gather import BlindGatherer
from safeshell.facts.paths import SCRATCH, below, normal
from safeshell.model.facts import Answer, Ask, PathFact, Question
from safeshell.policy.observation import Observation
from safeshell.policy.policy import Policy


class RemoteGatherer:
    """For one remote shell. `home` is its home directory, "" while nobody knows it."""

    def __init__(self, *, observation: Observation, policy: Policy) -> None:
        self.home = ""
        self._blind = BlindGatherer(observation=observation, policy=policy)

    def gather(self, questions: Sequence[Question], cwd: str = "") -> dict[Question, Answer]:
        """Paths are taken as existing, so that an overwrite is one; files and programs are unknown."""
        found = self._blind.gather(questions)
        for question in questions:
            if question.about is Ask.PATH:
                found[question] = self.path(question.subject, cwd)
        return found

    def path(self, subject: str, cwd: str) -> PathFact:
        """What a path's spelling tells there. The nearest root wins, so a home below /tmp is no scratch."""
        path = normal(self._absolute(subject, cwd))
        home = self.home if self.home and below(path, self.home) else None
        roots = [root for root in (*SCRATCH, f"{self.home}/.cache" if self.home else "") if root and below(path, root)]
        scratch = max(roots, key=len, default=None)
        if home is not None and scratch is not None and len(home) > len(scratch):
            scratch = None
        inside = bool(cwd) and below(path, normal(cwd))
        return PathFact(
            path=path, resolved=path, exists=True, home=home, scratch_root=scratch, cwd_below=inside, looked=False
        )

    def _absolute(self, subject: str, cwd: str) -> str:
        if subject == "~" or subject.startswith("~/"):
            return (self.home or "/~home") + subject[1:]
        if subject.startswith("~"):
            return f"/{subject}"
        return subject if subject.startswith("/") else f"{cwd or '/~cwd'}/{subject}"
