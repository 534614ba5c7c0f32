"""Secrets known by their shape."""

from __future__ import annotations

import pytest

from safeshell.records.extents import Extents
from safeshell.records.secret_shapes import SHAPE_TRIGGERS, shaped_secrets


def found(text: str) -> list[str]:
    return [text[start:end] for start, end in shaped_secrets(Extents(text), text.lower())]


@pytest.mark.parametrize(
    "token",
    [
        "AKIA" + "ABCDEFGH12345678",
        "ghp_" + "a1B2" * 9,
        "github_pat_" + "a1B2_" * 8,
        "glpat-" + "a1B2" * 5,
        "xoxb-" + "123456789012-abcdef",
        "sk-" + "a1B2" * 10,
        "sk_live_" + "a1B2" * 6,
        "eyJhbGciOiJIUzI1NiJ9." + "eyJzdWIiOiIxIn0." + "c2lnbmF0dXJl",
        "hvs." + "a1B2" * 8,
        "npm_" + "a1B2" * 9,
    ],
)
def test_well_known_tokens_are_found_anywhere(token):
    """Bare, in quotes, in a URL; the whole token and nothing around it."""
    assert any(trigger in token.lower() for trigger in SHAPE_TRIGGERS)
    for text in (token, f"echo '{token}' x", f'{{"x":"{token}"}}'):
        assert found(text) == [token]


@pytest.mark.parametrize(
    "text", ["ghp_short", "task-force-one-two-three-four", "AKIAshort", "eyJ", "risk-assessment-2026-q4"]
)
def test_look_alikes_are_left(text):
    """Too short, or only ends like a prefix."""
    assert found(text) == []


@pytest.mark.parametrize(
    ("text", "secrets"),
    [
        ("psql postgres://u:p@h/db", ["p"]),
        ("x redis://:p@h y", ["p"]),
        ("amqp://u:p/with/slash@h/v", ["p/with/slash"]),
        ("a://u:p@h,b://v:q@i", ["p", "q"]),
        ("https://bob@host/x", []),
        ("https://" + "a1B2" * 10 + "@host/x", ["a1B2" * 10]),
        ("docker pull http://registry:5000/image@sha256:abc", []),
        ("mailto:x@y http://h/?q=a:b@c", []),
    ],
)
def test_passwords_of_urls(text, secrets):
    """Only the password goes: user, host and path stay."""
    assert found(text) == secrets


def test_key_blocks_end_to_end_and_to_the_end_of_a_cut_text():
    """A block that was cut off has no END line."""
    head, body = "-----BEGIN OPENSSH PRIVATE KEY-----", "\nAAAA-BBBB\nCCCC\n"
    assert found(f"{head}{body}-----END OPENSSH PRIVATE KEY-----\nrest") == [body]
    assert found(f"{head}{body}") == [body]


def test_what_is_piped_into_a_password_prompt():
    """echo and printf into sudo -S, passwd --stdin, docker login --password-stdin, chpasswd."""
    for sink in (
        "sudo -S id",
        "sudo -u x -S id",
        "docker login --password-stdin r",
        "passwd --stdin b",
        "sudo chpasswd",
    ):
        assert found(f"echo hunter2 | {sink}") == ["hunter2"]
    assert found("echo hunter2 | grep x") == []
