"""The ports of the wire: what implements them fits them."""

from __future__ import annotations

from safeshell.gateways.wireloop import Loop
from safeshell.gateways.wireports import Hub, Line, Peer, UpstreamError
from safeshell.model.errors import SafeshellError


def members(protocol) -> set[str]:
    return {name for name in vars(protocol) if not name.startswith("_")} | set(protocol.__annotations__)


def test_the_loop_is_a_hub_and_the_wires_line_is_a_line():
    """Every word of the port exists in the implementation."""
    from safeshell.gateways.wireline import WireLine

    assert all(hasattr(Loop, name) for name in members(Hub))
    assert all(name in WireLine.__init__.__code__.co_names or hasattr(WireLine, name) for name in members(Line))


def test_a_server_that_fails_is_an_error_of_ours_with_a_sentence():
    """So that every caller may print it."""
    assert isinstance(UpstreamError("db:5432 refused"), SafeshellError)
    assert Peer() == Peer(0, -1, tcp=False)
