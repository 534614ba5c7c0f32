"""Redirections: what is overwritten, appended to, read; and what a command gets on standard input.

What must not live here: the commands in front of them. Rules from the bash manual, section 3.6.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from functools import partial
from typing import TYPE_CHECKING, Any

from safeshell.languages.bash.flow import Stdin
from safeshell.languages.bash.nested import file_text
from safeshell.languages.words import Piece, PieceKind, Word, scratch_pattern
from safeshell.model.effects import Effect
from safeshell.model.statements import Claim, Target, TargetKind
from safeshell.model.values import replace

if TYPE_CHECKING:
    from safeshell.languages.bash.expand import Expander
    from safeshell.languages.bash.state import State
    from safeshell.languages.bash.walker import Walker

Node = Mapping[str, Any]

_OVERWRITING = frozenset({">", ">|", "<>", "&>", ">&"})
_APPENDING = frozenset({">>", "&>>"})
_HERE = frozenset({"<<", "<<-"})

_HARMLESS = ("/dev/null", "/dev/zero", "/dev/full", "/dev/tty", "/dev/stdin", "/dev/stdout", "/dev/stderr", "/dev/fd/*",
             "/proc/self/fd/*")  # fmt: skip
_PLAIN_FILES = ("/dev/shm/*", "/dev/mqueue/*")  # noqa: S108 - names to be recognised, nothing is put there
_SPECIAL: tuple[tuple[str, Effect, TargetKind, str], ...] = (
    ("/dev/tcp/*", Effect.WRITES, TargetKind.NETWORK, "sends to the network"),
    ("/dev/udp/*", Effect.WRITES, TargetKind.NETWORK, "sends to the network"),
    ("/dev/pts/*", Effect.WRITES, TargetKind.OTHER, "writes on another terminal"),
    ("/dev/tty*", Effect.WRITES, TargetKind.OTHER, "writes on another terminal"),
    ("/dev/watchdog*", Effect.HALTS_HOST, TargetKind.DEVICE, "arms the watchdog, which resets the machine"),
    ("/dev/*", Effect.DESTROYS_DATA, TargetKind.DEVICE, "overwrites a device"),
    ("/proc/sysrq-trigger", Effect.HALTS_HOST, TargetKind.HOST, "sends a system request to the kernel"),
    ("/sys/power/*", Effect.HALTS_HOST, TargetKind.HOST, "changes the power state of the machine"),
    ("/sys/block/*/device/delete", Effect.DESTROYS_DATA, TargetKind.DEVICE, "detaches a disk"),
    ("/sys/*/remove", Effect.STOPS_SERVICE, TargetKind.DEVICE, "removes a device from the running system"),
    ("/sys/*/unbind", Effect.STOPS_SERVICE, TargetKind.DEVICE, "takes a device away from its driver"),
    ("/proc/*", Effect.WRITES, TargetKind.OTHER, "changes a setting of the running kernel"),
    ("/sys/*", Effect.WRITES, TargetKind.OTHER, "changes a setting of the running kernel"),
)
"""Names that the kernel gives a meaning, first match wins (proc(5), sysfs(5), the bash manual on /dev/tcp)."""


def read_redirections(
    nodes: Sequence[Node], walker: Walker, state: State, stdin: Stdin
) -> tuple[list[Claim], Stdin, bool]:
    """Claims of the redirections, standard input after them, and whether standard output goes elsewhere."""
    claims: list[Claim] = []
    moved = False
    expander = walker.expander
    for node in nodes:
        operator = node["Op"]
        number = node.get("N", {}).get("Value", "")
        if operator in _HERE or operator == "<<<":
            given = _here(node, expander, state)
            stdin = given if number in ("", "0") else stdin
            continue
        words = expander.words([node["Word"]], state)
        word = words[0] if len(words) == 1 else _several(node, expander)
        moved = moved or (operator in _OVERWRITING | _APPENDING and number in ("", "1"))
        if operator == "<&" or (operator == ">&" and _is_descriptor(word, number)):
            # `<&` takes a descriptor and nothing else: what is no number is an error, never a file
            stdin = Stdin(piped=True) if operator == "<&" and number in ("", "0") and word.literal != "-" else stdin
            continue
        if operator == "<" and number in ("", "0"):
            stdin = Stdin(piped=True, file=word, read=partial(file_text, walker, state, word))
        claims.extend(_claims(operator, word))
    return claims, stdin, moved


def _here(node: Node, expander: Expander, state: State) -> Stdin:
    if node["Op"] == "<<<":
        word = expander.one(node["Word"], state)
        return Stdin(piped=True, pieces=(*word.pieces, Piece(PieceKind.LITERAL, "\n")))
    quoted = any(part["Type"] != "Lit" or "\\" in part["Value"] for part in node["Word"].get("Parts", []))
    pieces = expander.here_document(node.get("Hdoc"), state, quoted=quoted, tabs=node["Op"] == "<<-")
    return Stdin(piped=True, pieces=pieces)


def _several(node: Node, expander: Expander) -> Word:
    """A target that is no single word: bash calls it ambiguous, unless only running tells."""
    return Word((Piece(PieceKind.OPAQUE, expander.source(node["Word"])),), expander.source(node["Word"]),
                expander.span(node["Word"]))  # fmt: skip


def _is_descriptor(word: Word, number: str) -> bool:
    """`2>&1`, `>&-`; an unknown word counts as one only where bash would not take it for a file (`2>&$fd`)."""
    text = word.literal
    if text is None:
        return number not in ("", "1") and len(word.pieces) == 1
    return text == "-" or text.rstrip("-").isdigit()


def _claims(operator: str, word: Word) -> list[Claim]:
    path = word.known
    # bash takes no target that splits into several
    value = path if path is not None else scratch_pattern(replace(word, splits=False), removes=False)
    target = Target(TargetKind.PATH, word.source, value, glob=word.glob or value is not path)
    if operator == "<":
        return [_read(target)]
    if path is not None and any(fnmatchcase(path, pattern) for pattern in _HARMLESS):
        return []
    if path is not None and not any(fnmatchcase(path, pattern) for pattern in _PLAIN_FILES):
        special = _special(path, word)
        if special is not None:
            return [special]
    if operator in _APPENDING:
        return [Claim(Effect.WRITES, "bash.append", "appends to a file", targets=(target,), appends=True)]
    return [
        Claim(
            Effect.DESTROYS_DATA,
            "bash.overwrite",
            "empties a file before it writes to it",
            targets=(target,),
            if_missing=Effect.WRITES,
            advice="append with >>, or write to a new name and compare",
            preview="files",
        )
    ]


def _read(target: Target) -> Claim:
    return Claim(Effect.READS, "bash.input", "reads a file", targets=(target,))


def _special(path: str, word: Word) -> Claim | None:
    for pattern, effect, kind, reason in _SPECIAL:
        if fnmatchcase(path, pattern):
            target = Target(kind, word.source, path)
            preview = "host" if effect is Effect.HALTS_HOST else "files" if kind is TargetKind.DEVICE else ""
            return Claim(effect, "bash.kernel_file", reason, targets=(target,), preview=preview)
    return None
