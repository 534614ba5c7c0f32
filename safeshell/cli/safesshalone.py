"""`safe-ssh --guard-engine paramiko`: the same judging and following over a client of our own.

What must not live here: the protocol (gateways.sshparamiko), the road.
"""

from __future__ import annotations

import os
import shlex
import sys
from functools import partial
from time import time
from typing import TYPE_CHECKING

from safeshell.cli.safessh import may_follow, person_here, say, show_forwards
from safeshell.gateways.sshargs import SshCall, read_call
from safeshell.gateways.sshparamiko import Client, hold, resolve_alone, run_command, run_terminal
from safeshell.model.audit import AuditEvent, EventKind
from safeshell.model.effects import HARMLESS
from safeshell.model.errors import SafeshellError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from safeshell.cli.setting import Setting
    from safeshell.gateways.sshtarget import SshTarget
    from safeshell.model.places import Environment

_FAILED = 255
_INTERRUPTED = 130


def run_alone(words: Sequence[str], own: dict[str, str]) -> int:
    """One call by our own client; ends as ssh would end, 126 when the command was refused."""
    from safeshell.cli.setting import load_setting

    call = read_call(words)
    if not call.well or not call.destination:
        print("safeshell: usage: safe-ssh [OPTION]... DESTINATION [COMMAND...]", file=sys.stderr)
        return _FAILED
    setting = load_setting(tier=own.get("--guard-tier", ""))
    try:
        target = resolve_alone(call, setting.environ)
        place = target.environment(setting.observation, setting.policy)
        client = Client(target, setting.environ)
        try:
            return _run(call, setting, target, place, client, own)
        finally:
            client.close()
    except SafeshellError as fault:
        print(f"safeshell: {fault}", file=sys.stderr)
        return _FAILED
    except KeyboardInterrupt:
        return _INTERRUPTED


def _run(  # noqa: PLR0913, PLR0917 - what one call consists of
    call: SshCall, setting: Setting, target: SshTarget, place: Environment, client: Client, own: dict[str, str]
) -> int:
    show_forwards(setting, client.target, place)
    if call.command:
        return _command(call, setting, place, client, own)
    if call.has(frozenset("N")):
        return hold(client)
    if not person_here() or call.has(frozenset("T")):
        return run_command(client, "", silent=call.has(frozenset("n")))
    if "--guard-plain" in own or not may_follow(setting, target, place, own):
        say(f"{place.tier.word} {place.target} is not followed: that shell is UNGUARDED")
        return run_terminal(client, "", {})
    return _follow(setting, target, place, client)


def _command(call: SshCall, setting: Setting, place: Environment, client: Client, own: dict[str, str]) -> int:
    from safeshell.approvals.requests import strip_confirmation
    from safeshell.cli.consent import open_requests
    from safeshell.cli.court import recorder
    from safeshell.cli.oneshot import REFUSED_EXIT
    from safeshell.cli.sshshot import SshShot
    from safeshell.records.audit import Audit, audit_directory

    command = " ".join(call.command)
    leading, _ = strip_confirmation(command)
    token = own.get("--guard-confirm", "") or leading or os.environ.pop("SAFESHELL_CONFIRM", "")
    record = recorder(Audit(audit_directory(setting.environ)))
    # The options were heeded or refused by name when the call was resolved; the pack reads the rest.
    text = shlex.join(["ssh", "--", call.destination, *call.command])
    shot = SshShot(setting, text, token, open_requests(setting), record, destination=call.destination, place=place)
    end = shot.judge()
    if end.message:
        print(end.message, file=sys.stderr)
    if not end.released:
        return REFUSED_EXIT
    code = (
        run_terminal(client, command, {})
        if any(name == "t" for name, _ in call.given)
        else run_command(client, command, silent=call.has(frozenset("n")))
    )
    if not set(end.assessment.effects) <= HARMLESS:
        action = end.assessment.action
        record(AuditEvent(time(), action.session, action.id, EventKind.OUTCOME, {"exit": code}))
    return code


def _follow(setting: Setting, target: SshTarget, place: Environment, client: Client) -> int:
    from safeshell.cli.remoteguard import remote_guard
    from safeshell.gateways.sshalone import launch_alone
    from safeshell.gateways.sshsession import RemoteSession

    child, sides, output = launch_alone(client, setting.policy.follow_sh)
    factory = partial(remote_guard, setting=setting, place=place, target=target, probe=sides.probe)
    return RemoteSession(child, factory, sides, output).run()
