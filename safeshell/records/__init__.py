"""What is kept of what happened: the audit with its hash chain, session recordings, redaction.

What must not live here: deciding anything, asking anybody, and approvals (a sibling).
"""
