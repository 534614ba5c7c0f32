"""The recording of a session, where the configuration asks for one.

What must not live here: the format (records.asciicast), playing (replay).
"""

from __future__ import annotations

import os
from time import strftime, time
from typing import TYPE_CHECKING

from safeshell.model.errors import RecordError
from safeshell.records.asciicast import Header
from safeshell.records.recording import Recorder

if TYPE_CHECKING:
    from safeshell.cli.setting import Setting
    from safeshell.gateways.ports import Doors


def open_tape(setting: Setting, doors: Doors) -> Recorder | None:
    """A new file in the configured directory, None (and one notice) when it cannot be made.

    The name tells when and which session: `20261122-031500-SESSION.cast`, beside the audit by default.
    """
    directory = setting.policy.record_directory or f"{setting.state}/recordings"
    path = f"{directory}/{strftime('%Y%m%d-%H%M%S')}-{doors.session}.cast"
    size = os.get_terminal_size(1) if os.isatty(1) else os.terminal_size((80, 24))
    header = Header(
        cols=size.columns,
        rows=size.lines,
        timestamp=int(time()),
        term=setting.environ.get("TERM", ""),
        command="safeshell",
        title=f"safeshell on {setting.observation.host}",
    )
    try:
        return Recorder(path, header, notice=lambda said: doors.notify(f"safeshell: {said}"))
    except (OSError, RecordError) as fault:
        doors.notify(f"safeshell: this session is not recorded: {fault}")
        return None
