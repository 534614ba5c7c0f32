"""`safeshell`: finds the command and hands over. Imports of a command wait until it is called.

What must not live here: the commands.
"""

from __future__ import annotations

import gc
import sys

COMMANDS = {
    "shell": ("safeshell.cli.shell", "open a guarded shell (the same as no command at all)"),
    "check": ("safeshell.cli.check", "say what would be asked for a text, without running anything"),
    "explain": ("safeshell.cli.explain", "tell why, for a text or for the last refusal"),
    "run": ("safeshell.cli.run", "run a client, a migration or a script with its database connections guarded"),
    "status": ("safeshell.cli.status", "where this is, which tier it has and why, and what is unlocked"),
    "unlock": ("safeshell.cli.unlock", "ask for writes in this session for some minutes"),
    "lock": ("safeshell.cli.lock", "make this session read-only again at once"),
    "approve": ("safeshell.cli.approve", "confirm a request that was left where nobody could be asked"),
    "requests": ("safeshell.cli.requests", "list the requests that wait"),
    "undo": ("safeshell.cli.undo", "list what was kept before it changed, and put it back"),
    "audit": ("safeshell.cli.audit", "verify, search and show what was done and refused"),
    "replay": ("safeshell.cli.replay", "play a session recording"),
    "config": ("safeshell.cli.config", "check, show and describe the configuration"),
    "login": ("safeshell.cli.login", "make safeshell-login somebody's login shell, or take it back"),
    "doctor": ("safeshell.cli.doctor", "prove that the guard blocks, here and now"),
    "demo": ("safeshell.cli.demo", "a guarded production shell in a throwaway directory"),
    "completion": ("safeshell.cli.completion", "print the completion script for a shell"),
}
"""Command -> (module, one line of help). A module has `register(subparsers)` and `run(args)`."""


def main(argv: list[str] | None = None) -> int:
    """Run one command; the exit code is 2 for wrong usage and for a configuration that cannot be used."""
    gc.disable()  # importing makes no garbage; what runs longer turns it on again (sessionguard)
    words = list(sys.argv[1:] if argv is None else argv)
    if not words or (words[0].startswith("-") and words[0] not in ("-h", "--help", "--version", "-V")):
        words = ["shell", *words]
    if words[0] == "shell":
        from safeshell.cli.shell import main as open_shell

        return open_shell(words[1:])
    if words[0] == "login" and words[1:2] in (["judge"], ["session"]):
        return _from_login(words[1], words[2:])
    return _run(words)


def _from_login(kind: str, words: list[str]) -> int:
    """What safeshell-login asks for, while somebody waits."""
    if kind == "judge":
        from safeshell.cli.loginjudge import main as judge

        return judge(words)
    from safeshell.cli.loginsession import main as session

    return session(words)


def _run(words: list[str]) -> int:
    from safeshell.cli.parser import root_parser
    from safeshell.model.errors import ConfigError, SafeshellError

    gc.enable()
    only = words[0] if words[0] in COMMANDS else ""
    if not only and not words[0].startswith("-"):
        return _unknown(words[0])
    args = root_parser(only).parse_args(words)
    args.literal = "--" in words
    try:
        code = int(args.run(args))
        sys.stdout.flush()
    except ConfigError as fault:
        print(f"safeshell: {fault}", file=sys.stderr)
        return 2
    except SafeshellError as fault:
        print(f"safeshell: {fault}", file=sys.stderr)
        return 1
    except BrokenPipeError:
        return _quiet_end()
    except KeyboardInterrupt:
        return 130
    return code


def _unknown(word: str) -> int:
    import os
    from difflib import get_close_matches

    near = get_close_matches(word, COMMANDS, n=1)
    hint = f"did you mean {near[0]}? " if near else ""
    if os.path.isfile(word):
        hint = "a script is run, judged, by safeshell -c 'bash FILE', and only judged by safeshell check FILE; "
    print(f"safeshell: there is no command {word!r:.60}; {hint}safeshell --help lists them", file=sys.stderr)
    return 2


def _quiet_end() -> int:
    """The reader of our output went away (`| head`): no traceback at exit, either."""
    import os

    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 141


if __name__ == "__main__":
    sys.exit(main())
