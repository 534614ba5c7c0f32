"""Pack files -> Knowledge, with the compiled cache.

A broken pack never means less caution: its last good text counts, or else it is left out and the
caller is told to be strictest. Where an administrator's configuration is the floor, packs of the
person may add rules to commands and describe none: calling an unknown program a read would loosen.
What must not live here: what the keys of a pack mean (policy.packs).
"""

from __future__ import annotations

from safeshell.model.knowledge import Knowledge
from safeshell.model.values import dataclass
from safeshell.state.cache import cached
from safeshell.state.lastgood import LastGood
from safeshell.state.paths import state_directory
from safeshell.state.sources import Sources, read_source

TYPE_CHECKING = False  # typing costs 8 ms, and the first prompt waits
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from safeshell.model.errors import ConfigError

CACHE_VERSION = 2
"""Form of cached packs: raise it whenever `policy.packs` compiles differently."""
_LEFT_OUT = "That pack is left out until it is mended, and the strictest policy counts"


@dataclass(frozen=True, slots=True)
class Packs:
    """The compiled packs, one notice for each fault, and whether a pack had to be left out."""

    knowledge: Knowledge
    notices: tuple[str, ...]
    left_out: bool


def load_packs(environ: Mapping[str, str], sources: Sources) -> Packs:
    """The compiled packs of these files."""
    state = state_directory(environ)

    def compiled() -> tuple[Any, bool]:
        compiler = _Compiler(LastGood(f"{state}/last-good"))
        raw = compiler.run(sources)
        # Faults of a text come again as long as the text stays; a file that cannot be read may heal unseen.
        return (raw, compiler.notices, compiler.left_out), not compiler.unreadable

    key = (*sources.packs, "only adding rules:", *sources.adding_packs)
    raw, notices, left_out = cached(f"{state}/cache", "packs", key, CACHE_VERSION, compiled)
    return Packs(Knowledge(raw=raw), tuple(notices), left_out)


class _Compiler:
    """One compilation, and what had to be said about it."""

    def __init__(self, good: LastGood) -> None:
        self._good = good
        self.notices: list[str] = []
        self.left_out = False
        self.unreadable = False

    def run(self, sources: Sources) -> dict[str, Any]:
        """Commands by name."""
        texts = self._texts(sources.packs)
        remaining = dict(texts)
        raw = self._sound(remaining, texts)
        for path, text in remaining.items():
            if text == texts[path]:
                self._good.keep(path, text)
        adding = set(sources.adding_packs) & set(remaining)
        return self._without_new_commands(raw, remaining, adding) if adding else raw

    def _texts(self, paths: Sequence[str]) -> dict[str, str]:
        texts: dict[str, str] = {}
        for path in paths:
            try:
                texts[path] = read_source(path)
            except (OSError, ValueError) as error:
                self.notices.append(f"{path} cannot be read: {getattr(error, 'strerror', None) or error}. {_LEFT_OUT}")
                self.left_out = self.unreadable = True
        return texts

    def _sound(self, remaining: dict[str, str], texts: Mapping[str, str]) -> dict[str, Any]:
        """Compile what can be; broken packs are replaced in `remaining`, or taken out."""
        from safeshell.model.errors import ConfigError  # noqa: PLC0415 - cached packs need neither it nor YAML
        from safeshell.policy import packs  # noqa: PLC0415 - see above

        while True:
            try:
                return dict(packs.load_packs(remaining).raw)
            except ConfigError as error:
                self._mend(error, remaining, texts)

    def _mend(self, error: ConfigError, remaining: dict[str, str], texts: Mapping[str, str]) -> None:
        """Put the last good text in a broken pack's place, or leave the pack out."""
        source = error.source if error.source in remaining else next(reversed(remaining))
        kept = self._good.recall(source)
        if kept is not None and kept != texts[source] and remaining[source] == texts[source]:
            remaining[source] = kept
            self.notices.append(f"{error}. The last good version of that pack counts until it is mended")
            return
        del remaining[source]
        self.notices.append(f"{error}. {_LEFT_OUT}")
        self.left_out = True

    def _without_new_commands(self, raw: dict[str, Any], texts: Mapping[str, str], adding: set[str]) -> dict[str, Any]:
        """Drop commands that only packs describe which may do no more than add rules."""
        base = {path: text for path, text in texts.items() if path not in adding}
        known = self._sound(base, dict(base))
        new = [name for name in raw if name not in known]
        if new:
            places = ", ".join(sorted(adding))
            self.notices.append(
                f"{', '.join(new)}: described in {places}, which is ignored: over /etc/safeshell a pack of your own "
                "can only add rules to known commands"
            )
        return {name: command for name, command in raw.items() if name in known}
