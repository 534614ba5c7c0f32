"""The one road that every action of every language takes.

What must not live here: I/O, and anything that knows one tool, one shell or one database.
"""
