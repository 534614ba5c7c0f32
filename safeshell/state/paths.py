"""Where safeshell's files are.

What must not live here: reading or writing them.
"""

from __future__ import annotations

import os

import safeshell

TYPE_CHECKING = False  # typing costs 8 ms, and the first prompt waits
if TYPE_CHECKING:
    from collections.abc import Mapping

SYSTEM_CONFIG = "/etc/safeshell"


def home_of(environ: Mapping[str, str]) -> str:
    """The person's home directory: $HOME when it is absolute, else the passwd entry's."""
    home = environ.get("HOME", "")
    if home.startswith("/"):
        return home
    import pwd  # noqa: PLC0415 - HOME is missing only under odd service managers

    try:
        return pwd.getpwuid(os.geteuid()).pw_dir
    except KeyError:
        return "/"


def state_directory(environ: Mapping[str, str]) -> str:
    """$SAFESHELL_STATE_DIR, else $XDG_STATE_HOME/safeshell, else ~/.local/state/safeshell.

    A relative XDG_STATE_HOME is ignored, as the base directory specification asks.
    """
    own = environ.get("SAFESHELL_STATE_DIR", "")
    if own:
        return os.path.abspath(own)
    base = environ.get("XDG_STATE_HOME", "")
    return f"{base if base.startswith('/') else home_of(environ) + '/.local/state'}/safeshell"


def user_config(environ: Mapping[str, str]) -> str:
    """The person's configuration directory, $XDG_CONFIG_HOME heeded."""
    base = environ.get("XDG_CONFIG_HOME", "")
    return f"{base if base.startswith('/') else home_of(environ) + '/.config'}/safeshell"


def builtin_config_dir() -> str:
    """The directory of safeshell's own packs and schemas.

    `safeshell/_config` of an installation, else `config` beside the package in a checkout.
    """
    package = os.path.dirname(os.path.abspath(safeshell.__file__))
    installed = f"{package}/_config"
    return installed if os.path.isdir(installed) else f"{os.path.dirname(package)}/config"
