"""Requests left where nobody could be asked: made, listed, confirmed by a person, redeemed, spent.

One file each, `ID.json`, in a private directory; every change happens under the directory's lock.
A request binds what was refused: language, exact text, target, operator, host, a bound, ten minutes.
The operator confirms it on a terminal, then the caller runs the action again naming the id; `redeem`
says whether the id fits, `spend`, right before the release, takes it away: of two that redeem the
same id at once only one gets True from `spend`, and only that one may release.

These are files that the operator could write by hand: they guard against haste, not against malice.
Consent that somebody else signs belongs in `signed.py` (not written yet) and satisfies APPROVAL;
what is confirmed here never satisfies more than CONFIRM. What must not live here: dialogs, printing.
"""

from __future__ import annotations

import json
import os
import re
from typing import TYPE_CHECKING, Any

from safeshell.approvals import files
from safeshell.model.errors import RecordError
from safeshell.model.judgement import Exactness, Preview
from safeshell.model.statements import Language
from safeshell.model.values import asdict, dataclass, field, fields, replace

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

LIFETIME = 600.0
"""Seconds that a request can be confirmed and redeemed."""

MOST = 500
"""So many requests are kept at most; a script in a loop pushes the oldest out."""

CONFIRM_VARIABLE = "SAFESHELL_CONFIRM"

_CLOCK_STEP = 60.0  # a clock set back by more than this is not trusted to tell that ten minutes have passed
_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"
_ID = re.compile(r"(?=[a-z-]*[0-9])[a-z0-9-]{4,64}")
_LEADING = re.compile(
    rf"(?P<before>\s*(?:[A-Za-z_]\w*=[^\s\"'`$\\;&|<>()]*\s+)*?){CONFIRM_VARIABLE}=(?P<q>[\"']?)(?P<id>[a-z0-9-]{{4,64}})(?P=q)\s+"
)
_COUNTED = frozenset({Exactness.EXACT, Exactness.AT_MOST, Exactness.ESTIMATE})


@dataclass(frozen=True, slots=True)
class Bound:
    """How far an action may reach when it is run again: at most `at_most` of `unit` (rows, files, bytes).

    None: nothing could be counted when the person was shown it, so nothing is held against it.
    """

    unit: str = ""
    at_most: int | None = None

    @classmethod
    def of(cls, preview: Preview) -> Bound:
        """The bound that a preview gives; "at least N" is none."""
        return cls(preview.unit, preview.affected if preview.exactness in _COUNTED else None)

    def covers(self, preview: Preview) -> bool:
        """Whether a preview taken now stays within; one that could not count does not."""
        if self.at_most is None:
            return True
        counted = preview.affected is not None and preview.exactness in _COUNTED and preview.unit == self.unit
        return counted and int(preview.affected or 0) <= self.at_most

    def __str__(self) -> str:
        return "not counted" if self.at_most is None else f"at most {self.at_most:,} {self.unit}".rstrip()


@dataclass(frozen=True, slots=True)
class Request:
    """What was refused and may be confirmed. Times are seconds since the epoch.

    `digest` is `text_digest` of the exact text, `text` the redacted one for lists, `exact` the text
    itself, to be shown to its operator and nobody else. `target` is the canonical name of where it
    runs; for a shell line the caller puts the directory into it, as relative paths depend on it.
    `confirmed_by` is "" until somebody confirmed it.
    """

    id: str
    created: float
    expires: float
    language: Language
    digest: str
    target: str
    operator: str
    host: str
    bound: Bound
    summary: str
    text: str
    exact: str = field(repr=False)
    confirmed_by: str = ""
    confirmed_at: float = 0.0

    def asks_for(self, digest: str, language: Language, target: str, operator: str, host: str) -> str:
        """The first thing in which an action differs from the request, "" for none."""
        pairs = {
            "text": (digest, self.digest),
            "language": (language, self.language),
            "target": (target, self.target),
            "operator": (operator, self.operator),
            "host": (host, self.host),
        }
        return next((name for name, (now, then) in pairs.items() if now != then), "")


@dataclass(frozen=True, slots=True)
class Redemption:
    """Whether an id may be used, and if not, why: a sentence for a person. `request` is None if there is none.

    `granted` does not spend it, and says nothing of the bound: the caller compares a fresh preview
    by `request.bound.covers`, then calls `spend` and releases only if that returns True.
    """

    granted: bool
    why: str
    request: Request | None = None


def default_directory(environ: Mapping[str, str]) -> str:
    """Where requests lie: `requests` below the state directory."""
    base = environ.get("SAFESHELL_STATE_DIR", "")
    if not base:
        home = environ.get("XDG_STATE_HOME", "")
        if not home.startswith("/"):
            home = f"{environ.get('HOME', '') or os.path.expanduser('~')}/.local/state"
        base = f"{home}/safeshell"
    return f"{os.path.abspath(base)}/requests"


def is_request_id(word: str) -> bool:
    """`[a-z0-9-]{4,}` with at least one digit; anything else never becomes a file name."""
    return bool(_ID.fullmatch(word))


def strip_confirmation(text: str) -> tuple[str, str]:
    """(the id, the text without it) where the text begins with `SAFESHELL_CONFIRM=ID`; ("", text) otherwise.

    Plain assignments may stand before it; they belong to the text.
    """
    match = _LEADING.match(text)
    return (match["id"], match["before"] + text[match.end() :]) if match else ("", text)


def text_digest(text: str) -> str:
    """SHA-256 in hex of the exact text, without a leading SAFESHELL_CONFIRM and blanks around it.

    Only blanks in front and newlines at the end go: a blank behind a backslash is part of a word.
    """
    from hashlib import sha256  # noqa: PLC0415 - loads OpenSSL, needed only when something is refused

    bare = strip_confirmation(text)[1].lstrip().rstrip("\n")
    return sha256(bare.encode("utf-8", "surrogateescape")).hexdigest()


class Requests:
    """The requests of one directory. Every method that writes raises RecordError when it cannot."""

    def __init__(self, directory: str, *, redact: Callable[[str], str]) -> None:
        self.directory = directory
        self._redact = redact

    def leave(  # noqa: PLR0913 - the things that a request is bound to
        self, *, language: Language, text: str, target: str, operator: str, host: str, preview: Preview, at: float
    ) -> Request:
        """Leave a request, or refresh the one that waits for the very same action, so that retries keep their id.

        A confirmation stays while the new preview is within its bound; otherwise it has to be given again.
        """
        digest, bare = text_digest(text), strip_confirmation(text)[1]
        with files.locked(self.directory):
            live = self._sweep(at)
            for known in live:
                if not known.asks_for(digest, language, target, operator, host):
                    return self._refreshed(known, preview, at)
            request = Request(
                id=self._new_id(),
                created=at,
                expires=at + LIFETIME,
                language=language,
                digest=digest,
                target=target,
                operator=operator,
                host=host,
                bound=Bound.of(preview),
                summary=self._redact(preview.summary),
                text=self._redact(bare),
                exact=bare,
            )
            self._store(request)
            return request

    def find(self, request_id: str) -> Request | None:
        """The request of this id, expired ones too; None if there is none (or it was spent)."""
        return self._load(request_id) if is_request_id(request_id) else None

    def listing(self, at: float) -> list[Request]:
        """What waits, the oldest first; nothing expired or spent."""
        return sorted((one for one in self._all() if one.expires > at), key=lambda one: (one.created, one.id))

    def confirm(self, request_id: str, by: str, at: float, *, seen: Request | None = None) -> Redemption:
        """Record that the operator confirmed it, after the full dialog.

        `seen` is the request as it was shown: if it has changed since (a retry with a larger
        preview), nothing is confirmed.
        """
        with files.locked(self.directory):
            request = self.find(request_id)
            refused = self._unusable(request_id, request, at)
            if request is None or refused:
                return Redemption(False, refused, request)
            if by != request.operator:
                return Redemption(False, f"request {request_id} is {request.operator}'s own, not {by}'s", request)
            if seen is not None and (seen.digest, seen.bound) != (request.digest, request.bound):
                return Redemption(False, f"request {request_id} has changed since it was shown: look again", request)
            confirmed = replace(request, confirmed_by=by, confirmed_at=at)
            self._store(confirmed)
            return Redemption(True, "", confirmed)

    def redeem(  # noqa: PLR0913, PLR0917 - the things that a request is bound to
        self,
        request_id: str,
        language: Language,
        text: str,
        target: str,
        operator: str,
        host: str,
        at: float,
        *,
        unconfirmed: bool = False,
    ) -> Redemption:
        """Whether this action may run on this id now. Spends nothing, so a failed try can be made again.

        `unconfirmed`: policy says `tokens: self`, the caller may redeem without a confirmation.
        """
        request = self.find(request_id)
        refused = self._unusable(request_id, request, at)
        if request is None or refused:
            return Redemption(False, refused, request)
        if differs := request.asks_for(text_digest(text), language, target, operator, host):
            return Redemption(False, f"request {request_id} was left for another {differs}", request)
        if not request.confirmed_by and not unconfirmed:
            why = f"request {request_id} waits to be confirmed: safeshell approve --own {request_id}"
            return Redemption(False, why, request)
        return Redemption(True, "", request)

    def spend(self, request_id: str) -> bool:
        """Take the request away, right before the release. False: it was spent or removed already, do not release."""
        if not is_request_id(request_id):
            return False
        with files.locked(self.directory):
            if self._load(request_id) is None:
                return False
            spent = f"{self.directory}/{request_id}.spent"
            os.rename(self._path(request_id), spent)
            os.truncate(spent, 0)  # only that it was spent is kept, not the text
            return True

    def withdraw(self, request_id: str) -> bool:
        """Take a request back without using it; False if there is none."""
        with files.locked(self.directory):
            if self.find(request_id) is None:
                return False
            os.unlink(self._path(request_id))
            return True

    def _refreshed(self, known: Request, preview: Preview, at: float) -> Request:
        if known.confirmed_by and known.bound.covers(preview):
            return known
        fresh = replace(
            known,
            expires=at + LIFETIME,
            bound=Bound.of(preview),
            summary=self._redact(preview.summary),
            confirmed_by="",
            confirmed_at=0.0,
        )
        self._store(fresh)
        return fresh

    def _unusable(self, request_id: str, request: Request | None, at: float) -> str:
        if request is None and is_request_id(request_id) and self._spent(request_id):
            return f"request {request_id} has been used already: each is good for one run"
        if request is None:
            return f"there is no request {request_id!r:.80}: it may have expired; run the action again for a new one"
        if not request.created - _CLOCK_STEP <= at < request.expires:
            return f"request {request_id} has expired: run the action again for a new one"
        return ""

    def _new_id(self) -> str:
        """Eight letters and digits in two groups, without those that look alike; at least one digit and one letter."""
        while True:
            drawn = [_ALPHABET[byte % len(_ALPHABET)] for byte in os.urandom(8)]
            word = f"{''.join(drawn[:4])}-{''.join(drawn[4:])}"
            taken = os.path.lexists(self._path(word)) or self._spent(word)
            if is_request_id(word) and word[0].isalpha() and not taken:
                return word

    def _path(self, request_id: str) -> str:
        return f"{self.directory}/{request_id}.json"

    def _spent(self, request_id: str) -> bool:
        return os.path.lexists(f"{self.directory}/{request_id}.spent")

    def _store(self, request: Request) -> None:
        content = json.dumps(asdict(request), indent=1).encode("ascii")
        try:
            files.replace(self._path(request.id), content)
        except OSError as error:
            raise RecordError(f"the request cannot be kept in {self.directory}: {error.strerror or error}") from error

    def _load(self, request_id: str) -> Request | None:
        content = files.read(self._path(request_id))
        request = _parsed(content) if content else None
        return request if request and request.id == request_id else None

    def _all(self) -> list[Request]:
        try:
            names = os.listdir(self.directory)
        except OSError:
            return []
        words = (name.removesuffix(".json") for name in names if name.endswith(".json"))
        return [request for word in words if is_request_id(word) and (request := self._load(word))]

    def _sweep(self, at: float) -> list[Request]:
        """Remove what expired and what is over the limit, with the texts in it; give back what is left."""
        live = self.listing(at)
        kept = live[-(MOST - 1) :]
        names = {f"{request.id}.json" for request in kept}
        for name in os.listdir(self.directory):
            path = f"{self.directory}/{name}"
            if (name.endswith(".json") and name not in names) or (name != "lock" and _older(path, at - LIFETIME)):
                os.unlink(path)
        return kept


def _older(path: str, moment: float) -> bool:
    """Whether a spent or half-written file has stood since before that moment."""
    return not path.endswith(".json") and os.lstat(path).st_mtime < moment


def _parsed(content: bytes) -> Request | None:
    """A request out of its file; None for anything that is not one."""
    try:
        found: dict[str, Any] = json.loads(content)
        bound = Bound(**found.pop("bound"))
        request = Request(**{**found, "language": Language(found["language"]), "bound": bound})
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None
    return request if _typed(request) else None


def _typed(request: Request) -> bool:
    numbers = ("created", "expires", "confirmed_at")
    texts = [one.name for one in fields(request) if one.name not in (*numbers, "bound")]
    bound = request.bound
    return (
        all(type(getattr(request, name)) in (int, float) for name in numbers)
        and all(isinstance(getattr(request, name), str) for name in texts)
        and isinstance(bound.unit, str)
        and (bound.at_most is None or type(bound.at_most) is int)
    )
