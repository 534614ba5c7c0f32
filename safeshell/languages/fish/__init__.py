"""The fish reader: fish's grammar parsed into the tree that the bash walker follows, and fish's own builtins.

What must not live here or below: the meaning of commands (packs), running anything.
"""
