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
from tests.languages.bash.lines import claims, every, judge, opaque, questions, removed


def test_unknown_parts_become_names():
    """A variable keeps its name in shell text; elsewhere an identifier stands for it."""
    pieces = (Piece(PieceKind.LITERAL, "rm "), Piece(PieceKind.VARIABLE, "X"), Piece(PieceKind.OPAQUE, "$(y)"))
    assert render(pieces, Language.BASH) == ("rm ${X}${safeshell_unknown}", False)
    assert render(pieces, Language.POSTGRES) == ("rm safeshell_unknownsafeshell_unknown", False)
    assert render((NUMBER,), Language.POSTGRES) == ("safeshell_unknown", True)


def test_a_text_with_unknown_parts_is_opaque_and_still_read():
    """What can be seen of it is judged as well."""
    assert opaque('bash -c "rm $X"')
    assert removed('bash -c "rm $X"') == [None]
    assert not opaque("bash -c 'rm $X'")


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
        assert [statement.verb for statement in found] == ["drop"], text
        assert claims(text, Effect.DESTROYS_DATA)


def test_text_that_cannot_be_parsed_is_one_lost_statement():
    """The statement around it is there as well."""
    statements = every(judge("bash -c 'if'; ls"))
    assert [(statement.verb, statement.understood) for statement in statements] == [
        ("bash", True),
        ("", False),
        ("ls", True),
    ]
