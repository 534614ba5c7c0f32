"""What the shells that the walker follows have of their own: builtins, splitting, how their text is parsed.

bash is the walker's mother tongue; zsh and fish bring a row each. What must not live here: a shell's
own rules (they stand in that shell's package, imported when a text of it is first met).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any, cast

from safeshell.languages.reading import Parse, ParseFailure, SessionNames
from safeshell.model.statements import Language
from safeshell.model.values import dataclass

if TYPE_CHECKING:
    from safeshell.languages.bash.call import Call
    from safeshell.languages.bash.flow import Outcome

Tree = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Dialect:
    """One shell.

    `tree` parses a text to the shape that the walker knows (shfmt's tree of bash). `handlers` are the
    builtins that change what the rest of the text means, `harmless` those that touch nothing outside.
    `splits`: unquoted expansions are split at blanks. `lists`: what a variable without an index stands
    for where it is a list: its `first` item or `all` of them. `hooks` says of a function's name that the
    shell calls it by itself. `prompts` are variables whose text is expanded at every prompt.
    `evaluates`: a subscript is an expression, whose names stand for expressions in turn.
    """

    language: Language
    tree: Callable[[str, Parse, SessionNames], Tree | ParseFailure]
    handlers: Mapping[str, Callable[[Call], Outcome]]
    harmless: frozenset[str]
    splits: bool = True
    lists: str = "first"
    hooks: Callable[[str], bool] = lambda _name: False
    prompts: frozenset[str] = frozenset()
    evaluates: bool = True


_MODULES = {
    Language.BASH: "safeshell.languages.bash.builtins",
    Language.ZSH: "safeshell.languages.zsh.builtins",
    Language.FISH: "safeshell.languages.fish.builtins",
}
SHELLS = frozenset(_MODULES)
"""Languages that the walker reads."""
_FOUND: dict[Language, Dialect] = {}


def dialect_of(language: Language) -> Dialect:
    """The row of a shell's language."""
    if language not in _FOUND:
        _FOUND[language] = cast("Dialect", import_module(_MODULES[language]).DIALECT)
    return _FOUND[language]
