"""safeshell.facts"""
