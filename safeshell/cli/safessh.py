"""`safe-ssh`: the person's own ssh, judged before it sends a command, and followed into the remote shell.

Everything on the command line is ssh's, but for `--guard-...`. Where nothing is to be judged or followed, ssh
takes our place unchanged; whatever fails here ends in plain ssh with one line that says so. What must not
live here: ssh's options (gateways.sshargs), the session, judging.
"""

from __future__ import annotations

import os
import shlex
import shutil
import sys
import time
from functools import partial
from typing import TYPE_CHECKING

from safeshell.gateways.sshargs import ALONE, NO_SHELL, SshCall, option_words, read_call
from safeshell.gateways.sshtarget import SshTarget, resolve_call
from safeshell.model.effects import Tier
from safeshell.model.places import Environment, Place
from safeshell.state.follows import Follows

if TYPE_CHECKING:
    from collections.abc import Sequence

    from safeshell.cli.setting import Setting

_HELP = """\
safe-ssh [OPTION]... DESTINATION [COMMAND...]   as ssh; man ssh tells its options
  --guard-tier TIER     at least this tier
  --guard-confirm ID    redeem a confirmed request
  --guard-follow        follow into this host, whatever was answered before
  --guard-plain         plain ssh, this once
  --guard-engine ENGINE openssh (default), or paramiko: a client of our own, taken where OpenSSH's is not installed
"""
_VALUED = ("--guard-tier", "--guard-confirm", "--guard-engine", "--guard-reason")
_FLAGS = ("--guard-follow", "--guard-plain", "--guard-help", "--guard-write")
_USAGE = 2
_MISSING = 127
_UNSTARTED = frozenset({1, 2, 126, 127})
"""Exit statuses of a remote side that would not start what follows; ssh's own failures are 255."""
_SOON = 10.0


def main(argv: list[str] | None = None) -> int:
    """Run ssh guarded; ends as ssh ends, 126 when the command was refused."""
    words = list(sys.argv[1:] if argv is None else argv)
    own, words = _own(words)
    if "--guard-help" in own:
        print(_HELP, end="")
        return 0
    ssh = shutil.which("ssh")
    engine = own.get("--guard-engine", "openssh" if ssh else "paramiko")
    if engine == "paramiko":
        from safeshell.cli.safesshalone import run_alone

        return run_alone(words, own)
    if engine != "openssh" or ssh is None:
        print("safeshell: --guard-engine is openssh or paramiko, and openssh needs ssh on PATH", file=sys.stderr)
        return _USAGE
    call = read_call(words)
    if not call.well or call.has(ALONE) or "--guard-plain" in own:
        return _plain(ssh, words)
    try:
        return _guarded(ssh, call, words, own)
    except KeyboardInterrupt:
        return 130


def _own(words: Sequence[str]) -> tuple[dict[str, str], list[str]]:
    """The guard's own options, which stand anywhere before the command, and the rest."""
    own: dict[str, str] = {}
    rest: list[str] = []
    left = list(words)
    while left:
        word = left.pop(0)
        name, _, value = word.partition("=")
        if name in _VALUED:
            own[name] = value if "=" in word else (left.pop(0) if left else "")
        elif word in _FLAGS:
            own[word] = ""
        else:
            rest.append(word)
            if read_call(rest).command:
                break
    return own, [*rest, *left]


def _guarded(ssh: str, call: SshCall, words: list[str], own: dict[str, str]) -> int:
    from safeshell.cli.setting import load_setting

    setting = load_setting(tier=own.get("--guard-tier", ""))
    target = resolve_call(call, ssh, setting.environ)
    if not target.told:
        return _plain(ssh, words)  # ssh says itself what is wrong with it
    place = target.environment(setting.observation, setting.policy)
    show_forwards(setting, target, place)
    if call.command:
        return _command(ssh, words, setting, target, place, own)
    if call.has(NO_SHELL) or target.setting("remotecommand") or not person_here():
        return _plain(ssh, words)
    if not may_follow(setting, target, place, own):
        say(f"{place.tier.word} {place.target} is not followed: that shell is UNGUARDED")
        return _plain(ssh, words)
    return _follow(ssh, call, setting, target, place)


def _plain(ssh: str, words: Sequence[str]) -> int:
    """Ssh itself, in our place."""
    sys.stdout.flush()
    sys.stderr.flush()
    try:
        os.execv(ssh, ["ssh", *words])  # noqa: S606 - ssh takes our place
    except OSError as fault:
        print(f"safeshell: {ssh} can't be started: {fault.strerror}", file=sys.stderr)
        return _MISSING


def person_here() -> bool:
    """A person sits at this terminal."""
    return os.isatty(0) and os.isatty(1)


def say(line: str) -> None:
    """One line for the person, where there is one."""
    if os.isatty(2):
        print(f"safeshell: {line}", file=sys.stderr)


def show_forwards(setting: Setting, target: SshTarget, place: Environment) -> None:
    """What is forwarded to or through production is shown: its loopback end looks like this host."""
    from safeshell.policy.environments import environment_of

    for opened, host in target.forwards():
        there = environment_of(Place("host", host), setting.observation, setting.policy) if host else place
        if Tier.PRODUCTION in (place.tier, there.tier):
            worst = max(place, there, key=lambda one: one.tier.strictness)
            say(f"{opened} leads to {host or place.target} through {place.target} ({worst.tier.word})")


def _command(  # noqa: PLR0913, PLR0917 - what one call consists of
    ssh: str, words: list[str], setting: Setting, target: SshTarget, place: Environment, own: dict[str, str]
) -> int:
    """`ssh HOST COMMAND`: judged before it is sent."""
    from safeshell.approvals.requests import strip_confirmation
    from safeshell.cli.consent import open_requests
    from safeshell.cli.court import recorder
    from safeshell.cli.oneshot import REFUSED_EXIT, run_released
    from safeshell.cli.sshshot import SshShot
    from safeshell.records.audit import Audit, audit_directory

    call = read_call(words)
    leading, _ = strip_confirmation(" ".join(call.command))
    token = own.get("--guard-confirm", "") or leading or os.environ.pop("SAFESHELL_CONFIRM", "")
    record = recorder(Audit(audit_directory(setting.environ)))
    # ssh takes options behind the destination, too; the text has them all before it, where the pack reads them.
    text = shlex.join(["ssh", *_judged_options(call), "--", call.destination, *call.command])
    shot = SshShot(setting, text, token, open_requests(setting), record, destination=target.destination, place=place)
    end = shot.judge()
    if end.message:
        print(end.message, file=sys.stderr)
    return run_released([ssh, *words], end, record) if end.released else REFUSED_EXIT


def _judged_options(call: SshCall) -> tuple[str, ...]:
    """The options that are judged with the command: all but settings that nobody else can have written."""
    given = [(letter, value) for letter, value in call.given if not (letter == "F" and _own_file(value))]
    return option_words(given)


def _own_file(path: str) -> bool:
    try:
        found = os.stat(path)
    except OSError:
        return path == "none"
    return found.st_uid in {0, os.geteuid()} and not found.st_mode & 0o022


def may_follow(setting: Setting, target: SshTarget, place: Environment, own: dict[str, str]) -> bool:
    """The site's switch, then the person's answer for this host, asked once."""
    if setting.policy.follow != "ask" or "--guard-follow" in own:
        return setting.policy.follow != "never"
    follows = Follows(setting.state)
    known = follows.answer(target.key)
    if known is not None:
        return known
    print(
        f"safeshell: follow into {place.tier.word} {place.target} ({target.key})? Its shell then asks here before a line "
        "that changes something.\nNothing is installed there. safe-ssh --guard-follow asks no more. [y/N] ",
        end="",
        file=sys.stderr,
        flush=True,
    )
    try:
        yes = sys.stdin.readline().strip().lower() in {"y", "yes"}
    except KeyboardInterrupt:
        print(file=sys.stderr)
        yes = False
    follows.keep(target.key, yes)
    return yes


def _follow(ssh: str, call: SshCall, setting: Setting, target: SshTarget, place: Environment) -> int:
    """The session; plain ssh where it could not begin."""
    from safeshell.cli.remoteguard import remote_guard
    from safeshell.gateways.sshfollow import Connection, launch
    from safeshell.gateways.sshsession import RemoteSession

    connection: Connection | None = None
    begun = time.monotonic()
    try:
        connection = Connection(ssh, call, target, setting.policy.follow_sh)
        child, sides, output = launch(connection)
        factory = partial(
            remote_guard, setting=setting, place=place, target=target, probe=connection.probe, way=connection.way
        )
        session = RemoteSession(child, factory, sides, output)
        status = session.run()
    except OSError as fault:
        say(f"following failed ({fault}): this is plain ssh, UNGUARDED")
        return _again(connection, ssh, call)
    silent = not session.followed and not session.said
    if silent and status in _UNSTARTED and time.monotonic() - begun < _SOON:
        say(f"nothing could be started there that follows (exit status {status}): this is plain ssh, UNGUARDED")
        return _again(connection, ssh, call)
    connection.close()
    return status


def _again(connection: object, ssh: str, call: SshCall) -> int:
    """Plain ssh, over the connection that stands already where there is one."""
    from safeshell.gateways.sshfollow import Connection

    if not isinstance(connection, Connection):
        return _plain(ssh, (*call.options, call.destination))
    import subprocess

    code = subprocess.call(connection.plain_argv())
    connection.close()
    return code if code >= 0 else 128 - code


if __name__ == "__main__":
    sys.exit(main())
