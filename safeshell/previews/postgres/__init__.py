"""What a PostgreSQL statement would hit: rows, cascades, locks, who is in the way; and its undo kit.

`take` is the door of previews, `kit.take_kit` that of undo kits; both ask over the connection on which the
statement itself would run. What must not live here: judgement, questions, reading SQL (languages.postgres).
"""

from safeshell.previews.postgres.taking import take

__all__ = ["take"]
