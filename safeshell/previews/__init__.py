"""Doors that show the damage before it happens, under a hard deadline.

What must not live here: judging; a preview counts and samples.
"""
