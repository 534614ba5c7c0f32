"""I/O loops between people, shells and servers.

What must not live here: verdicts; they come over the road.
"""
