"""The nouns: frozen dataclasses, enums and the error tree.

What must not live here: I/O, clocks, parsing, YAML, any import from another part of safeshell.
"""
