"""Shell text made by chance, from a seed: words, lines, scripts and plain noise."""

from __future__ import annotations

import random

_PLAIN = ["a", "b", "rm", "-rf", "/x", "x.y", "1", "a=b", "=", ":", ",", "@", "%", "+"]
_QUOTED = ["'a b'", "''", '"a b"', '""', "\\ ", "\\a", "\\{", "\\,", "\\\\", '"a\\"b"', '"\\$x\\n"', "'\\'", '"{a,b}"']
_ANSI = ["$'\\x61b'", "$'\\101\\n'", "$'a\\'b'", "$'\\u00e9'", "$'\\cA'", "$'\\e\\q'", '$"a b"', "$'\\0x'", "$'\\x'"]
_BRACES = [
    "{",
    "}",
    ",",
    "..",
    "{a,b}",
    "{1..3}",
    "{a..c}",
    "{01..10..4}",
    "{,x}",
    "{a}",
    "{}",
    "{3..1}",
    "{a,{b,c}}",
    "{-1..1}",
]
_TILDES = ["~", "~/", "~/x", "~nobody-here/x", "/~"]
_PARAMETERS = ["$A", '"$A"', "${A}", "$E", '"$E"', "${A:-d}", "${U:-d e}", '"${U:-d e}"', "${E:-d}", "${E-d}", "${A:+y}",
               "${U:+y}", "$B", '"$B"', "${#A}", "${L[1]}", '"${L[@]}"', "${L[@]}", '"${L[*]}"', "$1", '"$@"', "$#", "${L}",
               '"x$@y"', "${U}", '"$U"']  # fmt: skip
WORDS = _PLAIN + _QUOTED + _ANSI + _BRACES + _TILDES + _PARAMETERS

_COMMANDS = [
    "ls",
    "rm",
    "echo",
    "cat",
    "sudo",
    "xargs",
    "bash -c",
    "cd",
    "true",
    "export",
    "f",
    "test",
    "eval",
    "/bin/rm",
]
_JOINTS = [" | ", " && ", " || ", "; ", " ;", " & ", "\n", " |& ", "&&", "|", ";"]
_GROUPS = [
    ("if true; then ", "; fi"), ("for x in a b; do ", "; done"), ("while read y; do ", "; done"), ("{ ", "; }"), ("( ", " )"), ("f() { ", "; }"),
    ("case $x in a) ", ";; esac"), ("! ", ""), ("time ", ""), ("echo $(", ")"), ("ls `", "`"), ("cat <(", ")"), ("[[ -f x ]] && ", ""), ("((x++)) ; ", ""),
    ("coproc ", ""), ("function g { ", "; }"), ("until false; do ", "; done"), ('A="$(', ')"'), ("cat <<E\n$(", ")\nE"), ("if ls; then cd a; else ", "; fi"),
]  # fmt: skip
_REDIRECTIONS = [" > f", " >> f", " 2>&1", " >/dev/null", " < f", " <<< 'rm x'", " <<E\nrm $x\nE\n", " &> f", ' > "$U"']


def word(chance: random.Random) -> str:
    """One word with everything that expands."""
    return "".join(chance.choice(WORDS) for _ in range(chance.randint(1, 4)))


def plain_word(chance: random.Random) -> str:
    """A word that the fast path may take."""
    return "".join(chance.choice(["a", "ls", "rm", "-f", "/", "x.y", "1", "=", "'a b'", '"c d"', "*", "?", "~", "{a,b}", "[x]", "{", "}", "''", ",", "]", "[", "%", "@", "+", ":", "if", "{1..3}"])
                   for _ in range(chance.randint(1, 3)))  # fmt: skip


def plain_line(chance: random.Random) -> str:
    """Words and the operators of the fast path, well formed or not."""
    parts = [chance.choice(["ls", "rm", "cat", "echo", "if", "done", "export", "A=b", "[", "time", plain_word(chance)])]
    for _ in range(chance.randint(0, 6)):
        parts.append(chance.choice([" ", " ", " ", " | ", " && ", ";", " || ", "&", "  "]))
        parts.append(plain_word(chance) if chance.random() < 0.8 else "")
    return "".join(parts)


def line(chance: random.Random, depth: int = 0) -> str:
    """A line of shell, mostly well formed."""
    words = [chance.choice(_COMMANDS)] + [word(chance) for _ in range(chance.randint(0, 3))]
    text = " ".join(words)
    if chance.random() < 0.2:
        text += chance.choice(_REDIRECTIONS)
    if chance.random() < 0.3 and depth < 4:
        opener, closer = chance.choice(_GROUPS)
        if chance.random() < 0.05:
            closer = chance.choice(_GROUPS)[1]
        text = opener + line(chance, depth + 1) + closer
    if chance.random() < 0.4 and depth < 4:
        text += chance.choice(_JOINTS) + line(chance, depth + 1)
    if chance.random() < 0.05:
        cut = chance.randrange(len(text) + 1)
        text = text[:cut]
    return text


def noise(chance: random.Random) -> str:
    """Characters that a shell's lexer cares about, in any order."""
    letters = "ab \t\n'\"\\$`(){}[]|&;<>!#*?~=%@+-,:\x01é\u2028𝄞"
    return "".join(chance.choice(letters) for _ in range(chance.randint(0, 60)))
