"""Questions on a terminal. The only home of prompt_toolkit.

What must not live here: deciding what is asked.
"""
