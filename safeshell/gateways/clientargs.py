"""A client's command line, read as GNU getopt_long reads it and changed as little as it can be.

Options may be shortened, clustered and mixed with operands, the last one of a kind counts. What must
not live here: the options of any program (clientrows), what a connection text means.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from safeshell.gateways.clientrows import Option, Row
from safeshell.model.values import dataclass, field, replace


@dataclass(frozen=True, slots=True)
class Given:
    """One option of a command line, in the word `at`.

    `index` and `offset` tell in which word, and where in it, the value begins; -1 for a flag.
    """

    name: str
    value: str
    at: int
    index: int = -1
    offset: int = -1


@dataclass(slots=True)
class Arguments:
    """The words after the program's name, taken apart.

    `operands` are the indexes of the operands. `end` is where further options may be put in so that
    they count last; -1 where the program will reject the line anyway.
    """

    words: tuple[str, ...]
    row: Row
    given: list[Given] = field(default_factory=list)
    operands: list[int] = field(default_factory=list)
    end: int = -1

    def has(self, *names: str) -> bool:
        """True when one of these options is given (by its short name where it has one)."""
        return any(given.name in names for given in self.given)

    def values(self, *names: str) -> list[str]:
        """The values of these options, in order."""
        return [given.value for given in self.given if given.name in names]

    def server(self) -> dict[str, str]:
        """host, port, user, dbname: what options and operands name, an option before an operand."""
        found = {self.row.roles[given.name]: given.value for given in self.given if given.name in self.row.roles}
        for role, index in self._roles_of_operands(found):
            found[role] = self.words[index]
        return found

    def database_at(self) -> tuple[int, int]:
        """Index and offset of the text that names the database; -1 where none does."""
        options = [given for given in self.given if self.row.roles.get(given.name) == "dbname"]
        if options:
            return options[-1].index, options[-1].offset
        return next(((index, 0) for role, index in self._roles_of_operands({}) if role == "dbname"), (-1, -1))

    def _roles_of_operands(self, taken: Mapping[str, str]) -> list[tuple[str, int]]:
        """Operands in order fill the roles that no option filled, as psql has it."""
        free = [role for role in self.row.operands if role not in taken]
        return [(role, index) for role, index in zip(free, self.operands, strict=False) if role]

    def changed(self, added: Sequence[str], database: str | None = None) -> list[str]:
        """The words with `added` where they count last, and another text for the database."""
        words = list(self.words)
        index, offset = self.database_at()
        if database is not None and index >= 0:
            words[index] = words[index][:offset] + database
        if self.end >= 0:
            words[self.end : self.end] = added
        return words


def read_arguments(words: Sequence[str], row: Row, *, strict_order: bool = False) -> Arguments:
    """Take a command line apart; total on any words. `strict_order` is POSIXLY_CORRECT."""
    found = Arguments(tuple(words), row)
    at, complete = 0, True
    while at < len(words):
        word = words[at]
        if word == "--":
            found.operands += range(at + 1, len(words))
            break
        if word.startswith("--"):
            complete = _long(found, at)
            at += 1 + _separate(found, at)
        elif len(word) > 1 and word.startswith("-"):
            complete = _cluster(found, at)
            at += 1 + _separate(found, at)
        else:
            if strict_order:
                found.operands += range(at, len(words))
                break
            found.operands.append(at)
            at += 1
    found.end = min(at, len(words)) if complete else -1
    return found


def _separate(found: Arguments, at: int) -> int:
    """1 when the option of this word took the next word as its value."""
    return int(bool(found.given) and found.given[-1].index == at + 1)


def _long(found: Arguments, at: int) -> bool:
    """False when a value is missing."""
    word = found.words[at]
    name, equals, value = word[2:].partition("=")
    option = long_option(found.row, name)
    if option is None:
        return True
    key = option.short or option.long
    if equals:
        found.given.append(Given(key, value, at, at, len(name) + 3))
        return True
    return _valued(found, at, option)


def _valued(found: Arguments, at: int, option: Option) -> bool:
    key = option.short or option.long
    if option.takes != ":":
        found.given.append(Given(key, "", at))
        return True
    if at + 1 >= len(found.words):
        return False
    found.given.append(Given(key, found.words[at + 1], at, at + 1, 0))
    return True


def _cluster(found: Arguments, at: int) -> bool:
    """`-qAtc TEXT`: flags up to the first option that takes the rest, or the next word."""
    word = found.words[at]
    for offset in range(1, len(word)):
        option = next((one for one in found.row.options if one.short == word[offset]), None)
        if option is None:
            continue
        if option.takes == ":" and offset + 1 < len(word):
            found.given.append(Given(option.short, word[offset + 1 :], at, at, offset + 1))
            return True
        if not _valued(found, at, option):
            return False
        if option.takes == ":":
            return True
    return True


def without(words: Sequence[str], row: Row, own: Sequence[Option]) -> tuple[list[str], list[Given]]:
    """The words without the wrapper's own long options, and those. Both are read as one command line."""
    read = read_arguments(words, replace(row, options=(*row.options, *own)))
    names = {option.long for option in own}
    taken = [given for given in read.given if given.name in names]
    gone = {index for given in taken for index in (given.at, given.index)}
    return [word for at, word in enumerate(words) if at not in gone], taken


def long_option(row: Row, name: str) -> Option | None:
    """The option of this long name, or of the one that this is the only beginning of."""
    found = [option for option in row.options if option.long and option.long.startswith(name)]
    exact = [option for option in found if option.long == name]
    if exact:
        return exact[0]
    same = {(option.short, option.takes) for option in found if option.short} | {
        (option.long, option.takes) for option in found if not option.short
    }
    return found[0] if len(same) == 1 else None
