"""`safeshell login`: make safeshell-login somebody's login shell, or take it back, or see whether it works.

It says what it will do and asks first. The shell of the last administrator who has one of their own is
never changed: somebody must be able to mend this. What must not live here: what safeshell-login does.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from safeshell.cli.loginsettings import refresh
from safeshell.facts.accounts import Account, accounts, administrators_left, shells_of, usable
from safeshell.model.errors import SafeshellError
from safeshell.model.values import dataclass
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
    wanted = _named(args.user, everybody)
    problem = _unfit(args.stub) or _lockout(everybody, wanted, args.stub)
    if problem:
        return _refused(problem)
    steps: list[Step] = []
    if args.stub not in shells_of(_text(args.shells)):
        steps.append(Step(f"add {args.stub} to {args.shells}", lambda: _write(args.shells, _with_line(args))))
    steps += [_handing_over(account, args) for account in wanted if account.shell != args.stub]
    return _go(steps, args.yes)


def _handing_over(account: Account, args: argparse.Namespace) -> Step:
    def act() -> None:
        lines = [line for line in _text(args.former).splitlines() if not line.startswith(f"{account.name}:")]
        _write(args.former, "".join(f"{line}\n" for line in (*lines, f"{account.name}:{account.shell}")))
        _change_shell(account.name, args.stub)

    return Step(f"change the login shell of {account.name} from {account.shell} to {args.stub}", act)


def _disable(args: argparse.Namespace) -> int:
    everybody = accounts()
    wanted = _named(args.user, everybody) or [account for account in everybody if account.shell == args.stub]
    former = dict(line.split(":", 1) for line in _text(args.former).splitlines() if ":" in line)
    steps = [
        Step(f"give {account.name} the shell {shell} back", _change(account.name, shell))
        for account in wanted
        if account.shell == args.stub and (shell := _usable_former(former.get(account.name, "")))
    ]
    if not args.user and args.stub in shells_of(_text(args.shells)):
        rest = "".join(f"{line}\n" for line in _text(args.shells).splitlines() if line.strip() != args.stub)
        steps.append(Step(f"take {args.stub} out of {args.shells}", lambda: _write(args.shells, rest)))
    return _go(steps, args.yes)


def _usable_former(shell: str) -> str:
    return shell if shell and usable(shell) else next(path for path in ("/bin/bash", "/bin/sh") if usable(path))


def _change(name: str, shell: str) -> Callable[[], None]:
    return lambda: _change_shell(name, shell)


def _go(steps: Sequence[Step], yes: bool) -> int:  # noqa: FBT001 - an option passed on
    if not steps:
        print("safeshell: nothing to change")
        return 0
    for step in steps:
        print(f"will {step.said}")
    if os.geteuid() != 0:
        print("safeshell: this needs root; nothing was changed", file=sys.stderr)
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


def _named(names: Sequence[str], everybody: Sequence[Account]) -> list[Account]:
    """The accounts that were asked for; raises for a name that nobody has."""
    known = {account.name: account for account in everybody}
    missing = [name for name in names if name not in known]
    if missing:
        raise SafeshellError(f"there is no user {missing[0]}")
    return [known[name] for name in dict.fromkeys(names)]


def _lockout(everybody: Sequence[Account], wanted: Sequence[Account], stub: str) -> str:
    """Why the change would leave nobody to mend things, "" where somebody is left."""
    changed = frozenset(account.name for account in wanted)
    if not any(account.admin for account in wanted) or administrators_left(everybody, changed, stub):
        return ""
    names = ", ".join(account.name for account in wanted if account.admin)
    return (
        f"{names} would be the last administrator with a shell of their own; "
        "keep one (root, or a member of sudo, wheel or admin) without safeshell-login"
    )


def _unfit(stub: str) -> str:
    """Why a program cannot be a login shell for everybody, "" where it can."""
    try:
        found = os.stat(stub)  # noqa: PTH116 - as elsewhere
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
        with open(path, encoding="utf-8") as file:  # noqa: PTH123 - as elsewhere
            return file.read()
    except FileNotFoundError:
        return ""


def _with_line(args: argparse.Namespace) -> str:
    text = _text(args.shells)
    return f"{text}{'' if text.endswith(chr(10)) or not text else chr(10)}{args.stub}\n"


def _write(path: str, text: str) -> None:
    """Write a file of the system's whole, with the mode that it had."""
    mode = os.stat(path).st_mode & 0o777 if os.path.exists(path) else 0o644  # noqa: PTH110, PTH116 - as elsewhere
    os.makedirs(os.path.dirname(path), exist_ok=True)  # noqa: PTH103, PTH120 - as elsewhere
    fresh = f"{path}.{os.getpid()}"
    with open(fresh, "x", encoding="utf-8") as file:  # noqa: PTH123 - as elsewhere
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    os.chmod(fresh, mode)  # noqa: PTH101 - as elsewhere
    os.replace(fresh, path)  # noqa: PTH105 - as elsewhere


def _change_shell(name: str, shell: str) -> None:
    """By usermod, which knows locks and shadow files. Raises SafeshellError with what it said."""
    done = subprocess.run(["usermod", "--shell", shell, name], capture_output=True, text=True, check=False)
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
    users = [account.name for account in everybody if account.shell == args.stub]
    yield True, f"login shell of {', '.join(users) if users else 'nobody'}"
    left = administrators_left(everybody, frozenset(), args.stub)
    yield bool(left), f"administrators with a shell of their own: {', '.join(left) or 'none is left, give one back'}"
    settings = refresh(dict(os.environ))
    said = f"real shell {settings.shell or 'bash'}; automation: {', '.join(settings.automation) or 'nobody'}"
    yield not settings.shell or usable(settings.shell), said
    broken = os.path.exists(f"{SYSTEM_CONFIG}/break-glass")  # noqa: PTH110 - as elsewhere
    yield not broken, f"{SYSTEM_CONFIG}/break-glass {'exists: nobody is guarded' if broken else 'is not there'}"


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
