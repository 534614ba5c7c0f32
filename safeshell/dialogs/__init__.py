"""safeshell.dialogs"""
