"""Words that bash reads in a way of its own, before any command is looked up.

What must not live here: builtins that are only commands.
"""

KEYWORDS = frozenset(
    {
        *("if", "then", "else", "elif", "fi", "case", "esac", "for", "select", "while", "until", "do", "done", "in"),
        *("function", "time", "coproc"),
    }
)
"""Reserved words that begin, part or end a construct."""

DECLARATIONS = frozenset({"declare", "typeset", "local", "export", "readonly", "let"})
"""Builtins whose arguments shfmt parses as assignments or arithmetic."""

SIGNS = frozenset({"{", "}", "!", "[[", "]]"})
"""Reserved words without letters."""
