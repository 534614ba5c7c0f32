"""The shapes that the interpreter hands back."""

from __future__ import annotations

from safeshell.languages.commands.interpretation import Interpretation, WrapKind, Wrapped
from safeshell.model.statements import Language


def test_an_interpretation_is_empty_unless_told() -> None:
    """No claims, nothing wrapped, here."""
    bare = Interpretation("x", known=True)
    assert (bare.claims, bare.wrapped, bare.place, dict(bare.detail)) == ((), (), None, {})


def test_inner_programs_are_shell_unless_told() -> None:
    """A wrap without a language is bash, and none of its words come from outside."""
    wrapped = Wrapped(WrapKind.ARGV)
    assert wrapped.language is Language.BASH
    assert not wrapped.appended
