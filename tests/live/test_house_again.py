"""What one line prepares and the next one runs: values that bash evaluates, separators, PATH."""

from __future__ import annotations

import pytest

pytestmark = [pytest.mark.live, pytest.mark.timeout(60)]


@pytest.mark.parametrize(
    "use", ["echo $((x))", "[[ -v $x ]]", "((n = x))", 'echo "${p@P}"', "let n=x", 'test -v "$x"', "echo ${a[x]}"]
)
def test_a_value_of_an_earlier_line_is_evaluated_here(house, use):
    """Setting it is nothing; the line that would evaluate it asks, for the shell tells what it holds."""
    assert not house.line("x='a[$(rm -rf ~/victims)]' p='$(rm -rf ~/victims)'")
    house.refuses(use)


def test_ordinary_arithmetic_of_the_session_stays_silent(house):
    """Counters, sums and subscripts of everyday."""
    assert not house.line("n=3 total=0 list=(4 5 6)")
    assert house.output('for ((i = 0; i < n; i++)); do ((total += list[i])); done; echo "$total"') == "15"
    assert house.output("[[ $n -eq 3 ]] && echo $((n * 2)) ${list[n-1]}") == "6 6"


def test_separators_of_the_session_count(house):
    """With `IFS=,` in force a word with commas is a command with arguments."""
    assert not house.line("IFS=,")
    assert not house.line(f"x=rm,-rf,{house.victims}")
    house.refuses("$x")
    assert not house.line("unset IFS")
    assert house.output("y='echo a b'; $y") == "a b"


def test_a_search_path_that_leads_elsewhere_is_asked(house):
    """Directories of tools are nobody's business, others are."""
    assert not house.line('export PATH="$HOME/bin:$PATH:/opt/x"')
    assert house.refuses("PATH=/tmp/x/bin:$PATH") == "key"
    assert house.refuses("export PATH=.:$PATH") == "key"
