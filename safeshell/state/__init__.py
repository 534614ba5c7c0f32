"""Doors to safeshell's own files: configuration, caches, what was remembered.

What must not live here: the audit (records), requests (approvals), looking at the host (facts).
"""
