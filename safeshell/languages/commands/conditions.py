"""The `when:` of packs, compiled to functions of Arguments that answer NO, MAYBE or YES.

What must not live here: rules, and what is done with an answer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from safeshell.languages.commands.certainty import MAYBE, NO, YES, word_matches
from safeshell.languages.commands.grammar import Arguments, Option

if TYPE_CHECKING:
    from safeshell.languages.commands.grammar import Grammar
    from safeshell.languages.words import Word

Condition = Callable[[Arguments], int]


def always(arguments: Arguments) -> int:
    """The condition of a rule that has none."""
    del arguments
    return YES


def never(arguments: Arguments) -> int:
    """The condition of a property that a rule does not have."""
    del arguments
    return NO


def given(arguments: Arguments, option: Option) -> int:
    """Whether the option is given; an unknown word that may hold options leaves it open."""
    if option in arguments.options:
        return MAYBE if option in arguments.doubtful else YES
    return MAYBE if arguments.hidden or option in arguments.doubtful else NO


def refer(grammar: Grammar, name: str) -> Option | str:
    """A name used by a rule: an option of the grammar, else a slot."""
    return grammar.option(name) or name


def compile_condition(data: Any, grammar: Grammar) -> Condition:
    """A condition of docs/packs.md; a list, and several keys of one mapping, mean all of them."""
    if isinstance(data, Mapping):
        parts = [_COMPILERS[key](value, grammar) for key, value in data.items()]
        return parts[0] if len(parts) == 1 else _all(parts)
    return _all([compile_condition(item, grammar) for item in data])


def compile_flag(data: Any, grammar: Grammar) -> Condition:
    """true, false, a list of option names and conditions (any of them), or a condition."""
    if data is None or data is False:
        return never
    if data is True:
        return always
    if isinstance(data, Mapping):
        return compile_condition(data, grammar)
    return _any(
        [_any_option(item, grammar) if isinstance(item, str) else compile_condition(item, grammar) for item in data]
    )


def _all(parts: Sequence[Condition]) -> Condition:
    return lambda arguments: min((part(arguments) for part in parts), default=YES)


def _any(parts: Sequence[Condition]) -> Condition:
    return lambda arguments: max((part(arguments) for part in parts), default=NO)


def _not(part: Condition) -> Condition:
    return lambda arguments: YES - part(arguments)


def _names(data: Any) -> list[str]:
    return [data] if isinstance(data, str) else list(data)


def _any_option(data: Any, grammar: Grammar) -> Condition:
    options = [option for name in _names(data) if (option := grammar.option(name)) is not None]
    if len(options) == 1:
        only = options[0]
        return lambda arguments: given(arguments, only)
    return lambda arguments: max((given(arguments, option) for option in options), default=NO)


def _no_option(data: Any, grammar: Grammar) -> Condition:
    return _not(_any_option(data, grammar))


def _value(data: Mapping[str, Any], grammar: Grammar) -> Condition:
    """Some value of an option matches; the option may be hidden in an unknown word."""
    references = _references(data["of"], grammar)
    options = [reference for reference in references if isinstance(reference, Option)]
    matches = _matcher(data)

    def condition(arguments: Arguments) -> int:
        found = matches(_words(references, arguments))
        if found == NO and any(given(arguments, option) == MAYBE for option in options):
            return MAYBE
        return found

    return condition


def _operand(data: Mapping[str, Any], grammar: Grammar) -> Condition:
    references = _references(data["slot"], grammar)
    matches = _matcher(data)
    return lambda arguments: matches(_words(references, arguments))


def _references(data: Any, grammar: Grammar) -> list[Option | str]:
    return [refer(grammar, name) for name in _names(data)]


def _words(references: list[Option | str], arguments: Arguments) -> list[Word]:
    return [word for reference in references for word in arguments.words_of(reference)]


def _matcher(data: Mapping[str, Any]) -> Callable[[Iterable[Word]], int]:
    """Some word matches a glob of `in`, or some word matches none of `not_in`."""
    nocase = bool(data.get("nocase"))
    if "not_in" in data:
        patterns = [str(item) for item in data["not_in"]]
        return lambda words: max((YES - word_matches(word, patterns, nocase=nocase) for word in words), default=NO)
    patterns = [str(item) for item in data["in"]]
    return lambda words: max((word_matches(word, patterns, nocase=nocase) for word in words), default=NO)


def _count(data: Mapping[str, Any], grammar: Grammar) -> Condition:
    """How many words a slot has; a word that splits may be none or many."""
    references = _references(data["slot"], grammar)
    least, most = data.get("min", 0), data.get("max")

    def condition(arguments: Arguments) -> int:
        words = _words(references, arguments)
        if not any(word.splits for word in words):
            return YES if least <= len(words) and (most is None or len(words) <= most) else NO
        sure = sum(not word.splits for word in words)
        if most is not None and sure > most:
            return NO
        return YES if most is None and sure >= least else MAYBE

    return condition


def _piped(data: Any, grammar: Grammar) -> Condition:
    del grammar
    wanted = bool(data)
    return lambda arguments: YES if arguments.piped is wanted else NO


def _said(data: Mapping[str, Any], grammar: Grammar) -> Condition:
    """Every line on standard input, cut at semicolons too, matches one of the globs; doubt where it is not known."""
    del grammar
    globs = _names(data["in"])

    def condition(arguments: Arguments) -> int:
        if arguments.said is None:
            return MAYBE
        lines = [line.strip() for line in arguments.said.replace(";", "\n").splitlines()]
        return YES if all(any(fnmatchcase(line, glob) for glob in globs) for line in lines if line) else NO

    return condition


_COMPILERS: dict[str, Callable[[Any, Grammar], Condition]] = {
    "option": _any_option,
    "no_option": _no_option,
    "value": _value,
    "operand": _operand,
    "count": _count,
    "piped": _piped,
    "said": _said,
    "any": lambda data, grammar: _any([compile_condition(item, grammar) for item in data]),
    "all": lambda data, grammar: _all([compile_condition(item, grammar) for item in data]),
    "not": lambda data, grammar: _not(compile_condition(data, grammar)),
}
