"""Functions: of the text, and of the session."""

from __future__ import annotations

from safeshell.languages.reading import SessionNames
from safeshell.model.facts import Ask, Question
from tests.languages.bash.lines import opaque, questions, removed, understood, verbs

NAMES = SessionNames(functions=frozenset({"clean", "rm"}))
FACTS = {
    Question(Ask.FUNCTION, "clean"): 'clean () \n{ \n    local d=$1;\n    command rm -rf "$d"\n}',
    Question(Ask.FUNCTION, "rm"): 'rm () \n{ \n    echo "$@"\n}',
}  # fmt: skip


def test_a_session_function_is_asked_for_and_its_body_judged():
    """As `declare -f` prints it, with the words of the call."""
    assert questions("clean /x", names=NAMES) == {("function", "clean")}
    assert opaque("clean /x", names=NAMES)
    assert removed("clean /x", names=NAMES, facts=FACTS) == ["/x"]


def test_a_function_that_shadows_a_program_is_what_runs():
    """`rm` may be harmless here; `command rm` is the real one, and so is `sudo rm`."""
    assert removed("rm x", names=NAMES, facts=FACTS) == []
    assert removed("command rm x; sudo rm y; /bin/rm z", names=NAMES, facts=FACTS) == ["x", "y", "z"]
    assert removed("ls() { rm -rf /; }; ls") == ["/"]


def test_functions_of_the_session_do_not_reach_child_shells():
    """`bash -c clean` finds no such function."""
    assert questions("bash -c 'clean /x'", names=NAMES) == set()


def test_an_unreadable_definition_is_not_understood():
    """Whatever the session sent."""
    assert not understood("clean", names=NAMES, facts={Question(Ask.FUNCTION, "clean"): "clean () {"})
    assert not understood("clean", names=NAMES, facts={Question(Ask.FUNCTION, "clean"): "echo"})


def test_a_name_that_is_no_function_after_all_is_a_program():
    """The answer None says so."""
    assert removed("rm x", names=NAMES, facts={Question(Ask.FUNCTION, "rm"): None}) == ["x"]


def test_unset_functions_are_gone():
    """`unset -f` brings the program back."""
    assert removed("rm() { :; }; unset -f rm; rm x") == ["x"]


def test_a_function_defined_in_a_branch_is_not_understood():
    """Nobody knows which one runs."""
    assert not understood("if ls; then f() { ls; }; fi; f")


def test_local_variables_and_parameters_are_the_callers_again():
    """`local` and `declare` inside of a function stay there; other variables do not."""
    assert removed("D=x; f() { local D=/; declare E=/; G=/; }; f a; rm $D $G") == ["x", "/"]
    assert removed("set -- a; f() { :; }; f b; rm $1") == ["a"]
    assert verbs("f() { ls; }; f") == ["function", "f", "ls"]
