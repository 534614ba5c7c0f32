"""Secrets known by the program or command that takes them."""

from __future__ import annotations

import pytest

from safeshell.records.extents import Extents
from safeshell.records.secret_words import ROWS, worded_parts, worded_secrets


def found(text: str) -> list[str]:
    return [text[start:end] for start, end in worded_secrets(Extents(text))]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.programs[0])
def test_every_row_covers_each_of_its_forms(row):
    """Each program of each row, with each option that the row names, in text and as an argument list."""
    needs = [row.needs] if row.needs else []
    for program in row.programs:
        cases = [[f"-{letter}S3cr3t"] for letter in row.glued] + [[option, "S3cr3t"] for option in row.spaced]
        cases += [[option, f"user{row.split[0]}S3cr3t"] for option in row.pairs]
        assert cases
        for case in cases:
            words = [f"/usr/bin/{program}", *needs, *case, "rest"]
            kept = worded_parts(words)
            assert [word[kept[index] :] for index, word in enumerate(words) if index in kept] == ["S3cr3t"]
            assert found(" ".join(words)) == ["S3cr3t"]


@pytest.mark.parametrize(
    ("text", "secrets"),
    [
        ("AUTH pw", ["pw"]),
        ("auth user pw", ["user", "pw"]),
        ("HELLO 3 AUTH user pw SETNAME x", ["user", "pw"]),
        ("CONFIG SET requirepass pw", ["pw"]),
        ("ACL SETUSER bob on >pw ~* +@all", ["pw"]),
        ("redis-cli -h x AUTH pw; ls", ["pw"]),
        ("printf 'AUTH pw\\nPING\\n' | redis-cli", ["pw\\nPING\\n"]),
        ("mysql -uroot -NBppw db", ["pw"]),
        ("mysql -u root -p db", []),
        ("gh auth login", []),
        ("docker run -p 80:80 nginx", []),
        ("cp -p mysql.cnf x", []),
        ("mkdir -p /var/lib/mysql", []),
        ("curl -b jar.txt x", []),
        ("ls mysql; tar -pxf x", []),
    ],
)
def test_commands_and_look_alikes(text, secrets):
    """Redis commands, clusters of short options, and lines that only look like them."""
    assert found(text) == secrets
