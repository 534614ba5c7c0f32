"""`safeshell login`: make safeshell-login somebody's login shell, or take it back, or see whether it works.

It says what it will do and asks first. The shell of the last administrator who has one of their own is
never changed: somebody must be able to mend this. What must not live here: what safeshell-login does.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from safeshell.cli.loginsettings import read_settings, refresh
from safeshell.facts.accounts import (
    STUB_NAME,
    Account,
    account,
    accounts,
    administrators_left,
    is_stub,
    shells_of,
    usable,
)
from safeshell.model.errors import SafeshellError
from safeshell.model.values import dataclass
from safeshell.shells import SHELLS
from safeshell.state.paths import SYSTEM_CONFIG

STUB = "/usr/local/bin/safeshell-login"
SHELLS_FILE = "/etc/shells"
FORMER = f"{SYSTEM_CONFIG}/login.former"
"""Which shell a user had before: `NAME:SHELL` a line."""


def register(subparsers: Any) -> None:
    """Add the parser of `safeshell login`."""
    parser = subparsers.add_parser(
        "login",
        description=(
            "Make safeshell-login somebody's login shell, or take it back. It says what it will change and asks.\n"
            "safeshell-login hands automation, scp, sftp, rsync, git and ansible to the real shell unchanged."
        ),
        epilog=(
            "examples:\n"
            "  safeshell login check                    does it work here, and for whom is it set\n"
            "  safeshell login enable                   list it in /etc/shells, so that chsh accepts it\n"
            "  safeshell login enable --user dana       the same, and make it dana's login shell\n"
            "  safeshell login disable --user dana      give dana the former shell back\n"
            "  safeshell login disable                  everybody's, and take it out of /etc/shells\n"
            "If a login ever fails: touch /etc/safeshell/break-glass (root) hands everybody the real shell."
        ),
    )
    verbs = parser.add_subparsers(metavar="VERB", required=True)
    for verb, act, said in (
        ("enable", _enable, "list safeshell-login in /etc/shells; with --user make it a login shell"),
        ("disable", _disable, "give former shells back; without --user take it out of /etc/shells, too"),
    ):
        sub = verbs.add_parser(verb, help=said)
        sub.add_argument(
            "--user", action="append", default=[], metavar="NAME", help="whose login shell (several may be given)"
        )
        sub.add_argument("--yes", action="store_true", help="do not ask (for scripts)")
        _paths(sub)
        sub.set_defaults(act=act)
    check = verbs.add_parser("check", help="whether it is installed, listed, starts, and locks nobody out")
    _paths(check)
    check.set_defaults(act=_check)
    settings = verbs.add_parser("settings", help="the configuration as safeshell-login reads it (written anew)")
    settings.set_defaults(act=_settings)
    note = verbs.add_parser("note", help="used by safeshell-login: put a line into the audit")
    note.add_argument("words", nargs="+")
    note.set_defaults(act=_note)


def _paths(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--stub", default=STUB, metavar="PATH", help=f"where safeshell-login lies; default: {STUB}")
    parser.add_argument("--shells", default=SHELLS_FILE, metavar="FILE", help=argparse.SUPPRESS)
    parser.add_argument("--former", default=FORMER, metavar="FILE", help=argparse.SUPPRESS)


def run(args: argparse.Namespace) -> int:
    """0 when done or all is well, 1 when not, 2 for what cannot be asked for."""
    code: int = args.act(args)
    return code


@dataclass(frozen=True, slots=True)
class Step:
    """One change: a sentence for the person, and what does it."""

    said: str
    act: Callable[[], None]


# ---- enable, disable --------------------------------------------------------------------------------


def _enable(args: argparse.Namespace) -> int:
    everybody = accounts()
    wanted = [one for one in _named(args.user) if not is_stub(one.shell, args.stub)]
    problem = _unfit(args.stub) or _misfits(wanted, args.stub) or _lockout(everybody, wanted, args.stub)
    problem = problem or next((said for one in wanted if (said := _trial(args.stub, one))), "")
    if problem:
        return _refused(problem)
    names = {one.name: _name_for(one, args.stub) for one in wanted}
    steps = [Step(f"make {link} a link to {args.stub}", _linking(link, args.stub)) for link in _missing(names.values())]
    new = [path for path in dict.fromkeys((args.stub, *names.values())) if path not in shells_of(_text(args.shells))]
    if new:
        steps.append(
            Step(f"add {' and '.join(new)} to {args.shells}", lambda: _write(args.shells, _with_lines(args, new)))
        )
    steps += [_handing_over(one, names[one.name], args) for one in wanted]
    return _go(steps, args.yes)


def _name_for(one: Account, stub: str) -> str:
    """The name of safeshell-login that keeps the shell of this person, where it can be guarded; else its own."""
    shell = one.shell.rpartition("/")[2]
    kept = shell in SHELLS and shell != "bash" and not read_settings(dict(os.environ))[0].shell
    return f"{stub}-{shell}" if kept and stub.endswith(f"/{STUB_NAME}") else stub


def _missing(paths: Iterable[str]) -> list[str]:
    return [path for path in dict.fromkeys(paths) if not os.path.lexists(path)]


def _linking(link: str, stub: str) -> Callable[[], None]:
    return lambda: os.symlink(stub.rpartition("/")[2], link)


def _handing_over(one: Account, stub: str, args: argparse.Namespace) -> Step:
    def act() -> None:
        lines = [line for line in _text(args.former).splitlines() if not line.startswith(f"{one.name}:")]
        _write(args.former, "".join(f"{line}\n" for line in (*lines, f"{one.name}:{one.shell}")))
        _change_shell(one.name, stub)

    return Step(f"change the login shell of {one.name} from {one.shell} to {stub}", act)


def _disable(args: argparse.Namespace) -> int:
    wanted = _named(args.user) or list(accounts())
    former = dict(line.split(":", 1) for line in _text(args.former).splitlines() if ":" in line)
    steps = [
        Step(f"give {one.name} the shell {shell} back", _change(one.name, shell))
        for one in wanted
        if is_stub(one.shell, args.stub) and (shell := _usable_former(former.get(one.name, "")))
    ]
    listed = [path for path in shells_of(_text(args.shells)) if is_stub(path, args.stub)]
    if not args.user and listed:
        rest = "".join(f"{line}\n" for line in _text(args.shells).splitlines() if line.strip() not in listed)
        steps.append(Step(f"take {' and '.join(listed)} out of {args.shells}", lambda: _write(args.shells, rest)))
    return _go(steps, args.yes)


def _usable_former(shell: str) -> str:
    kept = shell and usable(shell) and not is_stub(shell, STUB)
    return shell if kept else next(path for path in ("/bin/bash", "/bin/sh") if usable(path))


def _change(name: str, shell: str) -> Callable[[], None]:
    return lambda: _change_shell(name, shell)


def _go(steps: Sequence[Step], yes: bool) -> int:  # noqa: FBT001 - an option passed on
    if not steps:
        print("safeshell: nothing to change")
        return 0
    for step in steps:
        print(f"will {step.said}")
    if os.geteuid() != 0:
        print("safeshell: this needs root (sudo safeshell login ...); nothing was changed", file=sys.stderr)
        return 2
    if not yes and not _agreed():
        print("safeshell: nothing was changed")
        return 1
    for step in steps:
        step.act()
    print("done; keep this terminal open and log in from another one before you leave")
    return 0


def _agreed() -> bool:
    """A person's yes; Enter alone, no terminal, Ctrl-C and the end of input mean no."""
    if not sys.stdin.isatty():
        print("safeshell: there is no terminal to ask on; --yes does it without a question", file=sys.stderr)
        return False
    try:
        return input("do this? [y/N] ").strip().lower() in {"y", "yes"}
    except (EOFError, KeyboardInterrupt):
        return False


def _named(names: Sequence[str]) -> list[Account]:
    """The accounts that were asked for; raises for a name that nobody has."""
    found = {name: account(name) for name in names}
    missing = [name for name, one in found.items() if one is None]
    if missing:
        raise SafeshellError(f"there is no user {missing[0]}; nothing was changed")
    return [one for one in found.values() if one is not None]


def _misfits(wanted: Sequence[Account], stub: str) -> str:
    """Why one of these cannot get another login shell here, "" where all can."""
    for one in wanted:
        if not usable(one.shell):
            return f"{one.name} may not log in at all (its shell is {one.shell}): a guarded shell would open that door"
        if not one.local:
            return (
                f"{one.name} does not stand in /etc/passwd but comes from a directory (LDAP, SSSD, winbind), which names the login "
                f"shell: set loginShell there, or here sss_override user-add {one.name} --shell {stub}, or use ForceCommand of sshd"
            )
    return ""


def _trial(stub: str, one: Account) -> str:
    """Why this person could not start it, tried as that person (a directory closed to others, noexec), "" where it runs."""
    if os.geteuid() != 0:
        return ""
    environ = {"HOME": "/", "USER": one.name, "LOGNAME": one.name, "PATH": os.defpath}
    try:
        done = subprocess.run(
            [stub, "-c", "echo ready"], env=environ, cwd="/", capture_output=True, timeout=30, check=False, stdin=subprocess.DEVNULL,
            user=one.uid, group=one.gid, extra_groups=os.getgrouplist(one.name, one.gid), start_new_session=True,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired) as fault:
        return f"{one.name} cannot start {stub} ({getattr(fault, 'strerror', None) or 'no answer in 30 s'})"
    if done.stdout != b"ready\n":
        said = done.stderr.decode(errors="replace").strip().splitlines() or [f"exit status {done.returncode}"]
        return f"{stub} opens no shell for {one.name} ({said[0]})"
    return ""


def _lockout(everybody: Sequence[Account], wanted: Sequence[Account], stub: str) -> str:
    """Why the change would leave nobody to mend things, "" where somebody is left."""
    changed = frozenset(one.name for one in wanted)
    if not any(one.admin for one in wanted) or administrators_left(everybody, changed, stub):
        return ""
    names = ", ".join(one.name for one in wanted if one.admin)
    locked = ", ".join(one.name for one in everybody if one.admin and one.locked and one.name not in changed)
    return (
        f"{names} would be the last administrator with a shell of their own"
        f"{f' ({locked} cannot log in: neither a password nor an ssh key)' if locked else ''}; "
        "keep one (root, or who may become root by sudo) without safeshell-login"
    )


def _unfit(stub: str) -> str:
    """Why a program cannot be a login shell for everybody, "" where it can."""
    try:
        found = os.stat(stub)
    except OSError:
        return f"{stub} is not there; ./install.sh --system puts it there"
    if not stub.startswith("/") or found.st_mode & 0o555 != 0o555:  # noqa: PLR2004 - r-x for all
        return f"{stub} cannot be read and started by everybody (chmod 755)"
    if found.st_uid != 0 or found.st_mode & 0o022:
        return f"{stub} could be changed by somebody who is not root"
    return ""


def _refused(problem: str) -> int:
    print(f"safeshell: refused: {problem}; nothing was changed", file=sys.stderr)
    return 1


# ---- files and tools --------------------------------------------------------------------------------


def _text(path: str) -> str:
    try:
        with open(path, encoding="utf-8") as file:
            return file.read()
    except FileNotFoundError:
        return ""


def _with_lines(args: argparse.Namespace, new: Sequence[str]) -> str:
    text = _text(args.shells)
    return f"{text}{'' if text.endswith(chr(10)) or not text else chr(10)}{''.join(f'{path}{chr(10)}' for path in new)}"


def _write(path: str, text: str) -> None:
    """Write a file of the system's whole, with the mode that it had; where it is a link, what that leads to."""
    path = os.path.realpath(path)
    mode = os.stat(path).st_mode & 0o777 if os.path.exists(path) else 0o644
    os.makedirs(os.path.dirname(path), exist_ok=True)
    fresh = f"{path}.{os.getpid()}"
    with open(fresh, "x", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    os.chmod(fresh, mode)
    os.replace(fresh, path)


def _change_shell(name: str, shell: str) -> None:
    """By usermod, which knows locks and shadow files. Raises SafeshellError with what it said."""
    path = f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"
    try:
        done = subprocess.run(
            ["usermod", "--shell", shell, name], env={**os.environ, "PATH": path}, capture_output=True, text=True, check=False
        )  # fmt: skip
    except OSError as fault:
        raise SafeshellError(f"usermod cannot be started ({fault.strerror}); change {name} by hand: {shell}") from fault
    if done.returncode != 0:
        raise SafeshellError(f"usermod could not change the shell of {name}: {done.stderr.strip() or done.returncode}")


# ---- check, settings, note --------------------------------------------------------------------------


def _check(args: argparse.Namespace) -> int:
    results = list(_findings(args))
    for passed, said in results:
        print(f"{'ok' if passed else 'FAIL':<5} {said}")
    return 0 if all(passed for passed, _ in results) else 1


def _findings(args: argparse.Namespace) -> Iterator[tuple[bool, str]]:
    unfit = _unfit(args.stub)
    yield not unfit, unfit or f"{args.stub} is in place, for everybody to start and for root alone to change"
    listed = args.stub in shells_of(_text(args.shells))
    yield listed, f"{args.shells} {'lists it' if listed else 'does not list it: safeshell login enable'}"
    if not unfit:
        yield _echo(args.stub)
    everybody = accounts()
    users = [one for one in everybody if is_stub(one.shell, args.stub)]
    yield True, f"login shell of {', '.join(one.name for one in users) or 'nobody'}"
    for one in users:
        if not usable(one.shell):
            yield (
                False,
                f"{one.name} cannot log in: {one.shell} is not there; safeshell login disable --user {one.name}",
            )
    left = administrators_left(everybody, frozenset(), args.stub)
    guarded = any(one.admin for one in users)
    said = ", ".join(left) or ("none is left, give one back" if guarded else "none can log in, and none is guarded")
    yield bool(left) or not guarded, f"administrators with a shell of their own: {said}"
    settings = refresh(dict(os.environ))
    yield _real(settings.shell or "/bin/bash"), f"real shell {settings.shell or 'bash'}, which must start"
    yield True, f"automation: {', '.join(settings.automation) or 'nobody'}"
    broken = os.path.exists(f"{SYSTEM_CONFIG}/break-glass")
    yield not broken, f"{SYSTEM_CONFIG}/break-glass {'exists: nobody is guarded' if broken else 'is not there'}"


def _real(shell: str) -> bool:
    try:
        done = subprocess.run(
            [shell, "-c", "exit 0"], capture_output=True, timeout=30, check=False, stdin=subprocess.DEVNULL
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return usable(shell) and done.returncode == 0


def _echo(stub: str) -> tuple[bool, str]:
    """The whole way once: a command through the stub, with the guard's judgement."""
    environ = {**os.environ, "SSH_CONNECTION": "127.0.0.1 1 127.0.0.1 22"}
    try:
        done = subprocess.run(
            [stub, "-c", "echo ready"], env=environ, capture_output=True, text=True, timeout=30, check=False, stdin=subprocess.DEVNULL
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired) as fault:
        return False, f"a command through it fails: {fault}"
    said = done.stderr.strip().splitlines()
    well = done.stdout == "ready\n" and not said
    return (
        well,
        "a command through it runs" if well else f"a command through it says: {said[0] if said else done.stdout!r}",
    )


def _settings(args: argparse.Namespace) -> int:
    del args
    for line in refresh(dict(os.environ)).lines():
        print(line)
    return 0


def _note(args: argparse.Namespace) -> int:
    """One line in the audit of who logs in; break-glass must be seen later."""
    from time import time

    from safeshell.model.audit import AuditEvent, EventKind
    from safeshell.records.audit import Audit, audit_directory

    detail: dict[str, object] = {"what": args.words[0], "detail": " ".join(args.words[1:])}
    Audit(audit_directory(dict(os.environ))).write(
        AuditEvent(time(), f"login-{os.getppid()}", "", EventKind.NOTE, detail, durable=True)
    )
    return 0
