"""safeshell.gateways"""
