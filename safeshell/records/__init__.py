"""safeshell.records"""
