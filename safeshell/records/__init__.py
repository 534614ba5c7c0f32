"""The audit and session recordings.

What must not live here: deciding what is recorded.
"""
