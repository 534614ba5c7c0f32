"""`safe-redis-cli`: the person's own redis-cli (or valkey-cli), below a guarded wire.

Everything on the command line is redis-cli's, but for `--guard-...`. The real program gets the guarded socket in
place of the server, and the password in its environment. What must not live here: the wire, judging, the options of
redis-cli (rediscliargs).
"""

from __future__ import annotations

import os
import shutil
import sys
from typing import TYPE_CHECKING

from safeshell.cli.clientrun import GUARD_HELP, guard_words, run_client, told_faults
from safeshell.cli.interrupts import Interrupt
from safeshell.gateways.clients import exit_like
from safeshell.gateways.proctitle import forget_argument
from safeshell.gateways.rediscliargs import RedisArguments, read_arguments, target_of
from safeshell.model.errors import ConfigError, SafeshellError

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from safeshell.cli.rediscourt import RedisWire
    from safeshell.gateways.redisprompt import PaintedOutput
    from safeshell.gateways.wire import Proxy

PROGRAMS = ("redis-cli", "valkey-cli")
_USAGE, _REFUSED = 2, 126
_OWN = {"--guard-tier": 1, "--guard-confirm": 1, "--guard-reason": 1, "--guard-write": 0, "--guard-help": 0}
_NO_CLUSTER = (
    "safeshell: refused: with {option} redis-cli talks to the other nodes of a cluster itself, past the guard; "
    "name the node that holds the key with -h and -p (CLUSTER KEYSLOT key and CLUSTER NODES tell which it is)"
)


def main(argv: list[str] | None = None, program: str = "") -> int:
    """Run redis-cli guarded; ends as redis-cli ends, 126 for a command line that leads past the guard.

    `program` is the one to run, "" for the one that is installed.
    """
    try:
        words, own = _without_own(list(sys.argv[1:] if argv is None else argv))
        if "--guard-help" in own:
            print("safe-redis-cli [OPTION]... [COMMAND [ARG]...]   as redis-cli; redis-cli --help lists its options\n")
            print(GUARD_HELP, end="")
            return 0
        arguments = read_arguments(words)
        if arguments.tells:
            return _plain(program or real_program(), words)
        for secret in arguments.secrets:
            forget_argument(secret)
        return exit_like(run_guarded(program or real_program(), arguments, own))
    except (SafeshellError, OSError) as fault:
        return told_faults(fault)
    except KeyboardInterrupt:
        return 130


def run_guarded(program: str, arguments: RedisArguments, own: dict[str, str]) -> int:
    """redis-cli's exit status, negative for a signal. Raises ConfigError for a server that cannot be made out."""
    from safeshell.cli.rediscourt import open_redis
    from safeshell.cli.safepsql import unlocked
    from safeshell.cli.setting import load_setting

    for option in ("-c", "--cluster"):
        if arguments.has(option) or (option == "--cluster" and arguments.cluster):
            print(_NO_CLUSTER.format(option=option), file=sys.stderr)
            return _REFUSED
    tier, token = guard_words({name.removeprefix("--"): value for name, value in own.items()})
    setting = load_setting(tier=tier)
    for notice in setting.policy.notices:
        print(f"safeshell: {notice}", file=sys.stderr)
    with open_redis(setting, target_of(arguments, os.environ), token=token) as wire:
        if "--guard-write" in own and not unlocked(wire, own.get("--guard-reason", "")):
            return _USAGE
        return _run(program, arguments, wire)


def real_program() -> str:
    """The client that is installed. Raises ConfigError without one."""
    for program in PROGRAMS:
        if shutil.which(program):
            return program
    raise ConfigError("neither redis-cli nor valkey-cli is installed", expected="apt install redis-tools")


def _run(program: str, arguments: RedisArguments, wire: RedisWire) -> int:
    environ = wire.environment(os.environ)
    if not (arguments.interactive and os.isatty(0) and os.isatty(1)):
        interrupt = Interrupt()
        wire.interruptible(interrupt)
        return interrupt.status(run_client(wire.proxy, [program, *arguments.guarded(wire.proxy.socket_path)], environ))
    return _with_prompt(program, arguments, wire, environ)


def _with_prompt(program: str, arguments: RedisArguments, wire: RedisWire, environ: dict[str, str]) -> int:
    """A prompt that says where this is: the label is the socket's name, painted on its way to the terminal."""
    from safeshell.gateways import prompt
    from safeshell.gateways.redisprompt import PaintedOutput, Painter, label

    if wire.rights:
        print(f"safeshell: {wire.rights}", file=sys.stderr)
    host = wire.here().target.rpartition("@")[2]
    place = host if wire.target.socket else f"{host}:{wire.target.port}"

    def shown() -> str:
        status = wire.status()
        mode = (
            "ro" if status.mode.value == "ro" else "rw" if status.minutes_left is None else f"rw {status.minutes_left}m"
        )
        return label(status.tier.word, place, mode)

    name = shown()
    os.symlink(wire.proxy.socket_path, f"{wire.proxy.socket_directory}/{name}")
    os.chdir(wire.proxy.socket_directory)
    painter = Painter(name, shown, colour=prompt.coloured(os.environ))
    with PaintedOutput(painter) as output:
        carrier = _Painting(wire, output)
        return run_client(carrier, [program, *arguments.guarded(name)], environ)


class _Painting:
    """A carrier that begins to paint once the client was forked: threads come after that."""

    def __init__(self, wire: RedisWire, output: PaintedOutput) -> None:
        self._wire = wire
        self._output = output
        self.resumed = wire.proxy.resumed

    def serving(self) -> AbstractContextManager[Proxy]:
        """Carry connections, and paint."""
        self._output.start()
        return self._wire.proxy.serving()


def _without_own(words: list[str]) -> tuple[list[str], dict[str, str]]:
    """The guard's own options, taken from before the command (`--guard-tier X` or `--guard-tier=X`)."""
    left: list[str] = []
    own: dict[str, str] = {}
    at = 0
    while at < len(words):
        name, equals, value = words[at].partition("=")
        if name not in _OWN:
            if words[at].startswith("--guard-"):
                raise ConfigError(f"there is no option {name}", expected=", ".join(_OWN))
            left.append(words[at])
            at += 1
            continue
        if _OWN[name] and not equals:
            at += 1
            if at >= len(words):
                raise ConfigError(f"the option {name} wants a value", expected=f"{name} VALUE")
            value = words[at]
        own[name] = value
        at += 1
    return left, own


def _plain(program: str, words: list[str]) -> int:
    """redis-cli itself: it connects to nothing."""
    sys.stdout.flush()
    os.execvp(program, [program, *words])  # noqa: S606 - redis-cli takes our place


if __name__ == "__main__":
    sys.exit(main())
