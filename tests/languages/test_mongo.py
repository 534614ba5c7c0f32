"""The MongoDB shell's lines: what surely reads, what it destroys, what is code that is not read."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from safeshell.languages.mongo import read
from safeshell.model.knowledge import Knowledge
from safeshell.model.statements import Statement


def judge(text: str) -> Statement:
    (statement,) = read(text, Knowledge()).statements
    return statement


def effects(text: str) -> set[str]:
    return {claim.effect.value for claim in judge(text).claims}


@pytest.mark.parametrize(
    "text",
    [
        "db.orders.find({status: 'drop', n: {$gt: 5}}).sort({_id: -1}).limit(5).toArray()",
        "rs.status().members.map(m => m.stateStr)",
        "db.orders.aggregate([{$group: {_id: '$status', n: {$sum: 1}}}])",
        "db.adminCommand({listDatabases: 1}); db.runCommand('ping')",
        "show collections",
        "use shop",
        "var n = db.orders.countDocuments({name: /^a/i}); print(n) // done",
        "db.getSiblingDB('admin').runCommand({serverStatus: 1}).connections",
        "if (db.hello().isWritablePrimary) { printjson(rs.conf()) }",
    ],
)
def test_reads(text):
    """Every function in it is known to change nothing."""
    assert effects(text) == {"reads"}


@pytest.mark.parametrize(
    ("text", "effect"),
    [
        ("db.orders.drop()", "destroys_data"),
        ("db.orders.deleteMany({})", "destroys_rows"),
        ("db.orders.find().forEach(db.orders.deleteOne)", "destroys_rows"),
        ("db.x.aggregate([{'$out': 'y'}])", "destroys_data"),
        ("db.adminCommand({shutdown: 1})", "stops_service"),
        ("db.x.insertOne({})", "writes"),
        ("db.createUser({})", "revokes_access"),
    ],
)
def test_names_that_change_something(text, effect):
    """Naming one is enough: it may be handed on."""
    assert effect in effects(text)


@pytest.mark.parametrize(
    "text",
    [
        "db['x']['drop']()",
        "eval('x')",
        "load('x.js')",
        "f`x`",
        "(a)()",
        "db.runCommand(x)",
        "db.runCommand({odd: 1})",
        "'open",
    ],
)
def test_other_code_is_not_read(text):
    """Computed names, unknown functions and what is no plain JavaScript."""
    assert effects(text) == {"runs_opaque_code"}


def test_unknown_parts_are_values_and_collections():
    """As a statement or a function they could be anything."""
    assert not judge("db.safeshell_unknown.find({_id: safeshell_unknown})").dynamic
    assert judge("db.x.find(); safeshell_unknown").dynamic
    assert judge("db.x.safeshell_unknown()").dynamic


@given(st.text(alphabet="db.xfind(){}[]$'\"/\\=> \n`", max_size=40))
def test_any_text_is_answered(text):
    """The reader never raises and always claims something."""
    assert judge(text).claims
