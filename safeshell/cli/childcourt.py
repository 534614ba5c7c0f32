r"""The court of a guarded client's ways out: what `\!`, `| program`, `\copy ... program` and `\c` lead to.

A shell text takes the same road as everything, with dialogs on the terminal; a connection elsewhere is
refused with the guarded spelling. What must not live here: how they are noticed (gateways.execwatch).
"""

from __future__ import annotations

import os
import shlex
import sys
import threading
from collections.abc import Callable, Mapping
from time import time

from safeshell.approvals.requests import Requests
from safeshell.cli.oneshot import OneShot
from safeshell.cli.setting import Setting
from safeshell.gateways.execwatch import Started
from safeshell.gateways.memory import Address
from safeshell.guard.sentences import named
from safeshell.languages.reading import Parse
from safeshell.model.audit import AuditEvent
from safeshell.model.effects import HARMLESS
from safeshell.model.judgement import Conclusion
from safeshell.model.statements import Language
from safeshell.model.values import dataclass, field

_NAMED_MOST = 60
_KEPT = 256
_AGAIN = 2.0
"""Seconds in which a connection elsewhere is refused in silence: a client tries every address of a name."""
_PAGERS = ("PSQL_PAGER", "PSQL_WATCH_PAGER", "PAGER")
_EDITORS = ("PSQL_EDITOR", "EDITOR", "VISUAL")
_DEFAULT_EDITOR = "vi"


def say(text: str) -> None:
    """A line for the person, beside the client's own output."""
    print(text, file=sys.stderr, flush=True)


@dataclass(slots=True)
class ChildCourt:
    """Judges what one client starts.

    `client` is the guarded command's name for advice. `terminal` is held while a question is on the screen.
    """

    setting: Setting
    requests: Requests
    record: Callable[[AuditEvent], bool]
    client: str
    token: str = ""
    terminal: threading.Lock = field(default_factory=threading.Lock)
    say: Callable[[str], None] = say
    _parse: Parse | None = field(default=None, init=False)
    _harmless: set[tuple[str, str]] = field(default_factory=set, init=False)
    _refused: dict[Address, float] = field(default_factory=dict, init=False)
    _told: set[str] = field(default_factory=set, init=False)

    def program(self, started: Started) -> bool:
        """Whether it may start: the person's own pager and editor unasked, all else by the road."""
        if self._furniture(started) or (started.text, started.cwd) in self._harmless:
            return True
        shot = self._shot(started.text, started.cwd, started.environ)
        end = self._judge(shot)
        if end.released and not shot.asked and set(end.assessment.effects) <= HARMLESS and len(self._harmless) < _KEPT:
            self._harmless.add((started.text, started.cwd))
        return end.released

    def text(self, text: str) -> bool:
        """Whether what a psql text runs here may run: for where nobody watches it. Asked once for the whole text."""
        from safeshell.cli.clienttexts import leaving

        shot = self._shot(text, os.getcwd(), self.setting.environ, Language.POSTGRES)
        found = leaving(text, shot)
        if not found:
            return True
        shot.text = "\n".join(statement.text for statement in found)
        return self._judge(shot).released

    def _judge(self, shot: OneShot) -> Conclusion:
        with self.terminal:
            end = shot.judge()
        if end.message:
            self.say(end.message if end.released else named(end.message, _shown(shot.text)))
        return end

    def connection(self, address: Address) -> None:
        """Say what to do instead of connecting there."""
        now = time()
        if now - self._refused.get(address, 0.0) < _AGAIN:
            return
        self._refused[address] = now
        self.say(f"safeshell: refused: {_elsewhere(address, self.client)}")

    def stranger(self) -> None:
        """Nothing that was started is the client that we know: a wrapper may have gone elsewhere."""
        self.say(
            f"safeshell: what {self.client} started connected to nothing so far; if it is a wrapper that runs the client "
            "elsewhere (a container?), that one is not guarded"
        )

    def powerless(self, program: str) -> None:
        """A program that wants more rights than the kernel will give it here (see gateways.seccomp)."""
        if program in self._told:
            return
        self._told.add(program)
        self.say(
            f"safeshell: {program} gets no more rights below {self.client} (the exec watch rests on no_new_privs); "
            "run it in your own shell: Ctrl-Z brings you there, fg back"
        )

    def _shot(self, text: str, cwd: str, variables: Mapping[str, str], language: Language = Language.BASH) -> OneShot:
        if self._parse is None:
            from safeshell.gateways.shfmt import Shfmt

            self._parse = Shfmt()
        token = self.token if self._meant(text, language) else ""
        return OneShot(
            self.setting,
            text,
            token,
            self.requests,
            self.record,
            cwd=cwd,
            variables=variables,
            parse=self._parse,
            language=language,
        )

    def _meant(self, text: str, language: Language) -> bool:
        """True when the confirmed request is for this text: it may as well be for a statement."""
        from safeshell.approvals.requests import text_digest

        request = self.requests.find(self.token) if self.token else None
        return request is not None and request.language is language and request.digest == text_digest(text)

    def _furniture(self, started: Started) -> bool:
        """The pager and the editor that the person's environment named before the client could change it."""
        environ = self.setting.environ
        if any(started.text == environ.get(name) for name in _PAGERS):
            return True
        return _edits_own_file(started, environ)


def _edits_own_file(started: Started, environ: Mapping[str, str]) -> bool:
    r"""`exec EDITOR [LINE] FILE` with psql's own temporary file, as `\e` makes it."""
    editor = next((environ[name] for name in _EDITORS if environ.get(name)), _DEFAULT_EDITOR)
    beginning = f"exec {editor} "
    if not started.text.startswith(beginning):
        return False
    try:
        *line, path = shlex.split(started.text[len(beginning) :])
    except ValueError:
        return False
    parent, name = os.path.split(path)
    own = name.startswith("psql.edit.") and parent == (environ.get("TMPDIR") or "/tmp")  # noqa: S108 - where psql puts it
    quoted = started.text.endswith(f" '{path}'")
    return own and quoted and len(line) <= 1 and all(word.lstrip("+").isdigit() for word in line)


def _elsewhere(address: Address, client: str) -> str:
    if address.kind == "unix":
        directory, _, name = address.host.rpartition("/")
        port = name.rpartition(".")[2]
        spelled = shlex.join([client, "-h", directory or "/", "-p", port])
        return f"a connection to the socket {address.host} would leave the guard; in another terminal: {spelled}"
    if address.kind == "inet":
        spelled = shlex.join([client, "-h", address.host, "-p", str(address.port)])
        where = f"{address.host} port {address.port}"
        return f"a connection to {where} would leave the guard; in another terminal, with its name: {spelled}"
    return f"a connection of a kind that safeshell cannot read would leave the guard; start another {client} for it"


def _shown(text: str) -> str:
    from safeshell.dialogs.visible import clip, one_line
    from safeshell.records.redact import redact

    return clip(one_line(redact(text.strip())), _NAMED_MOST)
