"""What a remote host is given to run, so that its shell finds our hook: texts for sh and bash there.

Nothing of it is written to a disk there but named pipes in a private directory, which are gone before
the first prompt. No secret stands in any of these texts: they can be seen in the process list there.
What must not live here: starting ssh.
"""

from __future__ import annotations

import shlex

from safeshell.shells import DIRECTORY

_GO = 'echo go >"$d/go"'
CHANNELS = {
    "line": f'{_GO}; exec 3<&0; cat <&3 >"$d/n.li" & cat <"$d/n.lo"; kill $! 2>/dev/null',
    "backstop": f'{_GO}; exec 3<&0; cat <&3 >"$d/n.bi" & cat <"$d/n.bo"; kill $! 2>/dev/null',
    "token": f'{_GO}; cat >"$d/n.t"',
}
"""What each session beside the terminal's does: bytes from and to the named pipes of one channel."""
_STARTS = {"bash": f'{_GO}; cat >"$d/rc"', "zsh": f'cd "$d" && sh && {_GO}'}
"""How the start files of a shell arrive: bash reads a pipe, zsh needs files (it reads them once)."""
FOLLOWED = frozenset(_STARTS)
_ZSH = {".zshenv": "zsh/zshenv.zsh", ".zprofile": "zsh/zprofile.zsh", ".zshrc": "zsh/zshrc.zsh"}
_ZSH |= {"hook.zsh": "zsh/hook.zsh", "prompt.zsh": "zsh/prompt.zsh"}


BEGIN = "safeshell-channel-begins:"
"""What a session beside the terminal's prints first: a start file there may have printed something before it."""


class Beginning:
    """Drops what comes before BEGIN."""

    def __init__(self) -> None:
        self._seen = b""
        self._found = False

    def feed(self, data: bytes) -> bytes:
        """The part that belongs to the channel."""
        if self._found:
            return data
        self._seen += data
        _, mark, rest = self._seen.partition(BEGIN.encode())
        self._found = bool(mark)
        self._seen = b"" if mark else self._seen[-len(BEGIN) :]
        return rest


def boot_command(number: str) -> str:
    """The command of the terminal's session: bash waits for its channels, another shell opens as it is."""
    waiting = _text("remote/wait.bash").replace("@ID@", number)
    return f"exec sh -c {_quoted(_text('remote/boot.sh'))} {_quoted(waiting)}"


def side_command(number: str, channel: str) -> str:
    """The command of the session that carries one channel."""
    return _side(number, CHANNELS[channel])


def start_command(number: str, shell: str) -> str:
    """The command of the session that brings the start files of a shell; `start_text` is its standard input."""
    return _side(number, _STARTS[shell])


def start_text(shell: str) -> str:
    """The start files: for bash one text, for zsh a text of sh that writes them where it stands."""
    return _bash() if shell == "bash" else "".join(_written(name, _zsh(name)) for name in _ZSH)


def _side(number: str, work: str) -> str:
    text = _text("remote/side.sh").replace("@MARK@", BEGIN).replace("@ID@", number).replace("@DO@", work)
    return f"exec sh -c {_quoted(text)}"


def _written(name: str, text: str) -> str:
    mark = "SAFESHELL_END_OF_FILE"
    return f"cat >{name} <<'{mark}'\n{text}\n{mark}\n"


def _zsh(name: str) -> str:
    return _text(_ZSH[name]) + (_text("remote/end.zsh") if name == ".zshrc" else "")


def probe_command(text: str) -> str:
    """A read-only look at the other side; `text` is for sh."""
    return f"exec sh -c {shlex.quote(text)}"


def _bash() -> str:
    """Channels, the person's own start files there, the hook."""
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
