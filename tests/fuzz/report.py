"""REPORT.md in sections: each fuzz target rewrites its own. What must not live here: fuzzing."""

from __future__ import annotations

from pathlib import Path

REPORT = Path(__file__).with_name("REPORT.md")


def write(title: str, lines: list[str]) -> None:
    """Put a section in its place, or at the end; the others stay."""
    sections: dict[str, str] = {}
    name = ""
    for line in REPORT.read_text(encoding="utf-8").splitlines() if REPORT.exists() else []:
        if line.startswith("## "):
            name = line[3:]
            sections[name] = ""
        elif name:
            sections[name] += line + "\n"
    sections[title] = "\n".join(lines) + "\n"
    body = "\n".join(f"## {name}\n\n{text.strip()}\n" for name, text in sections.items())
    REPORT.write_text("# Fuzz\n\nWritten by `tests/fuzz/run`.\n\n" + body, encoding="utf-8")
