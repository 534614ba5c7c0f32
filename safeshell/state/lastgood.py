"""The last good text of each configuration file, for the day when somebody breaks it.

What must not live here: judging whether a text is good.
"""

from __future__ import annotations

from binascii import crc32

from safeshell.state.files import private_directory, read_private, write_private


class LastGood:
    """Texts by file name, in a private directory."""

    def __init__(self, directory: str) -> None:
        self._directory = directory

    def keep(self, source: str, text: str) -> None:
        """Remember a text that proved good. Failing to is no fault."""
        if self.recall(source) != text and private_directory(self._directory):
            write_private(self._path(source), f"{source}\n{text}".encode("utf-8", "surrogateescape"))

    def recall(self, source: str) -> str | None:
        """The last good text of a file, None when none is known."""
        data = read_private(self._path(source))
        if data is None:
            return None
        named, _, text = data.decode("utf-8", "surrogateescape").partition("\n")
        return text if named == source else None

    def _path(self, source: str) -> str:
        name = source.encode("utf-8", "surrogateescape")
        return f"{self._directory}/{crc32(name):08x}-{len(name)}"
