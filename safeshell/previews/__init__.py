"""The damage before it happens: what an assessed action would hit, looked at and counted in bounded time.

`take` is the door; one module a preview name of the packs. What must not live here: judgement,
questions, anything that changes the world it looks at.
"""

from safeshell.previews.taking import take

__all__ = ["take"]
