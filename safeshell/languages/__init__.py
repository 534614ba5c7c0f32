"""Text -> Statements, one module or package a language.

What must not live here: judging, I/O, clocks. A parser process is passed in as a function.
"""
