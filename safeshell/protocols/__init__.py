"""Bytes <-> events: sans-IO state machines, all with one interface.

What must not live here: sockets, judging, dialogs.
"""
