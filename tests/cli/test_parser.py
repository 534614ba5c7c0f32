"""The help texts: every command is told of, in the list and by itself."""

from __future__ import annotations

import pytest

from safeshell.cli.main import COMMANDS
from safeshell.cli.parser import root_parser


def test_the_list_of_commands_is_complete():
    """Each stands on a line of its own with what it is for."""
    lines = root_parser().format_help().splitlines()
    for name, (_, summary) in COMMANDS.items():
        row = next(line for line in lines if line.split()[:1] == [name])
        assert summary.split()[0] in row


@pytest.mark.parametrize("name", COMMANDS)
def test_each_command_tells_what_it_does(name, capsys):
    """--help is exit 0, opens with the right usage, and holds a sentence."""
    with pytest.raises(SystemExit) as end:
        root_parser(name).parse_args([name, "--help"])
    said = capsys.readouterr().out
    assert end.value.code == 0
    assert said.startswith(f"usage: safeshell {name}")
    assert "." in said
    assert all(len(line) <= 120 for line in said.splitlines())


@pytest.mark.parametrize("name", COMMANDS)
def test_one_command_alone_is_parsed_as_among_all(name):
    """Registering only one saves imports and changes nothing."""
    alone, all_ = root_parser(name), root_parser()
    assert _options(alone, name) == _options(all_, name)


def _options(parser, name):
    choices = next(action.choices for action in parser._actions if isinstance(action.choices, dict))
    return [(action.option_strings, action.dest, action.help) for action in choices[name]._actions]


def test_the_root_tells_how_to_start_and_what_the_exit_codes_are():
    """The first screen of a newcomer."""
    said = root_parser().format_help()
    for words in ("safeshell demo", "safeshell check --", "safeshell doctor", "126 refused"):
        assert words in said
