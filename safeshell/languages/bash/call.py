"""One simple command on its way to a Statement.

What must not live here: deciding what the command means.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from safeshell.languages.bash.flow import Stdin
from safeshell.languages.bash.state import State
from safeshell.languages.words import Word
from safeshell.model.effects import Effect
from safeshell.model.places import Place
from safeshell.model.statements import Claim, Language, Span, Statement
from safeshell.model.values import dataclass, field, replace

if TYPE_CHECKING:
    from safeshell.languages.bash.walker import Walker

SHELL_ONLY = Claim(Effect.READS, "bash.shell", "changes only this shell")


@dataclass(slots=True)
class Call:
    """A command's words with everything that counts when it runs.

    `state` belongs to the call and may be changed. `redirected` are the claims of its redirections,
    `moved` says that its standard output goes elsewhere. `functions` and `builtins` are False where
    the shell does not look these up (`command`, and programs started by other programs).
    `appended`: more words that nobody sees follow. `vanished`: a word expanded to nothing at all.
    `high_descriptor`: a redirection names a descriptor where only programs that hide theirs put them.
    """

    walker: Walker
    words: list[Word]
    state: State
    stdin: Stdin
    source: str
    span: Span
    redirected: tuple[Claim, ...] = ()
    moved: bool = False
    functions: bool = True
    builtins: bool = True
    appended: bool = False
    vanished: bool = False
    high_descriptor: bool = False

    def with_words(self, words: list[Word], *, functions: bool = True, builtins: bool = True) -> Call:
        """The same call for other words (`command rm x` -> `rm x`)."""
        return replace(self, words=words, functions=functions, builtins=builtins)


@dataclass(slots=True)
class Draft:
    """What becomes the Statement of a call."""

    verb: str
    claims: list[Claim] = field(default_factory=list)
    nested: list[Statement] = field(default_factory=list)
    understood: bool = True
    dynamic: bool = False
    place: Place | None = None
    detail: Mapping[str, str] = field(default_factory=dict)
    directory: tuple[str | None, ...] | None = None

    def lost(self, why: str) -> None:
        """Not understood, and why."""
        self.understood = False
        self.dynamic = True
        self.detail = {**self.detail, "why": why}

    def opaque(self, why: str) -> None:
        """It runs a text that only running tells."""
        self.claims.append(Claim(Effect.RUNS_OPAQUE_CODE, "bash.opaque", why))
        self.dynamic = True


def finish(call: Call, draft: Draft) -> None:
    """Emit the statement. Redirections happen here even where the command acts elsewhere."""
    own = draft.claims if draft.place is not None else [*draft.claims, *call.redirected]
    statement = Statement(
        language=Language.BASH,
        text=call.source,
        span=call.span,
        verb=draft.verb,
        claims=tuple(own),
        understood=draft.understood,
        dynamic=draft.dynamic,
        nested=tuple(draft.nested),
        place=draft.place,
        detail=draft.detail,
        words=tuple([word.known for word in call.words]),
        directory=call.state.directory,
    )
    call.walker.emit(statement)
    if draft.place is not None and call.redirected:
        call.walker.emit(Statement(Language.BASH, call.source, call.span, ">", claims=call.redirected))
