"""What is submitted (Action) and what it was read as (Statement, Claim, Target).

Languages build these; policy judges them. What must not live here: parsing and judging.
"""

from __future__ import annotations

from enum import StrEnum

from safeshell.model.effects import Effect
from safeshell.model.values import dataclass, field

TYPE_CHECKING = False  # typing costs 8 ms, and the first prompt waits
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from safeshell.model.places import Environment, Place


class Language(StrEnum):
    """A language that actions or nested texts are written in."""

    BASH = "bash"
    ZSH = "zsh"
    FISH = "fish"
    POSTGRES = "postgres"
    MYSQL = "mysql"
    REDIS = "redis"
    MONGO = "mongo"
    SED = "sed"
    AWK = "awk"
    CRONTAB = "crontab"
    PYTHON = "python"
    OPAQUE = "opaque"


class TargetKind(StrEnum):
    """What kind of thing a target names; previews and scratch rules go by it."""

    PATH = "path"
    DEVICE = "device"
    HOST = "host"
    PROCESS = "process"
    SERVICE = "service"
    USER = "user"
    PACKAGE = "package"
    REF = "ref"
    REMOTE = "remote"
    NETWORK = "network"
    DATABASE = "database"
    TABLE = "table"
    KEY = "key"
    RESOURCE = "resource"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Span:
    """A half-open range of BYTE offsets into the UTF-8 form of `Action.text`."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Target:
    """One thing that a claim is about.

    `text` is as written, for people. `value` is the expanded text, None when a part of it is not
    known before running (`"$X"`, `$(...)`). A leading `~` or `$HOME` is expanded only by policy and
    facts, so `value` may start with `~/`. `glob` means that `value` holds pattern characters.
    `inside` are the names that come to lie in it where it is a directory (`cp a b`); only policy
    learns whether it is one. `*` stands for a name that nobody knows before running.
    """

    kind: TargetKind
    text: str
    value: str | None
    glob: bool = False
    recursive: bool = False
    inside: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Claim:
    """One effect that a statement would have, as said by a pack rule or a language.

    `if_missing` is the effect that counts instead when a path target does not exist yet
    (`> new.txt`, `cp a new`). `instead` is a ready line that does it more safely; `preview` names
    the preview that shows the damage; `recursive` says that everything below the targets goes too.
    `unbounded` says that this claim reaches further than the text shows (an empty variable, no
    pattern, input from a pipe). `appends` says that nothing that was there before is lost.
    """

    effect: Effect
    rule: str
    reason: str
    targets: tuple[Target, ...] = ()
    if_missing: Effect | None = None
    advice: str = ""
    instead: str = ""
    preview: str = ""
    recursive: bool = False
    unbounded: bool = False
    appends: bool = False


@dataclass(frozen=True, slots=True)
class Statement:
    """One simple command or one database statement, with what it would run in turn.

    `place` is None where it runs in the same place as the statement around it.
    `dynamic` means that the text that runs is only known while it runs (eval "$X", a sourced file,
    an unknown function): the line hook must not switch its backstop off.
    `words` are the command's words after quote removal and expansion, None for one that only running
    tells (globs and `~` as written); empty where there are none. `directory` is where it may run, each
    relative to where the action starts ("" is there, None unknown). Both are for previews.
    """

    language: Language
    text: str
    span: Span
    verb: str
    claims: tuple[Claim, ...] = ()
    understood: bool = True
    dynamic: bool = False
    nested: tuple[Statement, ...] = ()
    place: Place | None = None
    detail: Mapping[str, str] = field(default_factory=dict)
    words: tuple[str | None, ...] = ()
    directory: tuple[str | None, ...] = ("",)

    @property
    def effects(self) -> tuple[Effect, ...]:
        """The effects of this statement alone, without those of `nested`, in claim order."""
        found = [claim.effect for claim in self.claims]
        found += [Effect.UNBOUNDED] * any(claim.unbounded for claim in self.claims)
        found += [Effect.NOT_UNDERSTOOD] * (not self.understood)
        return tuple(dict.fromkeys(found))

    @property
    def targets(self) -> tuple[Target, ...]:
        """Every target of every claim, once."""
        return tuple(dict.fromkeys(target for claim in self.claims for target in claim.targets))

    @property
    def bounded(self) -> bool:
        """False when a claim reaches further than the text shows."""
        return not any(claim.unbounded for claim in self.claims)

    def walk(self) -> Iterator[Statement]:
        """This statement and all nested ones, outermost first."""
        yield self
        for inner in self.nested:
            yield from inner.walk()


@dataclass(frozen=True, slots=True)
class Context:
    """What surrounds an action when it is submitted. Empty strings and None mean "not known"."""

    cwd: str = ""
    database: str = ""
    user: str = ""
    in_transaction: bool = False
    tty: bool = True
    euid: int | None = None


@dataclass(frozen=True, slots=True)
class Action:
    """The unit that is sent and judged WHOLE: a shell line, a query message, one Redis command.

    `submitted_at` is seconds since the epoch (UTC).
    """

    id: str
    session: str
    language: Language
    text: str
    context: Context
    environment: Environment
    submitted_at: float
