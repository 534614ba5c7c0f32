"""Commands of Redis and Valkey: text and words -> Statements, with tables of their own.

What must not live here: the wire protocol (protocols.resp), previews.
"""

from __future__ import annotations

from safeshell.languages.redis.lines import quote_word, split_line
from safeshell.languages.redis.reader import read, read_words
from safeshell.languages.redis.wire import read as read_wire

__all__ = ["quote_word", "read", "read_wire", "read_words", "split_line"]
