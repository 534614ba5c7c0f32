"""safeshell.cli"""
