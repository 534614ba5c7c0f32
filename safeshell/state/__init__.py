"""Doors to files of our own: configuration reading, caches, remembered programs.

What must not live here: the audit (records), requests (approvals).
"""
