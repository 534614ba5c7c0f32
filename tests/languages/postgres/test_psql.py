"""Texts as psql takes them: reads that pass, what is held, psql's own commands, rows after COPY."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from safeshell.languages.postgres.psql import read
from safeshell.languages.reading import Reading
from safeshell.model.effects import Effect
from safeshell.model.knowledge import Knowledge
from safeshell.model.statements import Language, Span, Statement


def shell(text: str) -> tuple[Statement, ...]:
    return (Statement(Language.BASH, text, Span(0, 0), "shell"),)


def postgres(text: str) -> Reading:
    return read(text, Knowledge(), shell)


def effects(reading: Reading) -> set[str]:
    return {claim.effect.value for statement in reading.statements for claim in statement.claims}


POSTGRES_READS = """
select 1
SELECT count(*), now() FROM orders WHERE id IN (1, 2) AND name LIKE 'delete%'
select 'a;b; delete from t', $$ drop table x $$, $q$ truncate; $q$ from "weird;table"
select e'a\\'; drop table x; --'
/* outer /* delete from t */ still a comment */ select 1
select 1 -- ; delete from t
(select 1) union all (select 2) order by 1
with recursive t(n) as (select 1 union all select n + 1 from t where n < 5), u(a, b) as (select 1, 2) select * from t, u
select x::numeric(10,2), cast(y as varchar(20)), interval '1 day' from t
select row_number() over (partition by a order by b), count(*) filter (where x > 1) from t
select coalesce(max(id), 0) from t group by (a), rollup (b)
select pg_size_pretty(pg_total_relation_size('orders'))
select pg_catalog.count(*) from t
values (1, 2), (3, 4)
table orders
show search_path
explain delete from t
explain select evil()
explain (costs off, verbose) select * from t
explain analyze select * from t
declare c cursor for select * from t
prepare p as select $1::int
fetch 10 from c
begin; select 1; commit
begin read only
set statement_timeout = '5s'
set local lock_timeout to 1000
reset all
listen channel
copy orders to stdout
copy (select * from t) to stdout with csv
\\d+ orders
\\dt *.*
\\l
\\x on
\\timing
\\copy t to stdout
select 1 \\gx
select 1 \\g
""".strip().splitlines()


@pytest.mark.parametrize("text", POSTGRES_READS)
def test_postgres_reads(text: str) -> None:
    """Nothing in these can write, so they pass silently."""
    assert effects(postgres(text)) == {"reads"}
    assert all(statement.understood for statement in postgres(text).statements)


POSTGRES_OTHERS = [
    ("insert into t values (1)", "writes"),
    ("insert into t values (1) on conflict (id) do update set a = 1", "destroys_rows"),
    ("with x as (delete from t returning *) select * from x", "destroys_rows"),
    ("with a as (select 1), b as (update t set x = 1 where id = 2 returning 1) select 1", "destroys_rows"),
    ("delete from t where id = 1", "destroys_rows"),
    ("DeLeTe/**/fRoM t", "destroys_rows"),
    ("merge into t using s on t.id = s.id when matched then delete", "destroys_rows"),
    ("explain analyze delete from t", "destroys_rows"),
    ("explain (analyze, buffers) update t set a = 1", "destroys_rows"),
    ("prepare p as delete from t", "destroys_rows"),
    ("select 1; delete from t", "destroys_rows"),
    ("select 1 \\; delete from t", "destroys_rows"),
    ("do $$ begin delete from t; end $$", "destroys_rows"),
    ("copy (delete from t returning *) to stdout", "destroys_rows"),
    ("truncate t", "destroys_data"),
    ("drop table if exists t cascade", "destroys_data"),
    ("drop database shop", "destroys_data"),
    ("alter table t drop column c", "destroys_data"),
    ("select lo_unlink(1)", "destroys_data"),
    ("alter table t add column c int", "changes_schema"),
    ("create index i on t (a)", "changes_schema"),
    ("alter system set work_mem = '1GB'", "changes_schema"),
    ("select * into n from t", "writes"),
    ("select nextval('s')", "writes"),
    ("select my_function(1)", "writes"),
    ("select public.count(*) from t", "writes"),
    ('select "Now"()', "writes"),
    ("select distinct on (a) evil(b) from t", "writes"),
    ("select first(x) from t", "writes"),
    ("explain analyze select evil()", "writes"),
    ("set default_transaction_read_only = off", "leaves_guard"),
    ("begin read write", "writes"),
    ("commit prepared 'x'", "writes"),
    ("rollback prepared 'x'", "writes"),
    ("prepare transaction 'x'", "writes"),
    ("copy (select evil()) to stdout", "writes"),
    ("with x as (select 1) insert into t select * from x", "writes"),
    ("explain analyze create table x as select 1", "changes_schema"),
    ("set role admin", "writes"),
    ("start transaction isolation level serializable, read write", "writes"),
    ("select set_config('transaction_read_only', 'off', false)", "writes"),
    ("copy t from stdin", "writes"),
    ("copy t to '/tmp/x'", "destroys_data"),
    ("vacuum t", "writes"),
    ("notify c", "writes"),
    ("select * from t for update", "blocks_others"),
    ("select * from t for no key update", "blocks_others"),
    ("select pg_advisory_lock(1)", "blocks_others"),
    ("lock table t", "blocks_others"),
    ("vacuum full t", "blocks_others"),
    ("reindex table t", "blocks_others"),
    ("select pg_terminate_backend(pid) from pg_stat_activity", "stops_service"),
    ("grant all on t to bob", "revokes_access"),
    ("drop role bob", "revokes_access"),
    ("alter user bob password 'x'", "revokes_access"),
    ("call p()", "runs_opaque_code"),
    ("execute p", "runs_opaque_code"),
    ("copy t from program 'cat x'", "runs_opaque_code"),
    ("select query_to_xml('delete from t', true, true, '')", "destroys_rows"),
    ("select 'open", "not_understood"),
    ('select "open', "not_understood"),
    ("select $$ open", "not_understood"),
    ("/* open", "not_understood"),
    ("select :name", "not_understood"),
    ("frobnicate", "not_understood"),
    ("select 1 \\gexec", "not_understood"),
    ("\\nosuch", "not_understood"),
    ("\\i x.sql", "runs_opaque_code"),
    ("\\c prod", "leaves_guard"),
    ("\\!", "leaves_guard"),
    ("\\o /tmp/x", "writes"),
    ("select 1 \\g /tmp/x", "writes"),
    ("\\copy t from 'x.csv'", "writes"),
    ("\\copy (delete from t returning 1) to 'x'", "destroys_rows"),
]


@pytest.mark.parametrize(("text", "effect"), POSTGRES_OTHERS)
def test_postgres_others(text: str, effect: str) -> None:
    """Each of these has that effect, and is no read alone."""
    found = effects(postgres(text))
    assert effect in found
    assert found != {"reads"}


@pytest.mark.parametrize(
    ("text", "unbounded"),
    [
        ("delete from t", True),
        ("delete from t where id = 1", False),
        ("delete from t where true", True),
        ("delete from t where 1=1", True),
        ("delete from t where 1=1 and id = 2", False),
        ("update t set a = (select 1 where true)", True),
        ("update t set a = 1 where b in (select 2)", False),
        ("with x as (delete from t returning *) select * from x where a = 1", True),
        ("delete from t using (select 1 where false) s", True),
        ("merge into t using s on true when matched then update set a = 1", True),
    ],
)
def test_changes_without_a_condition_are_unbounded(text: str, unbounded: bool) -> None:
    """Only a WHERE of the change itself, that can leave rows out, bounds it."""
    (claim,) = (claim for claim in postgres(text).statements[0].claims if claim.effect is Effect.DESTROYS_ROWS)
    assert claim.unbounded is unbounded


@pytest.mark.parametrize(
    ("text", "table"),
    [
        ("delete from only shop.orders where id=1", "shop.orders"),
        ('update "My Table" set a=1', '"My Table"'),
        ("truncate table orders", "orders"),
        ("drop table if exists a.b", "a.b"),
        ("MERGE INTO T USING s ON true WHEN MATCHED THEN DELETE", "t"),
    ],
)
def test_the_table_is_a_target(text: str, table: str) -> None:
    """As people would name it."""
    assert [target.value for target in postgres(text).statements[0].targets] == [table]


@pytest.mark.parametrize(
    "text",
    [
        "\\! rm -rf /",
        "copy t to program 'rm -rf /'",
        "\\copy t from program 'rm -rf /'",
        "\\set x `rm -rf /`",
        "select 1 \\g |rm -rf /",
        "\\o |rm -rf /",
    ],
)
def test_shell_text_inside_is_read_by_the_shell(text: str) -> None:
    """Whichever way the client or server runs it."""
    assert [inner.text for statement in postgres(text).statements for inner in statement.nested] == ["rm -rf /"]


def test_statements_are_told_apart_with_their_spans() -> None:
    """Spans are bytes of the whole text."""
    text = "select 'é'; delete from t;"
    first, second = postgres(text).statements
    assert text.encode()[second.span.start : second.span.end].decode() == second.text == "delete from t"
    assert (first.verb, second.verb) == ("select", "delete")
    assert not postgres("select 'x").complete


def test_rows_after_copy_are_no_statements() -> None:
    """A dump's data, whatever it looks like, is not SQL; what follows it is."""
    text = "COPY t (a) FROM stdin;\n1; drop table x\n'\n\\.\n\nselect 1; delete from t where a = 1;"
    assert [statement.verb for statement in postgres(text).statements] == ["copy", "select", "delete"]
    assert postgres("COPY t FROM stdin; select 1").statements[-1].verb == "select"


def test_bodies_with_semicolons_stay_whole() -> None:
    """The grammar says where a statement ends, not the first semicolon."""
    text = "create function f() returns int begin atomic select 1; select 2; end; select 3"
    assert [statement.verb for statement in postgres(text).statements] == ["create function", "select"]


@pytest.mark.parametrize(
    "text",
    [
        "\\x on \\! rm x",
        "\\x\\! rm x",
        "\\dt a \\! rm x",
        "\\echo 'a \\! b' \\! rm x",
        '\\echo "a \\! b" \\! rm x',
        "\\echo 'open \\! rm x",
        "\\set y 'z' \\! rm x",
        "select 1 \\bind 5 \\g |rm x",
        "select 1 \\g (format=csv) |rm x",
        "select 1 \\gset p_ \\! rm x",
        "\\setenv PAGER 'rm x'",
        "\\timing on\\\\ \\! rm x",
    ],
)
def test_commands_on_one_line_are_all_read(text: str) -> None:
    """psql runs what follows an unquoted backslash as the next command (tried with a real psql)."""
    nested = [inner.text.strip() for statement in postgres(text).statements for inner in statement.nested]
    assert nested == ["rm x"]


def test_quoted_backslashes_begin_no_command() -> None:
    r"""`\\set x 'a\\nb'` is one command."""
    assert [item.verb for item in postgres("\\set x 'a\\nb'\n\\pset null '\\\\N'").statements] == ["\\set", "\\pset"]


def test_pipelines_and_bound_values() -> None:
    r"""`\\bind` and its kin end a statement as a semicolon does; a dump's `\\restrict` is no question."""
    text = "\\restrict x1\nselect $1 \\bind 5 \\g\nselect 2 \\bind 6\n\\g\n\\startpipeline\nselect 3 \\sendpipeline\n\\endpipeline\n"
    assert effects(postgres(text)) == {"reads"}
    assert "destroys_rows" in effects(postgres("delete from t where a = $1 \\bind 5 \\g\nselect 1;"))


def test_one_broken_statement_does_not_hide_the_others() -> None:
    """psql sends them one by one, so each is judged on its own."""
    verbs = [(s.verb, s.understood) for s in postgres("select 1; frobnicate; drop table t").statements]
    assert verbs == [("select", True), ("", False), ("drop table", True)]


@pytest.mark.parametrize(
    ("text", "effect"),
    [
        ("select * from t where a = safeshell_unknown", "reads"),
        ("select * from t where a = 1 safeshell_unknown", "reads"),
        ("safeshell_unknown", "not_understood"),
        ("delete from safeshell_unknown", "destroys_rows"),
    ],
)
def test_parts_that_only_running_tells(text: str, effect: str) -> None:
    """They are taken for data where they may be."""
    assert effects(postgres(text)) == {effect}


@pytest.mark.parametrize("text", ["select :'a', :\"b\" from t", "select x::text from t", "select a[1:2] from t"])
def test_quoted_variables_are_data(text: str) -> None:
    r"""`:'x'` can be nothing but a string; casts and slices are no variables."""
    assert effects(postgres(text)) == {"reads"}


@pytest.mark.parametrize(
    ("text", "effect"),
    [
        ("select (i.keys::int2[])[0:cardinality(c.keys)-1], x[a:b] from i", {"reads"}),
        ("\\set n '1]; delete from t; --'\nselect a[0:n] from t", {"not_understood", "reads"}),
        ("select :n from t", {"not_understood", "reads"}),
        ("select a[1] :n from t", {"not_understood", "reads"}),
    ],
)
def test_the_bound_of_a_slice_is_no_variable(text: str, effect: set[str]) -> None:
    r"""psql leaves `[0:n]` as it stands unless the text sets n; elsewhere a variable may be anything."""
    assert effects(postgres(text)) == effect


@given(st.text(alphabet="selctdrop 1;'\"$:\\-/*()é\n", max_size=80))
def test_reading_is_total(text: str) -> None:
    """Any text gives statements whose spans lie inside of it, in order."""
    spans = [statement.span for statement in postgres(text).statements]
    assert all(0 <= span.start <= span.end <= len(text.encode()) for span in spans)


def test_a_copy_by_the_client_is_about_a_file_here():
    r"""`\copy` replaces a file of this host."""
    (statement,) = postgres("\\copy t to '/tmp/x.csv' csv").statements
    assert [(c.effect, c.targets[0].value) for c in statement.claims] == [(Effect.DESTROYS_DATA, "/tmp/x.csv")]
