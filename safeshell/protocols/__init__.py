"""safeshell.protocols"""
