"""Client commands inside SQL texts."""

from __future__ import annotations

import pytest

from safeshell.languages.reading import unread_shell
from safeshell.languages.sqlclient import read_meta
from safeshell.model.statements import Language


@pytest.mark.parametrize(
    ("text", "effect"),
    [
        ("\\dt+ public.*", "reads"),
        ("\\sf f", "reads"),
        ("\\watch 5", "reads"),
        ("\\o", "reads"),
        ("\\o x", "writes"),
        ("\\password bob", "revokes_access"),
        ("\\e", "leaves_guard"),
        ("\\lo_unlink 5", "destroys_data"),
        ("\\frob", "not_understood"),
        ("\\", "not_understood"),
        ("\\set x `open", "not_understood"),
        ("\\copy t to /srv/x", "destroys_data"),
        ("\\copy (select 1) to x.csv csv header", "destroys_data"),
        ("\\copy t to '/srv/x'", "destroys_data"),
        ("\\copy t from x.csv", "writes"),
        ("\\copy t to stdout", "reads"),
        ("\\copy (select a from t) to pstdout", "reads"),
    ],
)
def test_psql(text: str, effect: str) -> None:
    """By name; what is not known is not understood."""
    claims, _ = read_meta(text, unread_shell, Language.POSTGRES)
    assert effect in {claim.effect.value for claim in claims}


@pytest.mark.parametrize(
    ("text", "effect"),
    [
        ("\\G", "reads"),
        ("\\. x", "runs_opaque_code"),
        ("\\T x", "writes"),
        ("\\r", "leaves_guard"),
        ("\\z", "not_understood"),
    ],
)
def test_mysql(text: str, effect: str) -> None:
    """One letter each."""
    claims, _ = read_meta(text, unread_shell, Language.MYSQL)
    assert [claim.effect.value for claim in claims] == [effect]


def test_shell_text_without_a_shell_reader_is_not_understood() -> None:
    """The fallback reads nothing, and says so."""
    _, nested = read_meta("\\! ls", unread_shell, Language.POSTGRES)
    assert [statement.understood for statement in nested] == [False]
