"""What a remote host is given to run, so that its shell finds our hook: texts for sh and bash there.

Nothing of it is written to a disk there but named pipes in a private directory, which are gone before
the first prompt (fish's, which opens them for each frame, when the session ends). No secret stands in any of these texts: they can be seen in the process list there.
What must not live here: starting ssh.
"""

from __future__ import annotations

import shlex

from safeshell.shells import DIRECTORY

_GO = 'echo go >"$d/go"'
CHANNELS = ("line", "backstop", "token")
_BOTH_WAYS = (
    'exec 3<&0 5<>"@d@/n.@in@"; @go@cat <"@d@/n.@out@" & r=$!; { cat <&3 >&5; kill "$r"; } & w=$!; '
    'exec 3<&-; wait "$r"; kill "$w"; rm -rf -- "@d@"'
)
_WORK = {
    "line": _BOTH_WAYS.replace("@in@", "li").replace("@out@", "lo"),
    "backstop": _BOTH_WAYS.replace("@in@", "bi").replace("@out@", "bo"),
    "token": 'exec 5<>"@d@/n.t"; @go@cat >&5',
}
_HELD = 'exec 4<>"@d@/n.lo" 5<>"@d@/n.li"; @go@cat <&4 & cat >&5; kill $!; rm -rf -- "@d@"'
"""For a shell that opens its pipes for each frame: they stay open here, and go when the connection does."""
_PIPED = (
    f'{_GO}; exec 3<&0; cat <&3 >"$d/rc" & r=$!; '
    'while [ -p "$d/rc" ] && kill -0 "$r" 2>/dev/null; do sleep 0.3 || sleep 1; done; kill "$r" 2>/dev/null; exit 0'
)
_STARTS = {"bash": _PIPED, "sh": _PIPED, "fish": _PIPED, "zsh": f'cd "$d" && sh && {_GO}'}
"""How the start files of a shell arrive: most read a pipe, zsh needs files (it reads them once). `sh` is a login
shell with no hook of its own (sh, dash, ash), in whose place the bash there stands, with the same start files."""
FOLLOWED = frozenset(_STARTS)
_BOOTED = {"bash": "bash | zsh | fish | sh | dash | ash", "plain": "bash | zsh | fish"}
"""The login shells that boot, by the policy's `follow_sh`."""
BELL = (1, 7748)
"""Rows and columns that no terminal has: a terminal of that size means, to a start that waits for its channels,
that there will be none. It is told by size so that no byte mixes with what a person typed ahead."""
PATIENCE = 90
"""Seconds that a start waits for its channels where nobody could ring: a last resort, since a slow host is no refusal."""
_STEP = 0.2
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


def boot_command(number: str, follow_sh: str = "bash") -> str:
    """The command of the terminal's session: a bash waits for the channels, a shell that is not followed opens as it is.

    `follow_sh` is the policy's: whether a login shell without a hook gets the bash there in its place.
    """
    waiting = text_of("remote/wait.bash").replace("@ID@", number).replace("@BELL@", "{} {}".format(*BELL))
    waiting = waiting.replace("@PATIENCE@", str(round(PATIENCE / _STEP)))
    booting = text_of("remote/boot.sh").replace("@FOLLOWED@", _BOOTED[follow_sh])
    return f"exec sh -c {_quoted(booting)} {_quoted(waiting)}"


def channels_of(shell: str) -> tuple[str, ...]:
    """The channels that a shell has: fish asks for whole lines only."""
    return CHANNELS[:1] if shell == "fish" else CHANNELS


def carrying(channel: str, shell: str, directory: str, go: str = "") -> str:
    """A text of sh: bytes from and to the named pipes of one channel in a directory, until either end is over.

    It never waits in the opening of a pipe that nobody opens: a shell that does not come so far leaves nothing
    there. `go` is run once the pipes are held.
    """
    text = _HELD if shell == "fish" else _WORK[channel]
    return text.replace("@d@", directory).replace("@go@", go)


def side_command(number: str, channel: str, shell: str = "bash") -> str:
    """The command of the session that carries one channel."""
    return _side(number, carrying(channel, shell, "$d", f"{_GO}; "))


def start_command(number: str, shell: str) -> str:
    """The command of the session that brings the start files of a shell; `start_text` is its standard input."""
    return _side(number, _STARTS[shell])


def start_text(shell: str) -> str:
    """The start files: for bash and fish one text, for zsh a text of sh that writes them where it stands."""
    if shell == "zsh":
        return "".join(_written(name, _zsh(name)) for name in _ZSH)
    return text_of("fish/hook.fish") + text_of("remote/end.fish") if shell == "fish" else _bash(shell)


def _side(number: str, work: str) -> str:
    text = text_of("remote/side.sh").replace("@MARK@", BEGIN).replace("@ID@", number).replace("@DO@", work)
    return f"exec sh -c {_quoted(text)}"


def _written(name: str, text: str) -> str:
    mark = "SAFESHELL_END_OF_FILE"
    return f"cat >{name} <<'{mark}'\n{text}\n{mark}\n"


def _zsh(name: str) -> str:
    return text_of(_ZSH[name]) + (text_of("remote/end.zsh") if name == ".zshrc" else "")


def probe_command(text: str) -> str:
    """A read-only look at the other side; `text` is for sh."""
    return f"exec sh -c {shlex.quote(text)}"


def _bash(shell: str) -> str:
    """Channels, the person's own start files there (of bash, or of the sh in whose place it stands), the hook."""
    rc = text_of("bash/rc.bash")
    own = rc[rc.index("\\builtin shopt -s expand_aliases") : rc.rindex("\\builtin . ")]
    start_files = text_of("remote/profile.bash") if shell == "sh" else own
    hook = text_of("bash/hook.bash").replace(_sourcing("prompt.bash"), text_of("bash/prompt.bash"))
    return "\n".join(
        (
            "\\builtin shopt -u expand_aliases",
            text_of("bash/channels.bash"),
            text_of("remote/open.bash"),
            start_files,
            hook,
        )
    )


def _sourcing(name: str) -> str:
    return f'builtin . "${{BASH_SOURCE[0]%/*}}/{name}"'


def text_of(name: str) -> str:
    """A file of those that run inside other people's shells."""
    with open(f"{DIRECTORY}/{name}", encoding="utf-8") as file:
        return file.read()


def _quoted(text: str) -> str:
    """In single quotes that mean the same to sh, bash, zsh and fish: without quotes and doubled backslashes inside."""
    if "'" in text or "\\\\" in text:
        raise ValueError("a text for every shell holds a single quote or two backslashes")
    return f"'{text}'"
