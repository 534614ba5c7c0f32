"""How a person came in."""

from __future__ import annotations

from safeshell.policy.observation import Observation


def test_a_desk_is_where_nobody_came_over_the_network():
    """Ssh and a login shell mean that the person may sit anywhere."""
    assert Observation("laptop").desktop
    assert not Observation("web-3", over_ssh=True).desktop
    assert not Observation("web-3", login_shell=True).desktop
