"""The shape of a pack, key by key: one description read by the loader and told to editors.

What must not live here: checks that need more than one key (packchecks).
"""

from __future__ import annotations

from typing import Any

from safeshell.languages.commands.arguments import STYLES
from safeshell.model.effects import Effect
from safeshell.model.statements import Language, TargetKind
from safeshell.policy.packnodes import Either, Flag, ListOf, MapOf, Named, Number, Record, Shape, Text

PREVIEWS = ("files", "host", "processes", "service", "users", "git", "crontab", "network", "packages")
PLACES = ("host", "container", "database", "kubernetes", "cloud", "app")
ADDABLE = ("names", "extends", "rules", "subcommands")
"""What a command that extends another may give: nothing that could take something away."""

_EFFECT = Text(choices=tuple(effect.value for effect in Effect if effect is not Effect.UNBOUNDED))
_KIND = Text(choices=tuple(kind.value for kind in TargetKind))
_LANGUAGE = Text(choices=tuple(language.value for language in Language if language is not Language.OPAQUE))
_NAME = Text("a name")
_NAMES = ListOf(_NAME)
_ONE_OR_MORE = ListOf(_NAME, least=1, single=True)
_GLOBS = ListOf(Text("a word or glob", empty=True, loose=True), single=True)
_LINES = ListOf(Text("a shell line"), least=1)

CONDITION = Named("condition")
COMMAND = Named("command")

_CONDITIONS = Either(sequence=ListOf(CONDITION, least=1), mapping=CONDITION)
CONDITION.shape = Record(
    {
        "option": _ONE_OR_MORE,
        "no_option": _ONE_OR_MORE,
        "value": Record(
            {"of": _ONE_OR_MORE, "in": _GLOBS, "not_in": _GLOBS, "nocase": Flag()},
            required=("of",),
            one_of=("in", "not_in"),
        ),
        "operand": Record(
            {"slot": _ONE_OR_MORE, "in": _GLOBS, "not_in": _GLOBS, "nocase": Flag()},
            required=("slot",),
            one_of=("in", "not_in"),
        ),
        "count": Record({"slot": _ONE_OR_MORE, "min": Number(), "max": Number()}, required=("slot",), least=2),
        "any": ListOf(CONDITION, least=1),
        "all": ListOf(CONDITION, least=1),
        "not": _CONDITIONS,
        "piped": Flag(),
        "said": Record({"in": _GLOBS}, required=("in",)),
    },
    least=1,
)
_WHETHER = Either(scalar=Flag(), sequence=ListOf(Either(scalar=_NAME, mapping=CONDITION), least=1), mapping=CONDITION)
"""true, option names, or conditions."""

_SOFT = ListOf(Either(scalar=_NAME, mapping=CONDITION))
"""Options, or conditions, that make a command harmless."""

_OPTION = Either(
    scalar=Text(choices=("flag", "value", "optional")),
    mapping=Record(
        {"takes": Text(choices=("flag", "value", "optional")), "kind": _KIND, "name": _NAME, "same": Flag()}
    ),
)

RULE = Record(
    {
        "id": Text("an id like command.what"),
        "when": _CONDITIONS,
        "effect": _EFFECT,
        "if_missing": _EFFECT,
        "on": _ONE_OR_MORE,
        "implied": _LINES,
        "kind": _KIND,
        "recursive": _WHETHER,
        "unbounded": _WHETHER,
        "appends": _WHETHER,
        "surely": Flag(),
        "spelled": Flag(),
        "into": Either(scalar=_NAME, mapping=Record({"slot": _NAME, "unless": _ONE_OR_MORE}, required=("slot",))),
        "preview": Text(choices=PREVIEWS),
        "reason": Text("what it does, third person"),
        "advice": Text("one sentence"),
        "instead": Text("a shell line"),
        "examples": _LINES,
        "counter_examples": _LINES,
    },
    required=("id", "effect", "reason", "examples", "counter_examples"),
)

_FORMS = ("argv", "words", "text", "stdin", "file", "interactive", "opaque")
WRAP = Record(
    {
        "argv": _NAME,
        "words": _NAME,
        "text": _NAME,
        "stdin": _LANGUAGE,
        "file": _NAME,
        "interactive": Flag(),
        "opaque": Text("an option, a slot, or true"),
        "language": _LANGUAGE,
        "until": ListOf(_NAME, least=1),
        "appended": Flag(),
        "placeholder": Text("the text that outside words replace, or the option that gives it"),
        "below": _NAME,
        "guarded": Text("the guarded program that takes the same words"),
        "reason": Text("what it does, third person"),
        "when": _CONDITIONS,
    },
    one_of=_FORMS,
)

CARRY = Record(
    {
        "by": Text(choices=("words", "text", "itself", "sh", "inner", "master")),
        "option": _NAME,
        "user": _NAME,
        "shell": Text(choices=("$",)),
        "login": _CONDITIONS,
        "ready": ListOf(_NAME, least=1),
        "permits": ListOf(_NAME, least=1),
        "without": ListOf(_NAME, least=1),
        "when": _CONDITIONS,
    },
    required=("by",),
)

PLACE = Record(
    {
        "kind": Text(choices=PLACES),
        "name": _ONE_OR_MORE,
        "when": _CONDITIONS,
        "detail": MapOf(_ONE_OR_MORE, "the name of a detail"),
    },
    required=("kind",),
)

_COMMAND_FIELDS: dict[str, Shape] = {
    "name": _NAME,
    "names": ListOf(_NAME, least=1),
    "extends": Flag(),
    "relative": Flag(),
    "summary": Text(empty=True),
    "style": Text(choices=tuple(sorted(STYLES))),
    "options": MapOf(_OPTION, "names of an option"),
    "operands": Text("slots, like `source... destination`", empty=True),
    "operands_when": ListOf(
        Record(
            {"options": _ONE_OR_MORE, "operands": Text("slots", empty=True)},
            required=("options", "operands"),
        )
    ),
    "kinds": MapOf(_KIND, "a slot or option"),
    "subcommands": ListOf(COMMAND),
    "abbreviations": Flag(),
    "default_subcommand": _NAME,
    "rules": ListOf(RULE),
    "otherwise": _EFFECT,
    "unknown_subcommand": _EFFECT,
    "informational": _SOFT,
    "dry_run": _SOFT,
    "wraps": ListOf(WRAP),
    "carries": ListOf(CARRY),
    "assignments": Flag(),
    "elevates": Flag(),
    "place": PLACE,
}
COMMAND.shape = Record(_COMMAND_FIELDS, one_of=("name", "names"))

PACK = Record(
    {"pack": _NAME, "version": Number(1), "title": Text(), "commands": ListOf(COMMAND)},
    required=("pack", "version", "commands"),
)


def schema() -> dict[str, Any]:
    """The JSON Schema (2020-12) of a pack."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "safeshell command pack",
        **PACK.schema(),
        "$defs": {
            "command": COMMAND.shape.schema() if COMMAND.shape else {},
            "condition": CONDITION.shape.schema() if CONDITION.shape else {},
        },
    }
