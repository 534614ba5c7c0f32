"""Consent that is given outside of the session that needs it.

`requests.py` holds what a caller without a terminal left, for its own operator to confirm. Approvals
by somebody else, signed and kept in a shared store, have their place here too: `signed.py` and
`store.py`, beside it. What must not live here: dialogs, the audit (siblings), deciding what has to be
approved (policy).
"""
