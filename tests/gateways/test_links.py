"""The guard's own questions: brackets, deadlines, what a link hands on."""

from __future__ import annotations

import time

import pytest

from safeshell.gateways.links import LinkError, LinkPorts, Rows, WireLink
from safeshell.model.errors import PreviewError


def link(asked, *, brackets=("OPEN", ("CLOSE", "RELEASE"))):
    def ask(sql, parameters, formats, types, deadline):
        asked.append((sql, parameters, formats, types))
        if sql == "broken":
            raise LinkError("no", code="42601")
        return Rows(("a",), (("1",),), "SELECT 1")

    return WireLink(LinkPorts(ask, lambda: "I", lambda: False, lambda: brackets), (), {"server_version_num": "150000"})


def test_a_question_carries_its_parameters():
    """As tuples, whatever the caller had."""
    asked = []
    found = link(asked).query("select $1", parameters=[b"x"], formats=[0], types=[25], deadline=time.monotonic() + 1)
    assert found.rows == (("1",),)
    assert asked == [("select $1", (b"x",), (0,), (25,))]


def test_a_look_is_closed_even_when_a_question_fails():
    """Each closing text is its own message, in order."""
    asked = []
    held = link(asked)
    with pytest.raises(LinkError) as caught, held.looking(time.monotonic() + 1):
        held.query("broken", deadline=time.monotonic() + 1)
    assert caught.value.code == "42601"
    assert [sql for sql, *_ in asked] == ["OPEN", "broken", "CLOSE", "RELEASE"]


def test_a_look_is_closed_after_its_deadline_too():
    """Putting the transaction back has its own time."""
    asked = []
    held = link(asked)
    deadline = time.monotonic() + 0.05

    def look():
        with held.looking(deadline):
            time.sleep(0.06)
            held.query("select 1", deadline=deadline)

    with pytest.raises(LinkError) as caught:
        look()
    assert caught.value.late
    assert [sql for sql, *_ in asked] == ["OPEN", "CLOSE", "RELEASE"]


def test_where_nothing_can_be_opened_nothing_is_closed():
    """In a pipeline no transaction may be touched."""
    asked = []
    with link(asked, brackets=("", ())).looking(time.monotonic() + 1):
        pass
    assert asked == []


def test_a_link_that_fails_is_a_preview_that_failed():
    """The road turns it into a stricter question."""
    assert issubclass(LinkError, PreviewError)
