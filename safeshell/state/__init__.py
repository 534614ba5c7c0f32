"""safeshell.state"""
