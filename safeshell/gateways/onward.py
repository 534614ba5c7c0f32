"""A landing on a further host: `ssh` typed in a guarded shell becomes a connection that others can share.

The connection is opened in the terminal, where it asks what ssh asks; its socket stands in a private directory
on the host where ssh was typed. Only then can anything be run on the further host, so the landing there is made
on the side, while the terminal's session waits for it. What must not live here: the way to the first host.
"""

from __future__ import annotations

import contextlib
import os
import shlex
import subprocess
import threading
from collections.abc import Sequence

from safeshell.gateways.carriers import Landing, LandingError, Way, aside, check, read_told, script
from safeshell.gateways.sshargs import MORTAL, NO_COMMAND, NO_CONFIG, NO_NEW, QUIET, SHARING
from safeshell.gateways.sshtexts import text_of
from safeshell.model.carried import Carried
from safeshell.model.values import dataclass, field, replace

_WAIT = 'n=0; until [ -S "$0" ]; do n=$((n + 1)); [ "$n" -lt 1800 ] || exit 1; sleep 0.1 || sleep 1; done; exec "$@"'


@dataclass(slots=True)
class OnwardLanding(Landing):
    """`near` is the way to the host where ssh was typed, `socket` the connection's there, `folder` its directory."""

    near: Way | None = None
    folder: str = ""
    socket: str = ""
    _gone: threading.Event = field(default_factory=threading.Event)

    def begin(self, text: str) -> None:
        """Wait for the connection on the side, then make the landing there by `text`, for sh."""
        self._pair()
        os.write(self.ends[1], self.nonce.encode())
        threading.Thread(target=self._make, args=(text,), daemon=True).start()

    def _make(self, text: str) -> None:
        if self.near is None:
            return
        argv = self.near(["sh", "-c", _WAIT, self.socket, *_over(self.socket, "sh")])
        try:
            process = subprocess.Popen(
                argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, start_new_session=True
            )
            self.beside.append(process)
            told, _ = process.communicate(text.encode())
            _, _, self.shell, _ = read_told(told)
            if not self._gone.is_set():
                self._reach()
        except OSError:
            self._refuse()

    def _refuse(self) -> None:
        """The session that waits there opens without us."""
        argv = self.way(["touch", f"{self.directory}.none"])
        with contextlib.suppress(OSError, subprocess.SubprocessError):
            aside(argv)

    def remove(self) -> None:
        """What is left of it goes, on both hosts."""
        self._gone.set()
        Landing.remove(self)
        if self.near is not None:
            argv = self.near(["rm", "-rf", "--", self.folder])
            with contextlib.suppress(OSError, subprocess.SubprocessError):
                aside(argv)


def _over(socket: str, command: str) -> list[str]:
    return ["ssh", "-T", "-S", socket, *QUIET, *NO_NEW, "there", command]


def go_on(near: Way, wish: Carried) -> OnwardLanding:
    """Begin a landing on the host that `wish` leads to. Raises LandingError where no connection can be shared."""
    check(wish, "")
    number = os.urandom(8).hex()
    folder = f"/tmp/.safeshell-{number}"  # noqa: S108 - made by mkdir, private
    argv = near(["sh", "-c", 'command -v ssh >/dev/null && mkdir -m 700 -- "$0"', folder])
    try:
        made = aside(argv)
    except (OSError, subprocess.SubprocessError) as fault:
        raise LandingError(f"nothing could be run there: {fault}") from fault
    if made.returncode:
        raise LandingError("there is no ssh, or no private directory could be made")
    socket = f"{folder}/cm"

    def way(words: Sequence[str]) -> list[str]:
        return near(_over(socket, shlex.join(words)))

    other = os.urandom(8).hex()
    landing = OnwardLanding(way, f"/tmp/.safeshell-{other}", "", -1, near=near, folder=folder, socket=socket)  # noqa: S108 - made there by mkdir, private
    landing.begin(script(replace(wish, login=True), "", other, "", other=True))
    return landing


def onward_text(wish: Carried, landing: OnwardLanding, shell: str) -> str:
    """What stands in for `ssh` in a shell, once: the connection, the session over it, and its end."""
    options, client = wish.words[1:], wish.words[0]
    plain = (*NO_COMMAND, *MORTAL)
    boot = text_of("remote/onward.sh").replace("@DIR@", landing.directory)
    session = ("-t", "-S", landing.socket, *SHARING, *plain)
    values = {
        "@NAME@": client,
        "@MASTER@": shlex.join((client, "-M", "-N", "-f", "-S", landing.socket, *plain, *options)),
        "@SESSION@": shlex.join((client, *session, *options, f"exec sh -c '{boot}'")),
        "@END@": shlex.join((client, "-S", landing.socket, "-O", "exit", *NO_CONFIG, "there")),
    }
    text = text_of("remote/onward.fish" if shell == "fish" else "remote/onward.bash")
    for mark, value in values.items():
        text = text.replace(mark, value)
    return text
