"""The doors to a person: questions on a terminal, and the progress shown before them.

Use `ask.ask`, `progress.progress` and `warm.warm`. What must not live here: decisions of any kind,
recording, refusal messages (guard writes those), and prompt_toolkit at import time.
"""
