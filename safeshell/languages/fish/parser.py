"""fish's grammar: jobs, pipelines, blocks -> the tree that the bash walker follows.

Node names are shfmt's. What must not live here: words (words.py), what a command means.
Rules from the fish manual, "The fish language"; a text that needs more than these is not understood.
"""

from __future__ import annotations

from collections.abc import Callable

from safeshell.languages.fish.text import BLANK, FishError, Node, Text
from safeshell.languages.fish.words import read_words
from safeshell.languages.reading import Parse, ParseFailure, SessionNames

_BLOCKS: dict[str, Callable[[Text], Node]] = {}
_CLOSING = frozenset({"end", "else", "case"})
_NAME = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_"
_WORD_END = " \t\n;|&<>()\"'$*?{\\"
_OPERATORS = ("&>>", "&>?", "&>", ">>", ">&", ">?", "<&", "<?", ">", "<")
_AS_IN_BASH = {"&>?": "&>", ">?": ">", "<?": "<"}
_BY_ITSELF = ("-e", "-v", "-s", "-j", "-p", "--on")
"""Options of `function` after which fish calls it on an event, a variable, a signal, the end of a job."""
CALLED = frozenset(
    {"fish_prompt", "fish_right_prompt", "fish_mode_prompt", "fish_title", "fish_greeting", "fish_command_not_found"}
)
"""Functions that fish calls by itself (fish manual, "Special functions")."""


def fish_tree(text: str, parse: Parse, names: SessionNames) -> Node | ParseFailure:
    """The tree of a fish text, or why there is none."""
    del parse, names
    reading = Text(text)
    try:
        return {"Type": "File", "Stmts": _whole(reading)}
    except FishError as why:
        return ParseFailure(str(why), incomplete=why.incomplete)
    except RecursionError:
        return ParseFailure("it nests deeper than safeshell follows")


def _whole(text: Text) -> list[Node]:
    found = _jobs(text, frozenset())
    if text.peek():
        raise FishError(f"{text.peek()} stands where fish takes none")
    return found


def _jobs(text: Text, closing: frozenset[str]) -> list[Node]:
    """Jobs up to one of these words (which is left), a `)`, or the end."""
    text.enter()
    found: list[Node] = []
    while True:
        text.separators()
        word = _keyword(text)
        if not text.peek() or text.peek() == ")" or word in closing:
            break
        if word in _CLOSING:
            raise FishError(f"{word} stands outside of a block")
        if word in ("and", "or") and found:
            _past(text, word)
            found[-1] = _joined("&&" if word == "and" else "||", found[-1], _job(text))
        else:
            found.append(_conjunction(text))
        text.blanks()
        if text.peek() == "&":
            if text.peek(1) and text.peek(1) not in " \t\n;)|":
                raise FishError("a & stands inside of a word")
            text.at += 1
            found[-1] = {**found[-1], "Background": True}
        elif text.peek() and text.peek() not in ";\n)":
            raise FishError(f"{text.peek()} stands where fish takes none")
    text.depth -= 1
    return found


def _conjunction(text: Text) -> Node:
    """Pipelines with `&&` and `||` between them."""
    found = _job(text)
    while True:
        text.blanks()
        operator = "&&" if text.starts("&&") else "||" if text.starts("||") else ""
        if not operator:
            return found
        text.at += 2
        text.separators()
        found = _joined(operator, found, _job(text))


def _job(text: Text) -> Node:
    """`not`, `and`, `or`, `time` in front of a pipeline."""
    text.blanks()
    word = _keyword(text)
    if word in ("not", "!"):
        _past(text, word)
        return {**_job(text), "Negated": True}
    if word in ("and", "or", "time"):
        _past(text, word)
        return _job(text)
    return _pipeline(text)


def _pipeline(text: Text) -> Node:
    found = _statement(text)
    while True:
        text.blanks()
        if text.starts("||") or not _pipe(text):
            return found
        text.separators()
        if not text.peek():
            raise FishError("a pipe leads nowhere", incomplete=True)
        found = _joined("|", found, _statement(text))


def _pipe(text: Text) -> bool:
    """Past `|`, `&|`, `2>|`."""
    for sign in ("|", "&|", "1>|", "2>|", "3>|"):
        if text.starts(sign) and not text.text.startswith("||", text.at + len(sign) - 1):
            text.at += len(sign)
            return True
    return False


def _joined(operator: str, left: Node, right: Node) -> Node:
    place = {"Pos": left["Pos"], "End": right["End"]}
    return {**place, "Cmd": {**place, "Type": "BinaryCmd", "Op": operator, "X": left, "Y": right}}


def _keyword(text: Text) -> str:
    """The bare word here where it may be a keyword: nothing in it is quoted or expanded."""
    end = text.at
    while end < len(text.text) and text.text[end] not in _WORD_END:
        end += 1
    return text.text[text.at : end] if text.text[end : end + 1] in ("", *" \t\n;|&<>()") else ""


def _past(text: Text, word: str) -> None:
    text.at += len(word)
    text.blanks()
    if text.starts("-"):
        raise FishError(f"{word} has options")
    if not text.peek() or text.peek() in ";\n":
        raise FishError(f"{word} has nothing behind it", incomplete=True)


# ---- statements -----------------------------------------------------------------------------------


def _statement(text: Text) -> Node:
    text.blanks()
    start = text.at
    word = _keyword(text)
    block = _BLOCKS.get(word)
    after = text.text[start + len(word) :].lstrip(BLANK)
    if block is None or (
        word in ("begin", "if", "while", "switch", "for", "function") and after.startswith(("-h", "--help"))
    ):
        return _simple(text)
    if not word:
        return _simple(text)
    text.at += len(word)
    command = block(text)
    words, redirections = _words(text)
    if words:
        raise FishError("something stands behind an end")
    command = {**text.node(start, text.at), **command}
    return text.node(start, text.at, Cmd=command, **({"Redirs": redirections} if redirections else {}))


def _simple(text: Text) -> Node:
    start = text.at
    if text.starts("{") and text.peek(1) in (" ", "\t", "\n", ";"):
        raise FishError("a block in braces is not read")
    assignments = _assignments(text)
    words, redirections = _words(text)
    if not words and not assignments:
        raise FishError("a command is missing", incomplete=not text.peek())
    if not words:
        raise FishError("a variable is set for no command")
    end = text.at
    command = text.node(start, end, Type="CallExpr", Args=words)
    if assignments:
        command["Assigns"] = assignments
    return text.node(start, end, Cmd=command, **({"Redirs": redirections} if redirections else {}))


def _assignments(text: Text) -> list[Node]:
    """`A=b` in front of a command."""
    found: list[Node] = []
    while True:
        start = end = text.at
        while end < len(text.text) and text.text[end] in _NAME:
            end += 1
        if end == start or text.text[end : end + 1] != "=" or text.text[start].isdigit():
            return found
        text.at = end + 1
        name = text.node(start, end, Value=text.text[start:end])
        nothing = not text.peek() or text.peek() in " \t\n;|&<>)"
        values = [] if nothing else read_words(text, _inside)
        value = {"Value": values[0]} if len(values) == 1 else {"Array": {"Elems": [{"Value": one} for one in values]}}
        found.append(text.node(start, text.at, Name=name, **(value if values else {})))
        text.blanks()


def _words(text: Text) -> tuple[list[Node], list[Node]]:
    """Words and redirections up to the end of a simple command."""
    words: list[Node] = []
    redirections: list[Node] = []
    while True:
        text.blanks()
        letter = text.peek()
        if not letter or letter in ";\n)|" or text.starts("&|") or (letter == "&" and not text.starts("&>")):
            return words, redirections
        redirection = _redirection(text)
        if redirection is not None:
            redirections.append(redirection)
        elif _is_pipe_number(text):
            return words, redirections
        else:
            words += read_words(text, _inside)


def _is_pipe_number(text: Text) -> bool:
    return any(text.starts(f"{number}>|") for number in range(1, 10))


def _redirection(text: Text) -> Node | None:
    start = at = text.at
    while text.text[at : at + 1].isdigit():
        at += 1
    number = text.text[start:at]
    operator = next((sign for sign in _OPERATORS if text.text.startswith(sign, at)), "")
    if not operator or text.text.startswith(">|", at) or (number and operator.startswith("&")):
        return None
    text.at = at + len(operator)
    text.blanks()
    if not text.peek() or text.peek() in ";\n|&<>)":
        raise FishError("a redirection leads nowhere", incomplete=not text.peek())
    words = read_words(text, _inside)
    if len(words) != 1:
        raise FishError("a redirection leads to several places")
    node = text.node(start, text.at, Op=_AS_IN_BASH.get(operator, operator), Word=words[0])
    if number:
        node["N"] = {"Value": number}
    return node


def _inside(text: Text) -> list[Node]:
    """The jobs of a substitution, past its `)`."""
    found = _jobs(text, frozenset())
    if text.peek() != ")":
        raise FishError("a substitution is not closed", incomplete=True)
    text.at += 1
    return found


# ---- blocks ---------------------------------------------------------------------------------------


def _end(text: Text) -> None:
    if _keyword(text) != "end":
        raise FishError("a block is not closed", incomplete=not text.peek())
    text.at += len("end")


def _begin(text: Text) -> Node:
    body = _jobs(text, frozenset({"end"}))
    _end(text)
    return {"Type": "Block", "Stmts": body}


def _condition(text: Text) -> list[Node]:
    """A condition with the `and` and `or` that follow it."""
    found = _conjunction(text)
    while True:
        before = text.at
        text.separators()
        word = _keyword(text)
        if word not in ("and", "or"):
            text.at = before if text.peek() != ";" else text.at
            return [found]
        _past(text, word)
        found = _joined("&&" if word == "and" else "||", found, _job(text))


def _if(text: Text) -> Node:
    made: Node = {"Type": "IfClause", "Cond": _condition(text), "Then": _jobs(text, frozenset({"end", "else"}))}
    if _keyword(text) == "else":
        start = text.at
        text.at += len("else")
        text.blanks()
        if _keyword(text) == "if":
            text.at += len("if")
            return {**made, "Else": {**text.node(start, text.at), **_if(text)}}
        made["Else"] = {"Type": "IfClause", "Then": _jobs(text, frozenset({"end"}))}
    _end(text)
    return made


def _while(text: Text) -> Node:
    condition = _condition(text)
    body = _jobs(text, frozenset({"end"}))
    _end(text)
    return {"Type": "WhileClause", "Cond": condition, "Do": body}


def _for(text: Text) -> Node:
    words, redirections = _words(text)
    name = _exact(words[0]) if words else None
    if redirections or len(words) < 2 or not name or _exact(words[1]) != "in":  # noqa: PLR2004 - NAME in
        raise FishError("for needs a name and `in`", incomplete=not text.peek() and not words)
    body = _jobs(text, frozenset({"end"}))
    _end(text)
    loop = {"Type": "WordIter", "Name": {"Value": name}, "InPos": words[1]["Pos"], "Items": words[2:]}
    return {"Type": "ForClause", "Loop": loop, "Do": body}


def _switch(text: Text) -> Node:
    words, redirections = _words(text)
    if len(words) != 1 or redirections:
        raise FishError("switch needs one word", incomplete=not text.peek() and not words)
    text.separators()
    items: list[Node] = []
    while _keyword(text) == "case":
        text.at += len("case")
        patterns, _ = _words(text)
        items.append({"Op": ";;", "Patterns": patterns, "Stmts": _jobs(text, frozenset({"case", "end"}))})
    _end(text)
    return {"Type": "CaseClause", "Word": words[0], "Items": items}


def _function(text: Text) -> Node:
    words, redirections = _words(text)
    name = _exact(words[0]) if words else None
    options = [_exact(word) for word in words[1:]]
    if redirections or not name or None in options:
        raise FishError("a function's name is only known while it runs")
    body = _jobs(text, frozenset({"end"}))
    _end(text)
    place = text.node(text.at, text.at)
    block = {**place, "Cmd": {**place, "Type": "Block", "Stmts": body}}
    declared = {**place, "Type": "FuncDecl", "Name": {"Value": name}, "Body": block}
    if name in CALLED or any((option or "").startswith(_BY_ITSELF) for option in options):
        return {"Type": "Block", "Stmts": [{**place, "Cmd": declared}, block]}
    return declared


def _exact(word: Node) -> str | None:
    parts = word.get("Parts", [])
    return str(parts[0]["Value"]) if len(parts) == 1 and parts[0]["Type"] == "SglQuoted" else None


_BLOCKS.update({"begin": _begin, "if": _if, "while": _while, "for": _for, "switch": _switch, "function": _function})
