"""Subjects and assessments for previews. What must not live here: assertions, mocks."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable

from safeshell.model.effects import RISKS, Effect
from safeshell.model.judgement import Assessment, Finding, Preview
from safeshell.model.places import Place
from safeshell.model.statements import Claim, Language, Span, Statement, Target, TargetKind
from safeshell.previews.subject import Look, Subject
from tests.making import action, environment


def target(value: str | None, kind: TargetKind = TargetKind.PATH, **more: bool) -> Target:
    return Target(kind, value if value is not None else '"$X"', value, **more)


def finding(
    name: str, *targets: Target, effect: Effect = Effect.DESTROYS_DATA, recursive: bool = False, rule: str = "t.rule"
) -> Finding:
    return Finding(
        rule, effect, RISKS[effect], "does it", environment(), preview=name, targets=targets, recursive=recursive
    )


def statement(
    line: str, *findings: Finding, place: Place | None = None, directory: tuple[str | None, ...] = ("",), verb: str = ""
) -> Statement:
    """A statement for plain words with a claim for each finding."""
    claims = [Claim(f.effect, f.rule, f.reason, f.targets, preview=f.preview, recursive=f.recursive) for f in findings]
    words = tuple(line.split())
    return Statement(
        Language.BASH, line, Span(0, 0), verb or words[0], tuple(claims), place=place, words=words, directory=directory
    )


def subject(line: str, one: Finding, cwd: object = "/", seconds: float = 10.0, verb: str = "") -> Subject:
    return Subject(
        one.preview,
        (one,),
        time.monotonic() + seconds,
        "/" if cwd is None else str(cwd),
        None if cwd is None else str(cwd),
        statement(line, one, verb=verb),
    )


def assessment(*pairs: tuple[Statement, tuple[Finding, ...]]) -> Assessment:
    statements = tuple(pair[0] for pair in pairs)
    return Assessment(action("x"), statements, tuple(one for pair in pairs for one in pair[1]))


def last(look: Look, about: Subject) -> Preview:
    """The preview that stands when the look has ended."""
    previews = list(look(about))
    assert previews
    return previews[-1]


def unprivileged(work: Callable[[], object]) -> object:
    """What `work` gives (JSON) when it runs without root's rights: root reads and signals everything."""
    if os.geteuid():
        return work()
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.setgid(65534)
            os.setuid(65534)
            os.write(writing, json.dumps(work()).encode())
        finally:
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as source:
        answer = source.read()
    os.waitpid(child, 0)
    return json.loads(answer)
