"""What lies in the demo's directory: files by the hundred, a repository, stand-ins for what must not happen.

What must not live here: the session, the directory's end.
"""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Iterator

_HALTING = ("shutdown", "reboot", "poweroff", "halt", "init", "telinit")
_ROOT = ("sudo", "doas", "pkexec", "su")
_HALTED = '#!/bin/sh\necho "demo: {name}${{*:+ $*}}: here the host would go down; this is a stand-in"\n'
_NOT_ROOT = (
    '#!/bin/sh\necho "demo: {name}${{*:+ $*}}: here it would run as root; this is a stand-in, nothing was run"\n'
)
_SYSTEMCTL = """\
#!/bin/sh
for word in "$@"; do
  case $word in
    poweroff | reboot | halt | kexec | soft-reboot | suspend | hibernate | hybrid-sleep | rescue | emergency | isolate | exit)
      echo "demo: systemctl $*: here the host would go down; this is a stand-in"
      exit 0
      ;;
  esac
done
PATH=${PATH#*:} exec systemctl "$@"
"""
_RC = """\
PS1='\\u:\\W\\$ '
unset HISTFILE
"""
_GITCONFIG = """\
[user]
  name = demo
  email = demo@localhost
[init]
  defaultBranch = main
[commit]
  gpgsign = false
"""
_ORDERS = 400
_GIT_TIMEOUT = 20


def furnish(home: str) -> None:
    """Fill the directory. Raises OSError when it cannot be written."""
    for path, text in _things():
        _write(f"{home}/{path}", text)
    _age(f"{home}/data")
    for name, text in _programs():
        _write(f"{home}/bin/{name}", text)
        os.chmod(f"{home}/bin/{name}", 0o755)  # noqa: S103 - programs of the demo are there to be run
    _repository(home)


def _write(path: str, text: str, *, mode: str = "w") -> None:
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, mode, encoding="utf-8") as file:
        file.write(text)


def _things() -> Iterator[tuple[str, str]]:
    yield ".bashrc", _RC
    yield ".gitconfig", _GITCONFIG
    for number in range(_ORDERS):
        text = f'{{"id": {number}, "total": {number * 7}}}\n' * (1 + number * 37 % 190)
        yield f"data/orders/{number // 100}/order-{number:04}.json", text
    yield "data/customers.csv", "id,name\n" + "".join(f"{number},customer {number}\n" for number in range(2000))
    yield "logs/app.log", "2026-11-22T03:04:05Z ERROR upstream timed out\n" * 5000
    yield "app/README", "The shop.\n"
    yield "app/settings.py", "DEBUG = False\n"


def _age(directory: str) -> None:
    """Spread the files' times over the last weeks, so that a newest change says something."""
    from time import time

    now = time()
    for number, path in enumerate(sorted(_files(directory), reverse=True)):
        when = now - 400 - number * 3700
        os.utime(path, (when, when))


def _files(directory: str) -> Iterator[str]:
    for place, _, names in os.walk(directory):
        yield from (f"{place}/{name}" for name in names)


def _programs() -> Iterator[tuple[str, str]]:
    """Stand-ins, and `safeshell` itself, however it was started and whatever $PATH was."""
    for name in _HALTING:
        yield name, _HALTED.format(name=name)
    for name in _ROOT:
        yield name, _NOT_ROOT.format(name=name)
    yield "systemctl", _SYSTEMCTL
    yield "safeshell", entry_script("safeshell.cli.main")


def entry_script(module: str) -> str:
    """A program that runs the `main` of a module of ours, however we were started ourselves."""
    entry = (
        f"import sys; sys.path[:0] = {[path for path in sys.path if path]!r}; "
        f"from {module} import main; sys.exit(main())"
    )
    return f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -IS -c {shlex.quote(entry)} "$@"\n'


def _repository(home: str) -> None:
    """A clone that lacks a colleague's pushed commit and has work that is not committed; without git just files."""
    import shutil

    if shutil.which("git") is None:
        return
    app = f"{home}/app"
    _git(home, app, "init", "-q")
    _git(home, app, "add", ".")
    _git(home, app, "commit", "-qm", "The shop")
    _write(f"{app}/prices.py", "TAX = 0.19\n")
    _git(home, app, "add", ".")
    _git(home, app, "commit", "-qm", "Prices with tax", "--author=Grace <grace@shop.example>")
    _git(home, home, "clone", "-q", "--bare", app, f"{home}/origin.git")
    _git(home, app, "remote", "add", "origin", f"{home}/origin.git")
    _git(home, app, "fetch", "-q", "origin")
    _git(home, app, "branch", "-q", "--set-upstream-to=origin/main")
    _git(home, app, "reset", "-q", "--hard", "HEAD~1")
    _write(f"{app}/settings.py", "CURRENCY = 'EUR'\n", mode="a")
    _git(home, app, "commit", "-qam", "Prices in euros")
    _write(f"{app}/settings.py", "TIMEOUT = 5  # not committed yet\n", mode="a")


def _git(home: str, directory: str, *words: str) -> None:
    """One step; a git that fails or hangs leaves a poorer demo, not none."""
    import subprocess

    environ = {"HOME": home, "PATH": os.environ.get("PATH", os.defpath), "GIT_CONFIG_NOSYSTEM": "1"}
    try:
        subprocess.run(
            ["git", "-C", directory, *words],
            check=False,
            capture_output=True,
            timeout=_GIT_TIMEOUT,
            env=environ,
            stdin=subprocess.DEVNULL,
        )
    except (OSError, subprocess.TimeoutExpired):
        return
