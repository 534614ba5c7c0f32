"""A line that opens a shell elsewhere: how that shell can be given the hook, read off its statement.

What must not live here: the names of tools (packs say which command carries, and how), starting anything.
"""

from __future__ import annotations

from itertools import pairwise

from safeshell.model.effects import Effect
from safeshell.model.facts import Ask, Question
from safeshell.model.places import Place
from safeshell.model.statements import Statement
from safeshell.model.values import dataclass

OF_A_SHELL = ("itself", "sh")
_LETTERS = 2
_TRUE = ("=true", "=1")


@dataclass(frozen=True, slots=True)
class Carried:
    """One way into a shell that asks.

    `words` is the whole command, `inner` the number of its word where the innermost command begins. `by`:
    "words" (further words are run there), "text" (the option `option` takes a text that is run there),
    "master" (as OpenSSH's connections: `beside` runs words over a control socket that is named `SOCKET`) or "itself" (the innermost command is the shell, which runs scripts of sh), "sh" (a shell that does not). `user` is who the shell belongs to, "" for nobody else.
    `shell` names it, "$" is the caller's $SHELL, "" the user's own. `beside` runs further words in the same
    place without a terminal, () where that is this machine, `place` is that place, and `client` the program
    that leads there. `ready` are words
    that end with 0 where trying again asks for no second password; `permits` are words that end with 0, before a
    command or alone, where the former is allowed and where that can be told.
    """

    words: tuple[str, ...]
    inner: int
    by: str
    option: str = ""
    user: str = ""
    login: bool = False
    shell: str = ""
    beside: tuple[str, ...] = ()
    place: Place | None = None
    ready: tuple[str, ...] = ()
    permits: tuple[str, ...] = ()
    client: str = ""

    def booted(self, program: tuple[str, ...]) -> tuple[str, ...]:
        """The command that runs `program` (sh and a file: plain words) in place of the shell, in the same terminal."""
        before, rest = self.words[: self.inner], self.words[self.inner :]
        if self.by in OF_A_SHELL:
            return (*before, rest[0], *program[1:]) if self.by == "itself" else (*before, *program)
        # `eval` keeps the login shell that runs it alive: its environment is that of before its start files.
        program = ("eval", *program) if self.login else program
        if self.by == "words":
            return (*self.words, *program)
        return (*before, rest[0], f"{self.option}={' '.join(program)}", *rest[1:])


def carried(statement: Statement) -> Carried | None:
    """How this statement's shell is given the hook; None where it opens none, or does more than that."""
    chain = [statement]
    while chain[-1].nested:
        if len(chain[-1].nested) > 1:
            return None
        chain.append(chain[-1].nested[0])
    leaf = chain[-1]
    claimed = {claim.effect for one in chain for claim in one.claims}
    if claimed != {Effect.LEAVES_GUARD} or not leaf.claims or not all(one.understood for one in chain):
        return None
    words = tuple(word for word in statement.words if word is not None)
    by = leaf.detail.get("carry", "")
    if by in ("", "inner") or len(words) != len(statement.words):
        return None
    return _through(chain, words, by)


def _through(chain: list[Statement], words: tuple[str, ...], by: str) -> Carried | None:
    """Each command around the innermost one must let what it runs be carried, too."""
    user, place = "", None
    beside: tuple[str, ...] = ()
    ready: tuple[str, ...] = ()
    permits: tuple[str, ...] = ()
    client = ""
    for outer, inner in pairwise(chain):
        at = len(words) - len(inner.words)
        if outer.detail.get("carry") != "inner" or words[at:] != inner.words:
            return None
        user = outer.detail.get("carry_user", "")
        start = len(words) - len(outer.words)
        ready = ready or _asking(outer, "carry_ready", words, start)
        permits = permits or (_asking(outer, "carry_permits", words, start) if not start else ())
        if outer.place is not None:
            found = without(words[start:at], outer.detail.get("carry_without", ""))
            if place is not None or found == words[start:at]:
                return None  # no terminal was asked for, or a place within a place
            beside, place, client = (*words[:start], *found), outer.place, words[start]
    leaf = chain[-1]
    begin = len(words) - len(leaf.words)
    if by == "master":
        if place is not None or begin:
            return None  # whose socket would it be?
        place, client = leaf.place, words[begin]
    own = leaf.detail.get("carry_user", "")
    shell = words[begin] if by in OF_A_SHELL else leaf.detail.get("carry_shell", "")
    login = bool(leaf.detail.get("carry_login"))
    ready = ready or _asking(leaf, "carry_ready", words, begin)
    option = leaf.detail.get("carry_option", "")
    return Carried(words, begin, by, option, own or user, login, shell, beside, place, ready, permits, client)


def _asking(statement: Statement, key: str, words: tuple[str, ...], begin: int) -> tuple[str, ...]:
    options = statement.detail.get(key, "").split()
    return (*words[: begin + 1], *options) if options else ()


def without(words: tuple[str, ...], options: str) -> tuple[str, ...]:
    """The words without these flags. `options` are their names, a bar, and the letters that cluster with them."""
    names, _, letters = options.partition("|")
    gone = names.split()
    left = []
    for word in words:
        if word in gone or any(word == f"{name}{value}" for name in gone for value in _TRUE if len(name) > _LETTERS):
            continue
        if len(word) > _LETTERS and word[0] == "-" and set(word[1:]) <= set(letters):
            word = "-" + "".join(letter for letter in word[1:] if f"-{letter}" not in gone)  # noqa: PLW2901 - the word that is left
            if word == "-":
                continue
        left.append(word)
    return tuple(left)


def carried_question(way: Carried) -> Question:
    """The question whether this shell can be followed now; `carried_of` is its inverse."""
    place = way.place
    fields = (way.by, way.option, way.user, "1" * way.login, way.shell, str(way.inner), way.client)
    there = () if place is None else (place.kind, place.name, *(f"{k}={v}" for k, v in sorted(place.detail.items())))
    groups = (fields, way.words, way.beside, way.ready, way.permits, there)
    return Question(Ask.CARRIED, "\0\0".join("\0".join(f".{word}" for word in group) for group in groups))


def carried_of(question: Question) -> Carried:
    """What a CARRIED question asks about."""
    groups = [tuple(word[1:] for word in group.split("\0") if word) for group in question.subject.split("\0\0")]
    fields, words, beside, ready, permits, there = groups
    by, option, user, login, shell, inner, client = fields
    detail = dict(item.split("=", 1) for item in there[2:])
    place = Place(there[0], there[1], detail=detail) if there else None
    return Carried(words, int(inner), by, option, user, bool(login), shell, beside, place, ready, permits, client)
