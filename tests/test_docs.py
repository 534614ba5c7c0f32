"""The documentation holds together: links lead somewhere, pictures are pictures, examples are true."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from safeshell.cli.main import COMMANDS
from safeshell.cli.parser import root_parser

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", ROOT / "ARCHITECTURE.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
FENCE = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)


def anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, as GitHub and GitLab make them."""
    headings = re.findall(r"^#+ (.+)$", FENCE.sub("", page.read_text()), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page):
    """To a file of the tree, and to a heading in it."""
    for link in LINK.findall(FENCE.sub("", page.read_text())):
        if "://" in link:
            continue
        name, _, anchor = link.partition("#")
        target = (page.parent / name).resolve() if name else page
        assert target.exists(), f"{page.name} links to {link}"
        if anchor:
            assert anchor in anchors(target), f"{page.name} links to {link}"


@pytest.mark.parametrize("name", ["prompt", "dialog", "onekey"])
def test_pictures_are_drawn_from_sessions(name):
    """Well-formed, with what the session showed as their description, and used in the README."""
    tree = ET.parse(ROOT / f"docs/images/{name}.svg")
    space = "{http://www.w3.org/2000/svg}"
    shown = tree.findtext(f"{space}desc") or ""
    said = {"prompt": "[PROD prod-web-3 ro]", "dialog": "to run it, Esc to cancel:", "onekey": "[Esc] no:"}[name]
    assert said in shown
    drawn = "".join(element.text or "" for element in tree.iter(f"{space}text"))
    assert re.sub(r"\s", "", said) in re.sub(r"\s", "", drawn)
    assert f"docs/images/{name}.svg" in (ROOT / "README.md").read_text()


@pytest.mark.parametrize("page", [ROOT / "README.md", ROOT / "docs/guide.md"], ids=lambda page: page.name)
def test_the_commands_that_are_shown_exist_with_their_options(page):
    """Every `safeshell ...` line of a shell block is one that the parser takes."""
    for language, block in FENCE.findall(page.read_text()):
        if language != "sh":
            continue
        for line in block.splitlines():
            words = shlex.split(line, comments=True)
            if words[:1] != ["safeshell"] or len(words) < 2:
                continue
            if words[1].startswith("-"):
                words.insert(1, "shell")
            assert words[1] in COMMANDS, line
            root_parser(words[1]).parse_args(words[1:])


def test_every_command_is_in_the_readme():
    """Whoever reads only that page has met them all; `shell` is safeshell itself."""
    text = (ROOT / "README.md").read_text()
    missing = [
        name for name in COMMANDS if name != "shell" and f"`{name}" not in text and f"safeshell {name}" not in text
    ]
    assert missing == []


def test_the_configuration_in_the_guide_is_one(tmp_path):
    """The YAML block can be copied as it stands."""
    from safeshell.policy.config import examine

    blocks = [block for page in PAGES for language, block in FENCE.findall(page.read_text()) if language == "yaml"]
    ours = [block for block in blocks if "environments:" in block]
    assert len(ours) >= 2
    for block in ours:
        assert [str(fault) for fault in examine(block, str(tmp_path / "c.yaml"))[0]] == []


def test_every_decision_has_a_number_of_its_own() -> None:
    """Two records with one number could not be told apart in a sentence."""
    numbers = [path.name[:4] for path in (ROOT / "docs/adr").glob("*.md")]
    assert len(numbers) == len(set(numbers))
