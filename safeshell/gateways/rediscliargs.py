"""redis-cli's and valkey-cli's command line as data, and taking it apart.

After the programs' own parser (redis-cli 7.0 to 8, valkey-cli 8): options are whole words, values stand in the next
one, the first other word begins the command. What must not live here: what becomes of the command, connecting.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence

from safeshell.gateways.redistarget import DEFAULT_PORT, RedisTarget, Tls, database_of, from_url
from safeshell.model.errors import ConfigError
from safeshell.model.values import dataclass, field, replace

_FLAGS = """
-x -c -e -2 -3 -4 -6 --raw --no-raw --csv --json --quoted-json --quoted-input --stat --latency --latency-dist
--latency-history --slave --replica --pipe --bigkeys --memkeys --hotkeys --keystats --scan --ldb --ldb-sync-mode
--askpass --tls --insecure --verbose --no-auth-warning --help -v --version --no-cursor
"""
_VALUES = """
-h -p -s -u -n -a --pass --user -r -i -d -D -X -t --lru-test --rdb --functions-rdb --pattern --quoted-pattern --count
--cursor --intrinsic-latency --pipe-timeout --memkeys-samples --keystats-samples --top --eval --show-pushes --sni
--cacert --cacertdir --cert --key --tls-ciphers --tls-ciphersuites --vset-recall
"""
OPTIONS: Mapping[str, int] = {**dict.fromkeys(_FLAGS.split(), 0), **dict.fromkeys(_VALUES.split(), 1)}
"""How many words each option takes after it. `--cluster` takes all that follow."""

CLUSTER = "--cluster"
_CONNECTING = frozenset(
    [
        "-h",
        "-p",
        "-s",
        "-u",
        "-a",
        "--pass",
        "--tls",
        "--insecure",
        "--sni",
        "--cacert",
        "--cacertdir",
        "--cert",
        "--key",
        "--tls-ciphers",
        "--tls-ciphersuites",
    ]
)
"""Options that say where the server is and how to reach it: the guard's socket takes their place."""
_ALONE = frozenset(
    [
        "--stat",
        "--latency",
        "--latency-dist",
        "--latency-history",
        "--slave",
        "--replica",
        "--pipe",
        "--bigkeys",
        "--memkeys",
        "--hotkeys",
        "--keystats",
        "--scan",
        "--lru-test",
        "--rdb",
        "--functions-rdb",
        "--eval",
        "--intrinsic-latency",
        "--vset-recall",
        "-x",
        "-X",
    ]
)
"""Options that make it something else than a prompt."""
_TELLING = frozenset({"--help", "-v", "--version"})


@dataclass(frozen=True, slots=True)
class RedisArguments:
    """A command line: its options in order (with their value, "" for a flag), then the command's words.

    `cluster` are the words of --cluster.
    """

    options: tuple[tuple[str, str], ...] = ()
    command: tuple[str, ...] = ()
    cluster: tuple[str, ...] = field(default=())

    def has(self, *names: str) -> bool:
        """True where one of these options is given."""
        return any(name in names for name, _ in self.options)

    def value(self, *names: str) -> str:
        """The last value of these options, "" without one."""
        return next((value for name, value in reversed(self.options) if name in names), "")

    @property
    def tells(self) -> bool:
        """True where only help or the version is asked for."""
        return self.has(*_TELLING)

    @property
    def interactive(self) -> bool:
        """True where it gives a prompt, on a terminal."""
        return not self.command and not self.cluster and not self.has(*_ALONE)

    @property
    def secrets(self) -> tuple[str, ...]:
        """Whole words of the command line that are, or hold, a password."""
        urls = (value for name, value in self.options if name == "-u" and from_url(value).password)
        return (*(value for name, value in self.options if name in ("-a", "--pass")), *urls)

    def guarded(self, socket: str) -> list[str]:
        """The words for the real program: this socket in place of the server."""
        words = ["-s", socket]
        if self.has("-u") and not self.has("-n"):
            number = from_url(self.value("-u")).database
            words += ["-n", str(number)] if number else []
        user = from_url(self.value("-u")).user if self.has("-u") else ""
        words += ["--user", user] if user and not self.has("--user") else []
        for name, value in self.options:
            if name not in _CONNECTING:
                words += [name, value] if OPTIONS[name] else [name]
        return [*words, *self.command]


def read_arguments(words: Sequence[str]) -> RedisArguments:
    """Take a command line apart. Raises ConfigError for an option that redis-cli does not have."""
    options: list[tuple[str, str]] = []
    at = 0
    while at < len(words) and words[at].startswith("-") and words[at] != "-":
        name = words[at]
        if name == CLUSTER:
            return RedisArguments(tuple(options), (), tuple(words[at + 1 :]) or ("help",))
        if name not in OPTIONS:
            raise ConfigError(
                f"redis-cli has no option {name!r:.40} that safe-redis-cli knows", expected="redis-cli --help"
            )
        takes = OPTIONS[name]
        if at + takes >= len(words) and takes:
            raise ConfigError(f"the option {name} wants a value", expected=f"{name} VALUE")
        options.append((name, words[at + 1] if takes else ""))
        at += 1 + takes
    return RedisArguments(tuple(options), tuple(words[at:]))


def target_of(arguments: RedisArguments, environ: Mapping[str, str]) -> RedisTarget:
    """The server that the command line names, as redis-cli would find it. Raises ConfigError."""
    target = from_url(arguments.value("-u")) if arguments.has("-u") else RedisTarget()
    if arguments.has("-h"):
        target = replace(target, host=arguments.value("-h"))
    if arguments.has("-p"):
        target = replace(target, port=_port(arguments.value("-p")))
    if arguments.has("-s"):
        target = replace(target, socket=_path(arguments, "-s"))
    if arguments.has("-n"):
        target = replace(target, database=database_of(arguments.value("-n")))
    if arguments.has("--user"):
        target = replace(target, user=arguments.value("--user"))
    password = arguments.value("-a", "--pass") or target.password or environ.get("REDISCLI_AUTH", "")
    return replace(target, password=password, tls=_tls(arguments, target))


def _port(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 0 < int(text) < 1 << 16):
        raise ConfigError("the port is a number from 1 to 65535", expected=f"-p {DEFAULT_PORT}")
    return int(text)


def _tls(arguments: RedisArguments, target: RedisTarget) -> Tls | None:
    if target.tls is None and not arguments.has("--tls"):
        return None
    return Tls(
        cacert=_path(arguments, "--cacert"),
        cacertdir=_path(arguments, "--cacertdir"),
        cert=_path(arguments, "--cert"),
        key=_path(arguments, "--key"),
        sni=arguments.value("--sni"),
        insecure=arguments.has("--insecure"),
        ciphers=arguments.value("--tls-ciphers"),
        any_name=True,
    )


def _path(arguments: RedisArguments, option: str) -> str:
    """A path that stays the same one in another directory: the prompt is given in one, `safeshell undo` in any."""
    named = arguments.value(option)
    return os.path.abspath(named) if named else ""
