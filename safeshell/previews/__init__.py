"""safeshell.previews"""
