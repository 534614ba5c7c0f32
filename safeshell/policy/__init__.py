"""safeshell.policy"""
