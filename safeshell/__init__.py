"""safeshell: a guard between a person and production.

What lives here: the version. What must not: imports; the first prompt waits for this file.
"""

__version__ = "0.1.0"
