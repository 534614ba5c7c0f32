"""safeshell.approvals"""
