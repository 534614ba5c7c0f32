"""The roof: one file a command; the only composition root.

What must not live here: logic that a gateway or a door could own.
"""
