"""Putting keys back."""

from __future__ import annotations

import time

from safeshell.cli.undoredis import _commands, _question, restore, take_back
from safeshell.gateways.redistarget import RedisTarget
from safeshell.model.effects import Demand, Tier
from safeshell.model.places import Environment
from safeshell.protocols.resp.values import encode
from safeshell.state.undo import UndoKit
from tests.cli.redismaking import setting_in, target_at
from tests.servers import redis_server


def kit(**more):
    base = {"id": "abcd-efg2", "at": time.time() - 120, "language": "redis", "target": "db0@laptop", "operator": "ada"}
    return UndoKit(**{**base, "text": "DEL a", "rows": 1, "size": 9, "connection": {"database": "3"}, **more})


def test_a_kit_may_only_restore():
    """Whatever somebody wrote into the file."""
    data = encode([b"RESTORE", b"a", b"0", b"x"]) + encode([b"FLUSHALL"]) + encode([b"DEL", b"b"]) + b"*x\r\n"
    assert [words[0] for words in _commands(data)] == [b"RESTORE", b"DEL"]


def test_the_question_is_the_full_dialog():
    """With the number of keys to type."""
    commands = [(b"RESTORE", b"a", b"0", b"x"), (b"DEL", b"new")]
    question = _question(kit(), Environment("x", Tier.PRODUCTION, "db0@laptop"), commands)
    assert (question.verdict.demand, question.verdict.challenge) == (Demand.CONFIRM, "db3 1")
    assert (
        question.preview.summary
        == "puts back 1 key as they were 2 minutes ago, and removes 1 key that did not exist then"
    )


def test_without_a_terminal_nothing_is_put_back(tmp_path, capsys):
    """And a kit that cannot be read is told."""
    assert take_back(setting_in(tmp_path), kit()) == 1
    assert "cannot be read" in capsys.readouterr().err


def test_problems_are_told():
    """A value that the server does not take, a server that is gone."""
    with redis_server() as server:
        target = target_at(server)
        assert "checksum" in restore(target, [(b"RESTORE", b"a", b"0", b"nonsense")])
        assert restore(target, [(b"DEL", b"a")]) == ""
    assert "no Redis server answers" in restore(RedisTarget(socket="/nowhere"), [(b"DEL", b"a")])
