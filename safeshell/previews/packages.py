"""What removing, installing or upgrading packages would change, as the package manager itself simulates it.

What must not live here: downloading; a simulation works from what is on the disk.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from safeshell.model.judgement import Exactness, Preview, Reversibility
from safeshell.previews.programs import Program
from safeshell.previews.subject import Subject
from safeshell.previews.telling import count, listing, sentences

_APT_OPTIONS = ("-s", "-o", "Debug::NoLocking=1", "-o", "APT::Get::Show-User-Simulation-Note=0", "-qq")
_APT_ACTIONS = frozenset(
    {"remove", "purge", "autoremove", "autopurge", "install", "reinstall", "upgrade", "full-upgrade", "dist-upgrade"}
)
_APT_NAMES = {"full-upgrade": "dist-upgrade", "autopurge": "autoremove"}
_APT_VALUED = frozenset(
    {"-o", "--option", "-c", "--config-file", "-t", "--target-release", "-a", "--host-architecture"}
)
_SAMPLE_MOST = 15
_MARKS = {"Remv": "removes", "Purg": "purges", "Inst": "installs"}
"""The first words of apt-get's simulation and what they say; `Conf` repeats what `Inst` said."""


def look(subject: Subject) -> Iterator[Preview]:
    """By the package manager that the line names."""
    if None in subject.words or not subject.words:
        yield _unknown("which packages is only known when it runs")
        return
    simulate = _SIMULATIONS.get(subject.verb.split(" ")[0])
    argv = simulate([word or "" for word in subject.words]) if simulate else None
    if argv is None:
        # Not a failed preview: there is none for this, which is no reason to ask harder.
        yield Preview(f"{subject.verb or 'this'} cannot be simulated here", unit="packages")
        return
    yield from _simulated(argv, subject)


def _apt(words: list[str]) -> list[str] | None:
    """The same action on the same packages, simulated (aptitude's names for them are apt's).

    The person's options are not repeated: one of them could end the simulation.
    """
    plain = list(_operands(words[1:]))
    action = next((word for word in plain if word in _APT_ACTIONS), None)
    if action is None:
        return None
    purging = ["--purge"] if "--purge" in words or action == "autopurge" else []
    names = [word for word in plain[plain.index(action) + 1 :] if not word.startswith("-")]
    return ["apt-get", *_APT_OPTIONS, *purging, _APT_NAMES.get(action, action), "--", *names]


def _operands(words: list[str]) -> Iterator[str]:
    """The words that are no options and no options' values."""
    skip = False
    for word in words:
        if not skip and not word.startswith("-"):
            yield word
        skip = not skip and word in _APT_VALUED


def _dpkg(words: list[str]) -> list[str] | None:
    """What dpkg itself simulates says little; what depends on the packages is apt's to tell."""
    names = [word for word in words[1:] if not word.startswith("-")]
    purge = any(word in ("-P", "--purge") for word in words[1:])
    removing = purge or any(word in ("-r", "--remove") for word in words[1:])
    action = "purge" if purge else "remove"
    return ["apt-get", *_APT_OPTIONS, action, "--", *names] if removing and names else None


_SIMULATIONS: dict[str, Callable[[list[str]], list[str] | None]] = {
    "apt": _apt,
    "apt-get": _apt,
    "aptitude": _apt,
    "dpkg": _dpkg,
}


def _simulated(argv: list[str], subject: Subject) -> Iterator[Preview]:
    program = Program(argv, subject)
    found: dict[str, list[str]] = {"removes": [], "purges": [], "installs": []}
    for line in program.lines():
        mark, _, rest = line.partition(" ")
        if mark in _MARKS:
            found[_MARKS[mark]].append(rest)
    if program.missing:
        yield _unknown(f"{argv[0]} is not installed here")
    elif program.code != 0 or not program.finished:
        yield _unknown(f"{argv[0]} could not tell: {program.error or 'it took too long'}")
    else:
        yield _preview(found)


def _preview(found: dict[str, list[str]]) -> Preview:
    gone = [*found["removes"], *found["purges"]]
    names = [line.split(" ")[0] for line in gone]
    newer = [line for line in found["installs"] if "[" in line.split("(")[0]]
    fresh = len(found["installs"]) - len(newer)
    summary = sentences(
        f"removes {count(len(gone), 'package')}: {listing(names)}" if gone else "",
        f"changes {count(len(newer), 'package')}" if newer else "",
        f"adds {count(fresh, 'package')}" if fresh else "",
    )
    return Preview(
        summary=summary or "changes no package",
        affected=len(gone) + len(found["installs"]),
        unit="packages",
        exactness=Exactness.EXACT,
        sample=tuple([f"- {line}" for line in gone] + [f"+ {line}" for line in found["installs"]])[:_SAMPLE_MOST],
        reversibility=Reversibility.UNKNOWN,
    )


def _unknown(caveat: str) -> Preview:
    return Preview("", unit="packages", exactness=Exactness.UNKNOWN, caveats=(caveat,))
