"""Variables with a meaning of their own."""

from __future__ import annotations

import pytest

from safeshell.model.effects import Effect
from tests.languages.bash.lines import claims, removed


@pytest.mark.parametrize("text", ["LD_PRELOAD=./x.so ls", "export LD_PRELOAD=./x.so", "BASH_ENV=x ls", "PERL5OPT=-Mx ls", "PATH=/evil:$PATH ls", "PATH=.; ls",
                                  "PATH=$X; ls", "PATH=/evil:$PATH", "export PATH=.:$PATH", "PATH=/tmp/x/bin:$PATH", "PATH=:$PATH", "PATH=$X/evil:$PATH", "PATH=/evil; /bin/ls",
                                  "export PATH=~/evil:$PATH; ls", "GIT_SSH=/tmp/x ls", "export LESSOPEN='|/var/tmp/x %s'", "PS1='$(date)'", 'PS1="$(ls)"'])  # fmt: skip
def test_loading_other_code_is_opaque(text):
    """Programs that are started then run what these point to."""
    assert claims(text, Effect.RUNS_OPAQUE_CODE)


@pytest.mark.parametrize("text", ["PATH=$PATH:/opt/x ls", "PATH=/usr/local/bin:/usr/bin:/bin ls", "PATH=/usr/sbin:$PATH ls", "LANG=C ls", "LD_PRELOAD= ls", "PS1='> '", 'PS1="(venv) ${PS1:-}"',
                                  "PAGER=cat ls", "EDITOR=touch ls", "PATH=/opt/x/bin:$PATH",
                                  "export PATH=~/bin:$PATH", 'PATH="$VIRTUAL_ENV/bin:$PATH"', "PATH=/usr/bin:~/.local/bin", 'PATH="$OLD"', "PATH=", "bash -c 'PATH=/evil'"])  # fmt: skip
def test_ordinary_settings_are_nothing(text):
    """More places behind the usual ones change no usual name."""
    assert {claim.effect for claim in claims(text)} == {Effect.READS}


@pytest.mark.parametrize(
    "text",
    [
        "PAGER='rm -rf x' man ls",
        "PROMPT_COMMAND='rm -rf x'",
        "PROMPT_COMMAND=(ls 'rm -rf x')",
        "export EDITOR='rm -rf x'",
        "GIT_SSH_COMMAND='rm -rf x' ls",
    ],
)
def test_variables_that_hold_commands_are_judged_as_commands(text):
    """What they hold is run by somebody."""
    assert removed(text) == ["x"]


ACTIVATE = """
deactivate() { PATH="${_OLD_VIRTUAL_PATH:-}"; export PATH; unset -f deactivate; }
deactivate nondestructive
VIRTUAL_ENV="/home/dana/shop/.venv"; export VIRTUAL_ENV
_OLD_VIRTUAL_PATH="$PATH"
PATH="$VIRTUAL_ENV/bin:$PATH"; export PATH
if [ -z "${VIRTUAL_ENV_DISABLE_PROMPT:-}" ]; then PS1="(.venv) ${PS1:-}"; export PS1; fi
hash -r 2> /dev/null
"""


def test_activating_a_virtual_environment_is_nothing():
    """What python's venv writes: PATH put back and led by its own bin, and builtins, which PATH does not move."""
    assert {claim.effect for claim in claims(ACTIVATE)} == {Effect.READS}
    assert claims(ACTIVATE + "ls", Effect.RUNS_OPAQUE_CODE)
