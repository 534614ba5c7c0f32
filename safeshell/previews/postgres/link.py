"""What a preview needs of a connection and of a rewritten statement, as shapes that others fill.

What must not live here: sending anything.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from safeshell.model.judgement import Exactness
from safeshell.model.values import dataclass, field


class Answer(Protocol):
    """The server's answer to one query; values are text, None for NULL."""

    @property
    def columns(self) -> Sequence[str]:
        """The names of the columns."""

    @property
    def rows(self) -> Sequence[Sequence[str | None]]:
        """The rows, as text."""

    @property
    def tag(self) -> str:
        """`SELECT 5`, `MOVE 100`."""


class Link(Protocol):
    """The client's own connection, while its statement is held.

    `state` is `I` (no transaction), `T` (inside one) or `E`, where nothing can be asked; in a
    `pipeline` a question that fails would take the client's batch with it. `server` holds what the
    server reports of itself (server_version_num, TimeZone, DateStyle...).
    """

    @property
    def state(self) -> str:
        """The transaction status that the client last saw."""

    @property
    def pipeline(self) -> bool:
        """True inside a pipeline."""

    @property
    def server(self) -> Mapping[str, str]:
        """Parameters of the server."""

    def query(
        self,
        sql: str,
        *,
        parameters: Sequence[bytes | None] = (),
        formats: Sequence[int] = (),
        types: Sequence[int] = (),
        deadline: float,
    ) -> Answer:
        """Send one statement and wait for its answer until `deadline` (time.monotonic()).

        Raises PreviewError where the server refuses it or is late; its attributes `code` (the SQLSTATE)
        and `late` say which.
        """


class Unit(Protocol):
    """One statement as it was submitted, with the parameters of its Bind."""

    @property
    def text(self) -> str:
        """The statement."""

    @property
    def parameters(self) -> Sequence[bytes | None]:
        """The values as they came."""

    @property
    def formats(self) -> Sequence[int]:
        """0 text, 1 binary; one for all, one for each, or none: all text."""

    @property
    def types(self) -> Sequence[int]:
        """Type oids, 0 where the server is to find out."""


class Relation(Protocol):
    """A table that a statement names."""

    @property
    def schema(self) -> str:
        """The schema as written, "" for the search path's."""

    @property
    def name(self) -> str:
        """The bare name, unquoted."""

    @property
    def only(self) -> bool:
        """True for ONLY."""


class Plan(Protocol):
    """What `languages.postgres.plans` makes of a statement: the SQL that shows what it would do."""

    @property
    def kind(self) -> str:
        """rows, ddl, truncate, backend (`sample` selects pids) or other."""

    @property
    def verb(self) -> str:
        """delete, update, alter table."""

    @property
    def relations(self) -> Sequence[Relation]:
        """The tables that it changes; the first is the one that it is about."""

    @property
    def text(self) -> str:
        """The statement itself."""

    @property
    def count(self) -> str | None:
        """A SELECT that has one row for each row that would be hit."""

    @property
    def fixed(self) -> int | None:
        """How many rows, where the text alone tells."""

    @property
    def sample(self) -> str | None:
        """A SELECT of the rows that would be hit."""

    @property
    def before_after(self) -> str | None:
        """A SELECT of what changes, before and after."""

    @property
    def undo_select(self) -> str | None:
        """A SELECT of whole rows of the first relation, as they are before."""

    @property
    def lock_rows(self) -> str:
        """What may be appended to `undo_select` where rows may be locked."""

    @property
    def parameters(self) -> Sequence[int]:
        """The numbers of the parameters that any of these SELECTs uses."""

    @property
    def exactness(self) -> Exactness:
        """How the number relates to what would be hit."""

    @property
    def caveats(self) -> Sequence[str]:
        """What the count does not show."""

    @property
    def lock(self) -> str:
        """The strongest lock on the first relation, by PostgreSQL's name."""

    @property
    def work(self) -> str:
        """none, scan, rewrite or index."""

    @property
    def safer(self) -> Sequence[str]:
        """Ready SQL that does it more safely."""

    @property
    def also_locks(self) -> Sequence[tuple[str, str]]:
        """Other tables that are locked: name and lock."""

    @property
    def sets(self) -> Sequence[str]:
        """The columns that get new values in rows that are there."""

    @property
    def parts(self) -> Sequence[Plan]:
        """Changes inside of this one (in a WITH), and the single tables of a TRUNCATE."""

    @property
    def transactional(self) -> bool:
        """False where it cannot run inside a transaction block."""

    @property
    def transaction_control(self) -> bool:
        """True for BEGIN, COMMIT and their kin."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds and surroundings of a preview, as configured.

    `sample` rows are shown; `undo_bytes` is the largest undo kit, 0 where none is taken. `backups` is the
    configuration's section (file, command). `same_host` says that the server's disk is this host's. Where
    `tries` is above 0, a definition may be run with a lock_timeout of `wait` seconds, so often at most.
    """

    sample: int = 5
    undo_bytes: int = 64 << 20
    backups: Mapping[str, str] = field(default_factory=dict)
    same_host: bool = False
    wait: float = 2.0
    tries: int = 0
