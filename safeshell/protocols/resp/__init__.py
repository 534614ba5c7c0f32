"""RESP2 and RESP3, the protocol of Redis and Valkey: bytes <-> events.

What must not live here: what a command means (languages.redis), sockets.
"""

from __future__ import annotations

from safeshell.protocols.resp.machine import RespMachine

__all__ = ["RespMachine"]
