"""Command lines understood by Knowledge: options, operands, rules, and what is wrapped.

What must not live here: shell syntax, and the name of any tool.
"""
