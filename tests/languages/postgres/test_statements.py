"""Every kind of statement has an effect; what runs another statement has that one's."""

from __future__ import annotations

import pytest

from safeshell.languages.postgres.reader import read
from safeshell.languages.postgres.scope import Scope
from safeshell.languages.postgres.statements import judge
from tests.languages.postgres.asking import effects


def test_every_statement_of_the_grammar_is_known() -> None:
    """Each node type that the newest grammar calls a statement; the rest belong to PL/pgSQL."""
    from postgast import pg_query_pb2

    kinds = {name for name in pg_query_pb2.DESCRIPTOR.message_types_by_name if name.endswith("Stmt")}
    kinds -= {"RawStmt", "ReturnStmt", "PLAssignStmt", "SetOperationStmt", "ReplicaIdentityStmt"}
    relation = {"relname": "t"}
    unknown = set()
    for kind in kinds:
        node = {
            "relation": relation,
            "cmds": [],
            "into": {"rel": relation},
            "kind": "TRANS_STMT_BEGIN",
            "query": {"SelectStmt": {}},
        }
        if judge(kind, node, Scope())[1][0].rule == "postgres.unknown":
            unknown.add(kind)
    assert unknown == set()


def test_a_statement_that_nobody_listed_is_not_understood() -> None:
    """The day a new release brings one."""
    assert judge("NewStmt", {}, Scope())[1][0].effect.value == "not_understood"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("explain delete from t", {"reads"}),
        ("explain (analyze off) delete from t where a = 1", {"reads"}),
        ("explain (analyze 0) delete from t where a = 1", {"reads"}),
        ("explain (analyze false, analyze) delete from t where a = 1", {"destroys_rows"}),
        ("explain (buffers, analyze on) delete from t where a = 1", {"destroys_rows"}),
        ("explain analyze create table n as select 1", {"changes_schema"}),
        ("explain analyze execute p", {"runs_opaque_code"}),
        ("declare c cursor with hold for select pg_terminate_backend(1)", {"stops_service"}),
        ("copy t to program 'cat'", {"runs_opaque_code", "not_understood"}),
        ("copy t from '/srv/x'", {"writes"}),
        ("copy (select 1) to stdout", {"reads"}),
        ("create temp table n as select 1", {"writes"}),
        ("create table n as select pg_terminate_backend(1)", {"changes_schema", "stops_service"}),
        ("lock table t in access share mode", {"reads"}),
        ("lock t in share mode nowait", {"blocks_others"}),
        ("vacuum (full, verbose) t", {"blocks_others"}),
        ("vacuum (full off) t", {"writes"}),
        ("vacuum full", {"blocks_others", "unbounded"}),
        ("analyze t", {"writes"}),
    ],
)
def test_statements_by_their_parts(text: str, found: set[str]) -> None:
    """The options and the inner statement decide."""
    nested = {effect.value for item in read(text).statements for part in item.nested for effect in part.effects}
    assert effects(text) | nested == found
