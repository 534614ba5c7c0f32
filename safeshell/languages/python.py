"""Programs of Python (`python3 -c`, a here-document) -> one Statement: whether they only compute and read.

A program reads when every name in it is known to: it is walked as a tree, and whatever is not an ordinary
expression or statement over its own variables, builtins that compute, and the listed names of modules is
code that is not read here. What a call removes, overwrites or runs by a shell is told besides. A module
of the same name in the current directory is not looked for. What must not live here: options of the
program python (a pack tells those), names of functions (pythonwords).
"""

from __future__ import annotations

import builtins
import shlex
import warnings
from typing import TYPE_CHECKING, Any

from safeshell.languages import pythonwords as words
from safeshell.languages.reading import UNKNOWN_PART, Reading, unread_shell
from safeshell.model.effects import Effect
from safeshell.model.statements import Claim, Language, Span, Statement, Target, TargetKind
from safeshell.model.values import dataclass, field

if TYPE_CHECKING:
    import ast
    from collections.abc import Sequence

    from safeshell.languages.reading import ReadShell
    from safeshell.model.knowledge import Knowledge

MAX_TEXT = 16 * 1024
"""Characters of a program that are read; longer ones are code that is not."""
_PLAIN = frozenset(
    [
        "Module",
        "Expr",
        "Assign",
        "AugAssign",
        "AnnAssign",
        "NamedExpr",
        "For",
        "While",
        "If",
        "With",
        "withitem",
        "Try",
        "TryStar",
        "ExceptHandler",
        "FunctionDef",
        "arguments",
        "arg",
        "Return",
        "Pass",
        "Break",
        "Continue",
        "Raise",
        "Assert",
        "Delete",
        "Lambda",
        "ListComp",
        "SetComp",
        "DictComp",
        "GeneratorExp",
        "comprehension",
        "Global",
        "Nonlocal",
        "BoolOp",
        "BinOp",
        "UnaryOp",
        "IfExp",
        "Dict",
        "Set",
        "Compare",
        "FormattedValue",
        "JoinedStr",
        "Constant",
        "Subscript",
        "Starred",
        "List",
        "Tuple",
        "Slice",
        "Yield",
        "YieldFrom",
        "keyword",
        "Load",
        "Store",
        "Del",
        "And",
        "Or",
        "Not",
        "Invert",
        "UAdd",
        "USub",
        "Add",
        "Sub",
        "Mult",
        "MatMult",
        "Div",
        "Mod",
        "Pow",
        "LShift",
        "RShift",
        "BitOr",
        "BitXor",
        "BitAnd",
        "FloorDiv",
        "Eq",
        "NotEq",
        "Lt",
        "LtE",
        "Gt",
        "GtE",
        "Is",
        "IsNot",
        "In",
        "NotIn",
        "TypeIgnore",
        "Index",
        "ExtSlice",
    ]
)
"""Kinds of nodes whose parts say everything about them (ast, abstract grammar)."""


def read(text: str, knowledge: Knowledge, shell: ReadShell = unread_shell) -> Reading:
    """A whole program. Total on any text; see `ReadText`."""
    del knowledge
    span = Span(0, len(text.encode("utf-8", "surrogatepass")))
    tree = _tree(text)
    if tree is None:
        claims, nested = [_opaque("is code that is not read here")], []
    else:
        look = _Look(shell)
        look.at(tree)
        claims, nested = list(dict.fromkeys(look.claims)), look.nested
    if not claims and not nested:
        claims = [Claim(Effect.READS, "python.reads", "computes, reads and prints")]
    dynamic = any(claim.effect is Effect.RUNS_OPAQUE_CODE for claim in claims)
    return Reading(
        (Statement(Language.PYTHON, text, span, "python", tuple(claims), dynamic=dynamic, nested=tuple(nested)),)
    )


def _opaque(reason: str) -> Claim:
    return Claim(Effect.RUNS_OPAQUE_CODE, "python.code", reason)


def _tree(text: str) -> ast.Module | None:
    """The program's tree; None for what this Python does not take, or not in this depth."""
    import ast  # noqa: PLC0415 - only programs of Python need it

    if len(text) > MAX_TEXT:
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


@dataclass(slots=True)
class _Look:
    """What was found in one program. `modules` are names that stand for modules, `known` full names of what was imported."""

    shell: ReadShell
    claims: list[Claim] = field(default_factory=list)
    nested: list[Statement] = field(default_factory=list)
    names: dict[str, str] = field(default_factory=dict)
    own: set[str] = field(default_factory=set)

    def at(self, tree: ast.Module) -> None:
        """Look at the whole program."""
        import ast  # noqa: PLC0415 - as in `_tree`

        for node in ast.walk(tree):
            self._bind(node)
        try:
            self._visit(tree)
        except RecursionError:
            self._lost("nests deeper than is read here")

    def _bind(self, node: Any) -> None:
        """Names that the program makes: its own, and those of modules."""
        kind = type(node).__name__
        if kind == "Import":
            for alias in node.names:
                head = alias.name if alias.asname else alias.name.partition(".")[0]
                self._import(alias.asname or head, head)
        elif kind == "ImportFrom":
            for alias in node.names:
                module = "" if node.level else node.module or ""
                self._import(alias.asname or alias.name, f"{module}.{alias.name}")
        elif kind == "Name" and type(node.ctx).__name__ != "Load":
            self._own(node.id)
        elif kind == "arg":
            self._own(node.arg)
        elif kind in ("FunctionDef", "ExceptHandler") and node.name:
            self._own(node.name)

    def _own(self, name: str) -> None:
        """A name that the program gives a value; `eval = eval` would hide what is called by it."""
        if hasattr(builtins, name) and name not in words.BUILTINS:
            self._lost(f"gives the name {name} to something else")
        self.own.add(name)

    def _import(self, name: str, full: str) -> None:
        known = full in _PREFIXES or _reads(full) or full in _CALLED
        if not known or self.names.get(name, full) != full:
            self._lost(f"imports {full.lstrip('.')}, which is not read here")
        self.names[name] = full

    def _lost(self, reason: str) -> None:
        self.claims.append(_opaque(reason))

    # ---- the walk ---------------------------------------------------------------------------------

    def _visit(self, node: Any) -> None:
        import ast  # noqa: PLC0415 - as in `_tree`

        kind = type(node).__name__
        if kind in ("Import", "ImportFrom"):
            return
        if kind == "Call":
            self._call(node)
            return
        if kind in ("Name", "Attribute"):
            self._name(node)
            return
        if kind not in _PLAIN or getattr(node, "decorator_list", None):
            self._lost(f"holds {'a decorator' if kind in _PLAIN else kind}, which is not read here")
        for child in ast.iter_child_nodes(node):
            self._visit(child)

    def _name(self, node: Any) -> None:
        """A name that is used for its value; an attribute of a value is its own affair unless it is private."""
        full, base = self._full(node)
        kind = type(node).__name__
        if full is not None:
            head = _longest(full)
            if not head or any(part.startswith("_") for part in full[len(head) :].split(".") if part):
                self._lost(f"uses {full}, which is not read here")
        elif kind == "Attribute":
            if node.attr.startswith("_"):
                self._lost(f"uses {node.attr}, which is not read here")
            self._visit(base)
        elif type(node.ctx).__name__ == "Load" and node.id not in self.own and node.id not in words.BUILTINS:
            name = "a name that only running tells" if node.id == UNKNOWN_PART else node.id
            self._lost(f"uses {name}, which is not read here")

    def _full(self, node: Any) -> tuple[str | None, Any]:
        """The full name of what comes out of a module (`os.path.join`), None for anything else; and what it hangs on."""
        parts: list[str] = []
        at = node
        while type(at).__name__ == "Attribute":
            parts.append(at.attr)
            at = at.value
        base = node.value if parts else node
        if type(at).__name__ != "Name" or at.id not in self.names:
            return None, base
        return ".".join([self.names[at.id], *reversed(parts)]), base

    def _call(self, node: Any) -> None:
        full, _ = self._full(node.func)
        if full is None and type(node.func).__name__ == "Name" and node.func.id not in self.own:
            full = node.func.id
        if full in _CALLED and any(type(argument).__name__ == "Starred" for argument in node.args):
            self._lost(f"calls {full} with arguments that only running tells")
        elif full in words.OPENS:
            self._opened(node, full or "")
        elif full in words.FETCHES:
            self._fetched(node, full or "")
        elif full in _CALLED:
            self._done(node, full or "")
        else:
            self._visit(node.func)
        for argument in (*node.args, *node.keywords):
            self._visit(argument)

    def _opened(self, node: Any, full: str) -> None:
        given = {keyword.arg: keyword.value for keyword in node.keywords}
        mode = node.args[1] if len(node.args) > 1 else given.get("mode")
        text = _constant(mode) if mode is not None else "r"
        if text in words.READ_MODES and words.OPEN_OPTIONS.issuperset(given) and len(node.args) <= 3:  # noqa: PLR2004 - path, mode, buffering
            return
        self._lost(f"opens a file by {full} to write to it")
        if text is not None and "w" in text and node.args:
            self._deed(words.Deed(Effect.DESTROYS_DATA, "replaces a file"), node.args)

    def _fetched(self, node: Any, full: str) -> None:
        given = {keyword.arg for keyword in node.keywords}
        if len(node.args) != 1 or not words.FETCHES[full].issuperset(given):
            self._lost(f"calls {full} with more than an address")

    def _done(self, node: Any, full: str) -> None:
        """A call that changes something: told by what it does, as far as its words are constants."""
        self._lost(f"calls {full}")
        if full in words.DEEDS:
            self._deed(words.DEEDS[full], node.args)
            return
        text = _constant(node.args[0]) if node.args else None
        if text is None and node.args and type(node.args[0]).__name__ in ("List", "Tuple"):
            told = [_constant(item) for item in node.args[0].elts]
            text = None if None in told else shlex.join(item for item in told if item is not None)
        if text is not None:
            self.nested += self.shell(text)

    def _deed(self, deed: words.Deed, arguments: Sequence[Any]) -> None:
        targets: tuple[Target, ...] = ()
        if 0 <= deed.at < len(arguments):
            value = _constant(arguments[deed.at])
            targets = (Target(TargetKind.PATH, value or "?", value, recursive=deed.recursive),)
        preview = "files" if targets and deed.effect is Effect.DESTROYS_DATA else ""
        claim = Claim(deed.effect, "python.deed", deed.reason, targets, recursive=deed.recursive, preview=preview)
        self.claims.append(claim)


_CALLED = words.OPENS | frozenset(words.FETCHES) | frozenset(words.DEEDS) | words.SHELLS | words.PROGRAMS
_PREFIXES = frozenset(
    ".".join(parts[: count + 1])
    for name in (*words.READING, *(full.rpartition(".")[0] for full in _CALLED if "." in full))
    for parts in [name.split(".")]
    for count in range(len(parts))
)
"""Modules that may be imported: names of theirs are looked at one by one."""


def _reads(full: str) -> bool:
    module, _, name = full.rpartition(".")
    names = words.READING.get(module, frozenset())
    return name in names or ("*" in names and not name.startswith("_"))


def _longest(full: str) -> str:
    """The part of a dotted name that is known to read (`sys.stdin` of `sys.stdin.read`), "" where none is."""
    parts = full.split(".")
    heads = (".".join(parts[:count]) for count in range(len(parts), 0, -1))
    return next((head for head in heads if _reads(head)), "")


def _constant(node: Any) -> str | None:
    """The text of a constant, without parts that only running tells."""
    value = getattr(node, "value", None) if type(node).__name__ == "Constant" else None
    return value if isinstance(value, str) and UNKNOWN_PART not in value else None
