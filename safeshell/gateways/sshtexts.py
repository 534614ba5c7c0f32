"""What a remote host is given to run, so that its shell finds our hook: texts for sh and bash there.

Nothing of it is written to a disk there but named pipes in a private directory, which are gone before
the first prompt. No secret stands in any of these texts: they can be seen in the process list there.
What must not live here: starting ssh.
"""

from __future__ import annotations

import shlex

from safeshell.shells import DIRECTORY

CHANNELS = {
    "line": 'exec 3<&0; cat <&3 >"$d/li" & cat <"$d/lo"; kill $! 2>/dev/null',
    "backstop": 'exec 3<&0; cat <&3 >"$d/bi" & cat <"$d/bo"; kill $! 2>/dev/null',
    "token": 'cat >"$d/t"',
    "rc": 'cat >"$d/rc"',
}
"""What each session beside the terminal's does: bytes from and to the named pipes of one channel."""


def boot_command(number: str) -> str:
    """The command of the terminal's session: bash waits for its channels, another shell opens as it is."""
    waiting = _text("remote/wait.bash").replace("@ID@", number)
    return f"exec sh -c {_quoted(_text('remote/boot.sh'))} {_quoted(waiting)}"


def side_command(number: str, channel: str) -> str:
    """The command of one session beside it."""
    text = _text("remote/side.sh").replace("@ID@", number).replace("@DO@", CHANNELS[channel])
    return f"exec sh -c {_quoted(text)}"


def probe_command(text: str) -> str:
    """A read-only look at the other side; `text` is for sh."""
    return f"exec sh -c {shlex.quote(text)}"


def rc_text() -> str:
    """The start file of the remote bash: channels, its own start files, the hook; as one text."""
    rc = _text("bash/rc.bash")
    start_files = rc[rc.index("\\builtin shopt -s expand_aliases") : rc.rindex("\\builtin . ")]
    hook = _text("bash/hook.bash").replace(_sourcing("prompt.bash"), _text("bash/prompt.bash"))
    return "\n".join(
        ("\\builtin shopt -u expand_aliases", _text("bash/channels.bash"), _text("remote/open.bash"), start_files, hook)
    )


def _sourcing(name: str) -> str:
    return f'builtin . "${{BASH_SOURCE[0]%/*}}/{name}"'


def _text(name: str) -> str:
    with open(f"{DIRECTORY}/{name}", encoding="utf-8") as file:  # noqa: PTH123 - as elsewhere
        return file.read()


def _quoted(text: str) -> str:
    """In single quotes that mean the same to sh, bash, zsh and fish: without quotes and doubled backslashes inside."""
    if "'" in text or "\\\\" in text:
        raise ValueError("a text for every shell holds a single quote or two backslashes")
    return f"'{text}'"
