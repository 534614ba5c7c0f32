"""PostgreSQL's protocol 3 between a client and its server: a sans-IO machine in small modules.

What must not live here: sockets, SQL parsers, what a verdict is made of.
"""
