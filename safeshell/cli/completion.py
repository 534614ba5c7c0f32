"""`safeshell completion bash|zsh|fish`: completion scripts, made from the argparse parser itself.

The parser is walked into plain data, which each shell's script carries as tables: commands, options,
which options take a value, and the words that fit. What must not live here: knowledge of one command.
"""

from __future__ import annotations

import argparse
from typing import Any

from safeshell.model.values import dataclass, field

_SHELLS = ("bash", "zsh", "fish")


@dataclass(slots=True)
class Node:
    """One command. `values` maps an option that takes a value to its choices, none meaning a file name.

    `positional` are the choices of the positional arguments, None where file names fit, empty where
    there is none. `path` is the words that lead here, joined by blanks.
    """

    path: str
    summary: str = ""
    options: dict[str, str] = field(default_factory=dict)
    values: dict[str, tuple[str, ...]] = field(default_factory=dict)
    positional: tuple[str, ...] | None = ()
    commands: dict[str, str] = field(default_factory=dict)


def register(subparsers: Any) -> None:
    """Add the parser of `safeshell completion`."""
    parser = subparsers.add_parser(
        "completion",
        description="Print the completion script of a shell.",
        epilog=(
            "bash: safeshell completion bash > ~/.local/share/bash-completion/completions/safeshell\n"
            "zsh:  safeshell completion zsh > a directory of your $fpath, as _safeshell\n"
            "fish: safeshell completion fish > ~/.config/fish/completions/safeshell.fish"
        ),
    )
    parser.add_argument("shell", choices=_SHELLS, help="the shell")


def run(args: argparse.Namespace) -> int:
    """Print the script for the whole of `safeshell`."""
    from safeshell.cli.parser import root_parser

    print(script(root_parser(), args.shell) + _CLIENTS[args.shell], end="")
    return 0


_CLIENTS = {
    "bash": """\
# A guarded client completes as the client itself does, where that has a completion.
_safeshell_client() {
    local client=${1##*/safe-} specification
    client=${client#safe-}
    if ! complete -p "$client" &>/dev/null; then
        if declare -F _comp_load >/dev/null; then _comp_load "$client"
        elif declare -F _completion_loader >/dev/null; then _completion_loader "$client"; fi
    fi
    specification=$(complete -p "$client" 2>/dev/null) || { compopt -o default 2>/dev/null; return; }
    [[ $specification == *' -F '* ]] || return
    specification=${specification##*' -F '}
    COMP_WORDS[0]=$client
    "${specification%% *}" "$client" "$2" "$3"
}
complete -o default -F _safeshell_client safe-psql safe-redis-cli
""",
    "zsh": "(( $+functions[compdef] )) && compdef safe-psql=psql safe-redis-cli=redis-cli\n",
    "fish": "complete -c safe-psql -w psql\ncomplete -c safe-redis-cli -w redis-cli\n",
}
"""Completion of the guarded clients, by shell."""


def script(root: argparse.ArgumentParser, shell: str) -> str:
    """The completion script of a parser. `shell` is bash, zsh or fish."""
    nodes = walk(root)
    return {"bash": _bash, "zsh": _zsh, "fish": _fish}[shell](root.prog, nodes)


def walk(parser: argparse.ArgumentParser, path: str = "") -> list[Node]:
    """The parser and everything below it as plain data, itself first."""
    node, below = Node(path), []
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            helps = {row.dest: row.help or "" for row in action._get_subactions()}
            for name, inner in action.choices.items():
                node.commands[name] = _one_line(helps.get(name, ""))
                below += walk(inner, f"{path} {name}".strip())
        elif action.option_strings:
            _option(node, action)
        else:
            node.positional = tuple(map(str, action.choices)) if action.choices else None
    return [node, *below]


def _option(node: Node, action: argparse.Action) -> None:
    for option in action.option_strings:
        if action.help != argparse.SUPPRESS:
            node.options[option] = _one_line(action.help or "")
        if action.nargs != 0:
            node.values[option] = tuple(map(str, action.choices or ()))


def _one_line(text: str) -> str:
    return " ".join(text.replace("%%", "%").split())


def _quoted(word: str) -> str:
    """A word in single quotes, as bash, zsh and fish all read it (fish needs its own escape)."""
    return "'" + word.replace("'", "'\\''") + "'"


def _identifier(program: str) -> str:
    return "_" + "".join(char if char.isalnum() else "_" for char in program)


_BASH = """\
# bash completion for @PROGRAM@, made by `@PROGRAM@ completion bash`
@NAME@() {
    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} path="" word words="" values="" i skip=0
    local files=0
    COMPREPLY=()
    for ((i = 1; i < COMP_CWORD; i++)); do
        word=${COMP_WORDS[i]}
        [[ $word == -- ]] && { compopt -o default 2>/dev/null; return; }
        if @NAME@_takes_value "$path" "$word"; then ((i++)); continue; fi
        @NAME@_is_command "$path" "$word" && path="${path:+$path }$word"
    done
    if @NAME@_takes_value "$path" "$prev" && [[ $COMP_CWORD -gt 1 ]]; then
        values=$(@NAME@_values "$path" "$prev")
        if [[ -n $values ]]; then COMPREPLY=($(compgen -W "$values" -- "$cur"))
        else compopt -o default 2>/dev/null; fi
        return
    fi
    if [[ $cur == -* ]]; then words=$(@NAME@_options "$path")
    else words=$(@NAME@_words "$path"); fi
    [[ -z $words && $cur != -* ]] && @NAME@_files "$path" && files=1
    COMPREPLY=($(compgen -W "$words" -- "$cur"))
    ((files)) && compopt -o default 2>/dev/null
    return 0
}
@TABLES@
complete -F @NAME@ @PROGRAM@
"""


def _bash(program: str, nodes: list[Node]) -> str:
    name = _identifier(program)
    takes = [f"{node.path}|{option}" for node in nodes for option in node.values]
    commands = [f"{node.path}|{command}" for node in nodes for command in node.commands]
    values = {f"{node.path}|{option}": words for node in nodes for option, words in node.values.items() if words}
    tables = [
        _bash_test(f"{name}_takes_value", takes),
        _bash_test(f"{name}_is_command", commands),
        _bash_table(f"{name}_values", values),
        _bash_table(f"{name}_options", {node.path: tuple(node.options) for node in nodes}),
        _bash_table(f"{name}_words", {node.path: (*node.commands, *(node.positional or ())) for node in nodes}),
        _bash_test(f"{name}_files", [node.path for node in nodes if node.positional is None]),
    ]
    return _BASH.replace("@TABLES@", "\n".join(tables)).replace("@NAME@", name).replace("@PROGRAM@", program)


def _bash_test(function: str, keys: list[str]) -> str:
    """A function that says whether its arguments, joined by `|`, are one of the keys."""
    rows = "|".join(_quoted(key) for key in keys) or "''"
    return f'{function}() {{\n    local IFS="|"\n    case "$*" in {rows}) return 0 ;; esac\n    return 1\n}}'


def _bash_table(function: str, rows: dict[str, tuple[str, ...]]) -> str:
    """A function that prints the words of the row that its arguments, joined by `|`, name."""
    cases = "\n".join(
        f"        {_quoted(key)}) printf '%s\\n' {' '.join(map(_quoted, words))} ;;"
        for key, words in rows.items()
        if words
    )
    return f'{function}() {{\n    local IFS="|"\n    case "$*" in\n{cases}\n    esac\n}}'


def _zsh(program: str, nodes: list[Node]) -> str:
    """The bash tables in zsh: its own completion functions call them through bashcompinit's words."""
    name = _identifier(program)
    cases = []
    for node in nodes:
        described = [f"{word}:{text}" if text else word for word, text in {**node.commands}.items()]
        described += list(node.positional or ())
        options = [f"{word}:{text}" for word, text in node.options.items()]
        values = "\n".join(
            f"            {_quoted(option)}) {_zsh_value(words)}; return ;;" for option, words in node.values.items()
        )
        cases.append(
            f"    {_quoted(node.path)})\n"
            f'        case "$words[CURRENT-1]" in\n{values}\n        esac\n'
            f"        if [[ $words[CURRENT] == -* ]]; then\n"
            f"            local -a found=({' '.join(map(_zsh_described, options))})\n"
            f"        else\n"
            f"            local -a found=({' '.join(map(_zsh_described, described))})\n"
            f"            {'_files' if node.positional is None else ':'}\n"
            f"        fi\n"
            f"        (( $#found )) && _describe -t values {_quoted(program)} found ;;"
        )
    takes = "|".join(_quoted(f"{node.path}|{option}") for node in nodes for option in node.values) or "''"
    commands = "|".join(_quoted(f"{node.path}|{word}") for node in nodes for word in node.commands) or "''"
    return (
        f"#compdef {program}\n# made by `{program} completion zsh`\n"
        f"{name}() {{\n"
        f'    local where="" word skip=0\n'
        f'    for word in "${{(@)words[2,CURRENT-1]}}"; do\n'
        f"        if (( skip )); then skip=0; continue; fi\n"
        f"        if [[ $word == -- ]]; then _files; return; fi\n"
        f'        case "$where|$word" in {takes}) skip=1 ;; {commands}) where="${{where:+$where }}$word" ;; esac\n'
        f"    done\n"
        f'    case "$where" in\n' + "\n".join(cases) + f"\n    esac\n}}\n"
        f'if [[ $funcstack[1] == {name} ]]; then {name} "$@"; else compdef {name} {program}; fi\n'
    )


def _zsh_described(word: str) -> str:
    """A row of _describe: a colon in the word itself is escaped."""
    head, colon, text = word.partition(":")
    return _quoted(head + colon + text.replace("\\", "\\\\").replace(":", "\\:"))


def _zsh_value(words: tuple[str, ...]) -> str:
    return f"compadd -- {' '.join(map(_quoted, words))}" if words else "_files"


def _fish(program: str, nodes: list[Node]) -> str:
    """One `complete` a word, each under a condition on the commands that stand on the line."""
    lines = [f"# fish completion for {program}, made by `{program} completion fish`", f"complete -c {program} -f"]
    for node in nodes:
        condition = _fish_condition(node)
        lines += [
            f"complete -c {program} -n {condition} -a {_fish_quoted(command)} -d {_fish_quoted(text)}"
            for command, text in node.commands.items()
        ]
        lines += [f"complete -c {program} -n {condition} -a {_fish_quoted(word)}" for word in node.positional or ()]
        if node.positional is None:
            lines.append(f"complete -c {program} -n {condition} -F")
        lines += [_fish_option(program, condition, node, option, text) for option, text in node.options.items()]
    return "\n".join(lines) + "\n"


def _fish_condition(node: Node) -> str:
    words = node.path.split()
    tests = [f"__fish_seen_subcommand_from {word}" for word in words]
    if node.commands:
        tests.append(f"not __fish_seen_subcommand_from {' '.join(node.commands)}")
    return _fish_quoted("; and ".join(tests)) if tests else "true"


def _fish_option(program: str, condition: str, node: Node, option: str, text: str) -> str:
    kind = "-l" if option.startswith("--") else "-s"
    line = f"complete -c {program} -n {condition} {kind} {option.lstrip('-')} -d {_fish_quoted(text)}"
    if option not in node.values:
        return line
    words = node.values[option]
    return f"{line} -x -a {_fish_quoted(' '.join(words))}" if words else f"{line} -r -F"


def _fish_quoted(word: str) -> str:
    return "'" + word.replace("\\", "\\\\").replace("'", "\\'") + "'"
