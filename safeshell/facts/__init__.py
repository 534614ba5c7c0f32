"""Doors that find out what this host, this path, this target is.

What must not live here: judging by what was found (policy).
"""
