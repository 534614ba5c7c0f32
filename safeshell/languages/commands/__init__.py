"""Command lines understood by Knowledge: options, operands, rules, and what is wrapped.

What must not live here: shell syntax, and the name of any tool.
"""

from safeshell.languages.commands.interpretation import Interpretation, WrapKind, Wrapped
from safeshell.languages.commands.interpreter import interpret

__all__ = ["Interpretation", "WrapKind", "Wrapped", "interpret"]
