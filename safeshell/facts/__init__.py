"""Doors that look: what this host is, what a path is, where a target leads.

What must not live here: judging what is seen (policy), and writing anything anywhere.
"""
