"""Secrets known by their name."""

from __future__ import annotations

import pytest

from safeshell.records.extents import Extents
from safeshell.records.secret_names import is_secret_name, named_secrets, takes_next_word


@pytest.mark.parametrize(
    "name",
    [
        "password",
        "PASSWD",
        "MYSQL_PWD",
        "db-passphrase",
        "secret",
        "AWS_SECRET_ACCESS_KEY",
        "apiKey",
        "api_key",
        "X-Api-Key",
        "accessToken",
        "githubtoken",
        "private_key",
        "credentials",
        "auth",
        "HTTP_AUTH",
        "Authorization",
        "cookie",
        "dbpass",
        "requirepass",
    ],
)
def test_names_with_a_secret_word_are_secret(name):
    """Whatever the case, and however the words are joined."""
    assert is_secret_name(name)


@pytest.mark.parametrize(
    "name", ["PWD", "OLDPWD", "author", "authorized_keys", "passenger", "key", "monkey", "tokenizer", "SSH_AUTH_SOCK"]
)
def test_look_alikes_are_not(name):
    """Words that only contain such letters."""
    assert not is_secret_name(name)


def test_flags_about_passwords_take_no_value():
    """`--password-stdin registry` does not make the registry a secret."""
    assert takes_next_word("--password")
    assert takes_next_word("-storepass")
    for flag in ("--password-stdin", "--no-password", "--ask-pass", "--password=x", "password", "--user"):
        assert not takes_next_word(flag)


def test_spans_are_those_of_the_values():
    """Quotes stay outside, so that what is left can still be read and parsed."""
    text = '{"password": "x y", "n": 1}'
    assert [text[start:end] for start, end in named_secrets(Extents(text))] == ["x y"]
