"""Where safeshell's files are."""

from __future__ import annotations

from pathlib import Path

import pytest

from safeshell.state.paths import builtin_config_dir, home_of, state_directory, user_config


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({"SAFESHELL_STATE_DIR": "/s", "XDG_STATE_HOME": "/x", "HOME": "/h"}, "/s"),
        ({"XDG_STATE_HOME": "/x", "HOME": "/h"}, "/x/safeshell"),
        ({"XDG_STATE_HOME": "x", "HOME": "/h"}, "/h/.local/state/safeshell"),
        ({"HOME": "/h"}, "/h/.local/state/safeshell"),
    ],
)
def test_state_directory(environ: dict[str, str], expected: str):
    """SAFESHELL_STATE_DIR, else XDG_STATE_HOME when absolute, else below the home."""
    assert state_directory(environ) == expected


def test_without_home_the_passwd_entry_counts():
    """A service manager may start us without HOME."""
    assert home_of({}).startswith("/")
    assert home_of({"HOME": "relative"}) == home_of({})


def test_user_config():
    """XDG_CONFIG_HOME is heeded when absolute."""
    assert user_config({"HOME": "/h"}) == "/h/.config/safeshell"
    assert user_config({"HOME": "/h", "XDG_CONFIG_HOME": "/c"}) == "/c/safeshell"


def test_the_builtin_packs_are_found():
    """From a checkout as from an installation there are packs and schemas."""
    assert list(Path(builtin_config_dir(), "packs").glob("*.yaml"))
    assert Path(builtin_config_dir(), "schema", "safeshell.schema.json").is_file()
