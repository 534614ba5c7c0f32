"""What a Redis command would hit, looked up on the server itself through a second connection.

What must not live here: sockets, judging.
"""

from __future__ import annotations

from safeshell.previews.redis.server import Server
from safeshell.previews.redis.taking import Inquiry, take

__all__ = ["Inquiry", "Server", "take"]
