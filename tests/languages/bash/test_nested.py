"""Texts within texts: how much of them is known, and in whose shell they run."""

from __future__ import annotations

import pytest

from safeshell.languages.bash.fields import NUMBER
from safeshell.languages.bash.flow import Reach
from safeshell.languages.bash.nested import abroad, render
from safeshell.languages.bash.state import UNKNOWN, State, known_text
from safeshell.languages.words import Piece, PieceKind
from safeshell.model.effects import Effect
from safeshell.model.statements import Language
from tests.languages.bash.lines import claims, every, judge, opaque, questions, removed, understood


def test_unknown_parts_become_names():
    """A variable keeps its name in shell text; elsewhere an identifier stands for it."""
    pieces = (Piece(PieceKind.LITERAL, "rm "), Piece(PieceKind.VARIABLE, "X"), Piece(PieceKind.OPAQUE, "$(y)"))
    assert render(pieces, Language.BASH) == ("rm ${X}${safeshell_unknown}", False)
    assert render(pieces, Language.POSTGRES) == ("rm safeshell_unknownsafeshell_unknown", False)
    assert render((NUMBER,), Language.POSTGRES) == ("safeshell_unknown", True)


def test_unknown_parts_of_a_text_are_data_and_never_commands():
    """As words they are what an unknown variable is; where they would be code, nobody knows what runs."""
    assert not opaque('ssh h "tail -n $N x"')
    assert removed('bash -c "rm $X"') == [None]
    assert opaque('bash -c "$X"')
    assert not understood('bash -c "ls; $X"')


def test_quotes_of_the_inner_text_do_not_make_an_unknown_part_known():
    """`'$f'` is filled in before the inner shell sees its quotes."""
    assert removed("bash -c \"rm '$F'\"") == [None]
    assert removed("bash -c 'rm x'") == ["x"]


def test_each_language_says_where_an_unknown_part_is_data():
    """A value is not code; a whole statement is."""
    assert not opaque('psql -c "select * from t where id = $ID"')
    assert opaque('psql -c "select 1; $SQL"')


def test_only_exported_variables_reach_another_process():
    """And nothing reaches another machine."""
    state = State(variables={"A": known_text("a"), "B": known_text("b")}, exported=frozenset({"A"}), directory=("/x",))
    there = abroad(state, Reach.PROCESS)
    assert (there.variables, there.directory) == ({"A": known_text("a"), "B": UNKNOWN}, ("/x",))
    assert abroad(state, Reach.MACHINE) == State()


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("export D=/; bash -c 'rm $D'", ["/"]), ("D=/; bash -c 'rm $D'", [None]), ("D=/ bash -c 'rm $D'", ["/"]), ("env D=/ bash -c 'rm $D'", ["/"]),
        ("D=/; eval 'rm $D'", ["/"]), ("export D=/; ssh h 'rm $D'", [None]), ("cd /x && bash -c 'rm y'", ["/x/y"]), ("cd /x && ssh h 'rm y'", ["y"]),
        ("f() { rm x; }; bash -c f", []), ("ssh h \"bash -c 'rm x'\"", ["x"]), ("bash -c 'D=/; rm $D'", ["/"]),
    ],
)  # fmt: skip
def test_whose_variables_count(text, values):
    """A child shell sees what was exported, this shell's own texts see all."""
    assert removed(text) == values


def test_nested_texts_elsewhere_ask_nothing_here():
    """Variables and files of another machine cannot be looked up on this one."""
    assert questions("ssh h 'rm $X; bash y.sh; source z'") == set()
    assert opaque("ssh h 'bash y.sh'")


def test_sql_in_a_shell_line_is_read_by_its_own_language():
    """By -c, by a pipe, by a here-document; the statements carry the place of the client."""
    for text in (
        "psql -c 'drop table x'",
        "echo 'drop table x' | psql",
        "psql <<E\ndrop table x\nE",
        "sudo psql -c 'drop table x'",
    ):
        found = [statement for statement in every(judge(text)) if statement.language is Language.POSTGRES]
        assert [statement.verb for statement in found] == ["drop table"], text
        assert claims(text, Effect.DESTROYS_DATA)


def test_text_that_cannot_be_parsed_is_one_lost_statement():
    """The statement around it is there as well."""
    statements = every(judge("bash -c 'if'; ls"))
    assert [(statement.verb, statement.understood) for statement in statements] == [
        ("bash", True),
        ("", False),
        ("ls", True),
    ]
