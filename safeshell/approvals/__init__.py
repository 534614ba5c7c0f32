"""Requests left where nobody could be asked, and their redemption.

What must not live here: dialogs, verdicts.
"""
