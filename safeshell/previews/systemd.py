"""What systemd says of its units, by systemctl.

What must not live here: sentences, other init systems.
"""

from __future__ import annotations

import os

from safeshell.model.values import dataclass
from safeshell.previews.programs import output
from safeshell.previews.subject import Subject

_PROPERTIES = "Id,LoadState,ActiveState,SubState,MainPID,ActiveEnterTimestamp,ActiveEnterTimestampMonotonic,TriggeredBy"


@dataclass(frozen=True, slots=True)
class Unit:
    """One unit. `entered` is the monotonic time of its last start in seconds, 0 when it is not active."""

    name: str
    loaded: bool
    state: str
    main_pid: int
    entered: float
    triggers: tuple[str, ...]


def running() -> bool:
    """True when systemd runs this host (sd_booted(3))."""
    return os.path.isdir("/run/systemd/system")


def services_running(subject: Subject) -> int | None:
    """How many service units run; None when systemd does not answer."""
    argv = ["systemctl", "list-units", "--type=service", "--state=running", "--no-legend", "--plain", "--no-pager"]
    lines, program = output(argv, subject)
    return len([line for line in lines if line.strip()]) if program.code == 0 else None


def unit(name: str, subject: Subject) -> Unit | None:
    """One unit; None when systemd does not answer."""
    argv = ["systemctl", "show", "--no-pager", f"--property={_PROPERTIES}", "--", name]
    lines, program = output(argv, subject)
    if program.code != 0:
        return None
    said = dict(line.split("=", 1) for line in lines if "=" in line)
    return Unit(
        name=said.get("Id", name),
        loaded=said.get("LoadState") == "loaded",
        state=said.get("ActiveState", ""),
        main_pid=_number(said.get("MainPID", "")),
        entered=_number(said.get("ActiveEnterTimestampMonotonic", "")) / 1_000_000,
        triggers=tuple(said.get("TriggeredBy", "").split()),
    )


def needed_by(name: str, subject: Subject) -> list[str] | None:
    """Units that need or want this one, directly or not; targets of the boot left out. None: no answer."""
    argv = ["systemctl", "list-dependencies", "--reverse", "--plain", "--no-pager", "--", name]
    lines, program = output(argv, subject)
    if program.code != 0:
        return None
    names = [line.strip(" ●○\u00d7│├└─*\t") for line in lines[1:]]
    return list(dict.fromkeys(found for found in names if found and not found.endswith((".target", ".slice"))))


def _number(text: str) -> int:
    return int(text) if text.isdigit() else 0
