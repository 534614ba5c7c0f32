"""What zsh has of its own: its reading of words and patterns, its builtins. Everything else is the bash walker's.

What must not live here or below: the meaning of commands (packs), running anything.
"""
