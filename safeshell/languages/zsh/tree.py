"""shfmt's tree of a zsh text -> the shape that the walker knows.

What zsh means by the same signs is told apart here: `=cmd`, glob qualifiers, named directories,
modifiers (`$x:h`), expansion flags, functions without a name. What has no counterpart becomes a part that only
running tells, or the whole text is not understood. What must not live here: what a command does.
Rules from the zsh manual: zshexpn (expansion), zshmisc (grammar), zshoptions.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from safeshell.languages.bash.fast import fast_tree
from safeshell.languages.reading import Parse, ParseFailure, SessionNames

Node = Mapping[str, Any]
_MISREAD = frozenset({"foreach", "end", "always", "}", "{", "function", "do", "done", "then", "fi", "esac"})
"""Reserved words that shfmt takes for the name of a command."""
_UNUSUAL = frozenset(
    {"ksharrays", "cshjunkiequotes", "cshjunkieloops", "ignorebraces", "kshglob", "shglob", "shfileexpansion"}
)
"""Options under which zsh reads text in a way that is not followed here."""
_QUALIFIERS = re.compile(
    r"\((?:[./@=*rwxRWXAIEDNnpFsSt^-]|[oO][nlLamcdN]|\[[0-9,-]+\]|[amc][MwhmsS]?[+-]?[0-9]+|L[kKmMpPgGtT]?[+-]?[0-9]+|Y[0-9]+)*\)$"
)
"""Qualifiers that choose or order among the names that a pattern matches, and run nothing."""
_CODE = re.compile(r"\([^|]*(?:e[^A-Za-z0-9]|\+[A-Za-z_]|oe|o\+|Oe|O\+)")
_RANGE = re.compile(r"<[0-9]*-[0-9]*>")
_OPERATORS = {">>|": ">>", "&>|": "&>", "&>>|": "&>>", ">&|": ">&"}


class _UnreadError(Exception):
    """A construct that has no counterpart; the message says which."""


def zsh_tree(text: str, parse: Parse, names: SessionNames) -> Node | ParseFailure:
    """The tree of a zsh text. `parse` must have an attribute `zsh` that parses it."""
    plain = fast_tree(text)
    if plain is not None and not _misread(plain):
        return _normal(plain, names.traits)
    in_zsh = getattr(parse, "zsh", None)
    if in_zsh is None:
        return ParseFailure("no parser for zsh is at hand")
    tree: Node | ParseFailure = in_zsh(text)
    if isinstance(tree, ParseFailure):
        return tree
    if _misread(tree):
        spell = getattr(parse, "zsh_spelled", None)
        spelled = spell(text) if spell else ""
        return ParseFailure("it uses a short form of zsh", incomplete=not spelled, spelled=spelled)
    odd = names.traits & _UNUSUAL
    if odd:
        return ParseFailure(f"the option {min(odd)} makes this zsh read text in a way that safeshell does not follow")
    return _normal(tree, names.traits)


def _normal(tree: Node, traits: frozenset[str]) -> Node | ParseFailure:
    try:
        made = _Normaliser(traits).node(tree)
    except _UnreadError as why:
        return ParseFailure(str(why))
    return made if isinstance(made, dict) else ParseFailure("the tree has no root")


def _misread(node: Any) -> bool:
    """Whether a reserved word stands where shfmt saw a command's name."""
    if isinstance(node, Mapping):
        if node.get("Type") == "CallExpr" and node.get("Args"):
            parts = node["Args"][0].get("Parts", ())
            if len(parts) == 1 and parts[0].get("Value") in _MISREAD and parts[0]["Type"] == "Lit":
                return True
        return any(_misread(value) for value in node.values() if isinstance(value, (dict, list)))
    return any(_misread(item) for item in node)


class _Normaliser:
    """One text's rewriting; `traits` are the options of the shell that will read it."""

    def __init__(self, traits: frozenset[str]) -> None:
        self._traits = traits

    def node(self, node: Any) -> Any:
        """A copy of a subtree with zsh's own constructs replaced."""
        if isinstance(node, list):
            return [self.node(item) for item in node]
        if not isinstance(node, Mapping):
            return node
        if "Comments" in node and "interactivecomments" not in self._traits:
            raise _UnreadError("# begins no comment in this zsh (interactive_comments is off)")
        made = {key: self.node(value) if isinstance(value, (dict, list)) else value for key, value in node.items()}
        if "Parts" in made:
            made["Parts"] = self._parts(made["Parts"], quoted=made.get("Type") == "DblQuoted")
        return self._rewritten(made)

    def _rewritten(self, node: dict[str, Any]) -> dict[str, Any]:
        kind = node.get("Type")
        if kind == "FuncDecl" and "Name" not in node and not node.get("Names"):
            return dict(node["Body"]["Cmd"])  # `() { ... }` runs at once
        if kind == "CallExpr":
            self._command(node)
        elif kind == "ParamExp" and "e" in str(node.get("Flags", {}).get("Value", "")):
            raise _UnreadError("${(e)...} runs what stands in the variable's text")
        if node.get("Op") in _OPERATORS and "Word" in node:
            node["Op"] = _OPERATORS[node["Op"]]
        return node

    def _command(self, node: dict[str, Any]) -> None:
        """`=rm` is the program rm; assignments to `path` are ones to PATH."""
        for word in node.get("Args", ())[:1]:
            first = word["Parts"][0] if word.get("Parts") else {}
            if first.get("Type") == "ZshPath":
                word["Parts"] = [{**first, "Type": "Lit"}, *word["Parts"][1:]]
        for assignment in node.get("Assigns", ()):
            if assignment.get("Name", {}).get("Value") == "path":
                assignment["Name"] = {**assignment["Name"], "Value": "PATH"}

    def _parts(self, parts: Sequence[dict[str, Any]], *, quoted: bool) -> list[dict[str, Any]]:
        parts = self._doubled_quotes(parts)
        made: list[dict[str, Any]] = []
        for number, part in enumerate(parts):
            follows = parts[number + 1] if number + 1 < len(parts) else {}
            if part["Type"] == "ParamExp" and part.get("Short") and _modifies(follows):
                made.append({**part, "Type": "ZshModified"})
            elif part["Type"] == "Lit" and not quoted:
                made.append(self._literal(part, first=number == 0, last=number == len(parts) - 1))
            else:
                made.append(part)
        return [part for part in made if part.get("Value") != "" or part["Type"] != "Lit"]

    def _doubled_quotes(self, parts: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
        """Under rc_quotes `'it''s'` is one text with a quote in it."""
        made: list[dict[str, Any]] = []
        for part in parts:
            before = made[-1] if made else {}
            joins = "rcquotes" in self._traits and part["Type"] == before.get("Type") == "SglQuoted"
            if joins and not part.get("Dollar") and not before.get("Dollar"):
                made[-1] = {
                    **before,
                    "Value": before.get("Value", "") + "'" + part.get("Value", ""),
                    "End": part["End"],
                }
            else:
                made.append(part)
        return made

    def _literal(self, part: dict[str, Any], *, first: bool, last: bool) -> dict[str, Any]:
        """Unquoted text: what it is to zsh."""
        text = part["Value"]
        if first and text.startswith("=") and len(text) > 1 and text[1] not in "=~(":
            return {**part, "Type": "ZshPath", "Value": text[1:]}
        if first and text.startswith("~") and _names_directory(text):
            return {**part, "Type": "ZshDirectory"}
        if _CODE.search(text):
            raise _UnreadError("a glob qualifier in it runs code")
        if "(" in text:
            if last and _QUALIFIERS.search(text) and (not first or not text.startswith("(")):
                return {**part, "Value": _QUALIFIERS.sub("", text)}
            return {**part, "Type": "ExtGlob"}
        if _RANGE.search(text):
            return {**part, "Type": "ExtGlob"}
        if "braceccl" in self._traits and "{" in text:
            return {**part, "Type": "ExtGlob"}
        if "extendedglob" in self._traits and ("^" in text or "#" in text or "~" in text[1:]):
            return {**part, "Type": "ExtGlob"}
        return part


def qualifiers_of(text: str) -> str:
    """The qualifiers at the end of a pattern as written, which its value is without; "" where there are none."""
    found = _QUALIFIERS.search(text)
    return found.group() if found else ""


def _modifies(part: Mapping[str, Any]) -> bool:
    """`:h` behind a variable without braces."""
    text = part.get("Value", "") if part.get("Type") == "Lit" else ""
    return len(text) > 1 and text[0] == ":" and (text[1].isalpha() or text[1] == "&")


def _names_directory(text: str) -> bool:
    """`~name`: a user's home, or whatever `hash -d` says; `~`, `~/x`, `~+` and `~-` are what they are."""
    return text not in ("~", "~+", "~-") and not text.startswith(("~/", "~+/", "~-/", "~:"))
