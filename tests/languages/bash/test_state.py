"""The shell's state: joining two ways, and directories as text."""

from __future__ import annotations

import pytest

from safeshell.languages.bash.state import UNKNOWN, Function, State, enter, join, known_text, locate, tidy


def test_what_two_ways_agree_on_stays_known():
    """A variable that both set to the same text is known, any other is not."""
    one = State(variables={"A": known_text("x"), "B": known_text("y")})
    other = State(variables={"A": known_text("x"), "B": known_text("z"), "C": known_text("q")})
    assert join(one, other).variables == {"A": known_text("x"), "B": UNKNOWN, "C": UNKNOWN}


def test_functions_and_aliases_of_one_way_only_are_not_known():
    """None says: it depends on the branch."""
    assert join(State(functions={"f": Function({}, b"x")}), State()).functions == {"f": None}
    assert join(State(aliases={"a": "x"}), State(aliases={"a": "x"})).aliases == {"a": "x"}


def test_a_way_that_ended_does_not_count():
    """After `exit` nothing runs."""
    alive, dead = State(directory=("/x",)), State(directory=("/y",), dead=True)
    assert join(alive, dead) is alive
    assert join(dead, alive) is alive


def test_directories_add_up():
    """The shell may be in one or the other; too many are one unknown."""
    assert join(State(directory=("",)), State(directory=("/x",))).directory == ("", "/x")
    many = State(directory=("a", "b", "c", "d"))
    assert join(many, State(directory=("e",))).directory == (None,)


def test_a_copy_changes_alone():
    """Branches do not see each other."""
    one = State()
    one.copy().variables["A"] = UNKNOWN
    assert one.variables == {}


@pytest.mark.parametrize(
    ("place", "path", "found"),
    [("", "a", "a"), ("", "./a", "./a"), ("/", "*", "/*"), ("/srv", "../etc", "/etc"), ("a", "b", "a/b"), ("a", "..", "."), ("..", "a", "../a"),
     (None, "a", None), (None, "/a", "/a"), ("/srv", "~/a", "~/a"), ("~", "a/", "~/a/"), ("~", "..", "~/.."), ("/", "..", "/"), ("a", "../..", "..")],
)  # fmt: skip
def test_paths_are_seen_from_where_the_text_starts(place, path, found):
    """`cd / && rm *` removes /*; a home's parent is nobody's guess."""
    assert locate(place, path) == found


@pytest.mark.parametrize(
    ("path", "short"),
    [("/a/./b//c/", "/a/b/c/"), ("a/..", "."), ("/../x", "/x"), ("../../x", "../../x"), ("", "."), ("/", "/")],
)
def test_tidy_paths(path, short):
    """Dots and double slashes go where that changes nothing."""
    assert tidy(path) == short


def test_entering_goes_from_every_place():
    """Each directory that the shell may be in moves on."""
    assert enter(("", "/x"), "a") == ("a", "/x/a")
    assert enter(("", "/x"), "/a") == ("/a",)
    assert enter(("",), None) == (None,)


def test_a_copy_is_complete():
    """Every field goes along, also one that is added later."""
    full = State(
        {"A": UNKNOWN}, frozenset({"A"}), None, {"f": None}, {"a": "b"}, {"p": None}, ("/x",), "why", True, True
    )
    assert full.copy() == full
    assert all(getattr(full, name) != getattr(State(), name) for name in State.__slots__ if name != "positional")
