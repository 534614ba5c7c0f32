"""Which commands open a shell that can be given the hook, and how: the `carries` of packs.

What must not live here: the names of tools, starting anything (gateways.carriers).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from safeshell.languages.commands.certainty import YES
from safeshell.languages.commands.conditions import always, compile_condition, refer
from safeshell.model.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Mapping

    from safeshell.languages.commands.conditions import Condition
    from safeshell.languages.commands.grammar import Arguments, Grammar, Option

_LETTER = 2
ROOT = "root"
"""Whose shell it is where a command that takes a user is given none."""


@dataclass(frozen=True, slots=True, eq=False)
class Carry:
    """One compiled item of `carries`; `detail` is what it says whatever the arguments are."""

    when: Condition
    login: Condition
    user: Option | str
    detail: Mapping[str, str]


def compile_carry(raw: Mapping[str, Any], grammar: Grammar) -> Carry:
    """One validated item."""
    user = raw.get("user", "")
    detail = {"carry": raw["by"], "carry_option": raw.get("option", ""), "carry_shell": raw.get("shell", "")}
    detail |= {f"carry_{key}": " ".join(raw.get(key, ())) for key in ("ready", "permits")}
    if "without" in raw:
        names = " ".join(name for given in raw["without"] for name in _names(grammar, given))
        detail["carry_without"] = f"{names}|{_letters(grammar)}"
    return Carry(
        when=compile_condition(raw["when"], grammar) if "when" in raw else always,
        login=compile_condition(raw["login"], grammar) if "login" in raw else _never,
        user=refer(grammar, user) if user else "",
        detail={key: value for key, value in detail.items() if value},
    )


def _never(_arguments: Arguments) -> int:
    return 0


def _names(grammar: Grammar, name: str) -> tuple[str, ...]:
    option = grammar.option(name)
    return option.names if option is not None else (name,)


def _letters(grammar: Grammar) -> str:
    """The letters of flags: what may stand in one word with another."""
    flags = (name for name, option in grammar.options.items() if option.takes == "flag")
    return "".join(sorted(name[1] for name in flags if len(name) == _LETTER and name[1] != "-"))


def carry_detail(carries: tuple[Carry, ...], arguments: Arguments) -> Mapping[str, str]:
    """What the first item says that surely applies; {} where none does or its user is not known."""
    for carry in carries:
        if carry.when(arguments) != YES:
            continue
        words = arguments.words_of(carry.user) if carry.user else ()
        user = (words[-1].known if words else ROOT) if carry.user else ""
        if user is None:
            return {}
        login = {"carry_login": "yes"} if carry.login(arguments) == YES else {}
        return {**carry.detail, **login, **({"carry_user": user} if user else {})}
    return {}
