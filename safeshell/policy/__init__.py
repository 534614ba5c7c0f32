"""Facts and statements -> verdicts; YAML text -> Policy and Knowledge. Pure.

What must not live here: I/O, clocks, terminals; texts, times and facts are arguments.
"""
