"""Questions about places keep everything that a place says."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from safeshell.model.facts import SHELL_NAMES, Ask, place_of, place_question
from safeshell.model.places import Place

TEXT = st.text(st.characters(blacklist_characters="\0", blacklist_categories=("Cs",)), max_size=12)
KEYS = st.sampled_from(["database", "user", "port", "namespace", "profile"])


@given(TEXT.filter(bool), TEXT, st.booleans(), st.dictionaries(KEYS, TEXT))
def test_a_place_survives_its_question(kind, name, known, detail):
    """place_of(place_question(place)) is the place."""
    place = Place(kind, name, known, detail)
    assert place_of(place_question(place)) == place


def test_different_places_are_different_questions():
    """Two databases of one host are not one target."""
    assert place_question(Place("database", "db", detail={"database": "a"})) != place_question(
        Place("database", "db", detail={"database": "b"})
    )


def test_only_the_shell_knows_its_names():
    """Variables, aliases, functions and what a pattern stands for are the session's to answer."""
    assert frozenset({Ask.VARIABLE, Ask.ALIAS, Ask.FUNCTION, Ask.GLOB}) == SHELL_NAMES
