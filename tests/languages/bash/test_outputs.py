"""What a command is known to print, seen by what a shell behind it would run."""

from __future__ import annotations

import pytest

from tests.languages.bash.lines import opaque, removed


@pytest.mark.parametrize(
    "text",
    [
        "echo rm x", "echo 'rm x'", "echo -n rm x", "echo -e 'rm\\x20x'", "printf 'rm x'", "printf '%s %s\\n' rm x", "printf '%b' 'rm\\040x'", "printf 'r\\155 x'",
        "cat <<E\nrm x\nE\n", "cat <<< 'rm x'", "echo rm x | cat", "echo rm x | cat -", "echo rm x | tee f", "{ echo ls; echo rm x; }", "(echo rm x)", "for i in x; do echo rm $i; done",
        "/bin/echo rm x", "D=x; echo rm $D", "printf '%s' 'rm ' x", "true; echo rm x", "echo rm $(echo x)", "f() { echo rm x; }; f",
    ],
)  # fmt: skip
def test_a_literal_output_is_read_by_the_shell_behind_the_pipe(text):
    """Here-documents end before the pipe, so the pipe is put where it belongs."""
    head, newline, rest = text.partition("\n")
    grouped = f"{head} | bash{newline}{rest}" if "<<E" in text else f"{{ {text}; }} | bash"
    assert removed(grouped) == ["x"]


@pytest.mark.parametrize(
    "text",
    [
        "ls",
        "cat file",
        "echo $X",
        "printf '%q' x",
        "printf '%d' $X",
        "date",
        "echo *",
        "echo -e 'a\\cb'",
        "cat file -",
        "printf",
    ],
)
def test_any_other_output_is_opaque(text):
    """Only running tells what the shell would get."""
    assert opaque(f"{text} | bash")
    assert opaque(f"bash <({text})")


def test_output_that_goes_to_a_file_is_not_printed():
    """`echo rm x > f | bash` gives the shell nothing."""
    assert removed("echo rm x > f | bash") == []


def test_substitution_drops_the_last_newlines_and_splits():
    """As `$( )` does."""
    assert removed("rm $(printf 'a b\\n\\n') \"$(echo c d)\"") == ["a", "b", "c d"]
