"""The end of a supervised run: the guard's own COMMIT or ROLLBACK, then the client's answer.

What must not live here: what is run, and when it counts as done (postgresrun, postgrespatient).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from safeshell.protocols.wire import ServerError

if TYPE_CHECKING:
    from safeshell.gateways.postgresheld import HeldUnit
    from safeshell.protocols.wire import Ran


class Closing:
    """One unit whose reply is kept back. Used in a worker."""

    def __init__(self, unit: HeldUnit) -> None:
        self.unit = unit

    def say(self, sql: str) -> ServerError | None:
        """COMMIT or ROLLBACK; the error of the server, None when it went well."""
        ticket = self.unit.ticket()
        ran: Ran | None = self.unit.wait_for(ticket, lambda: self.unit.machine.run(ticket, sql), math.inf)
        if ran is None:
            return ServerError("ERROR", "08006", "the connection broke while the statement was committed")
        if ran.error is None and sql == "COMMIT" and ran.tag == "ROLLBACK":
            return ServerError("ERROR", "25P02", "the server rolled the statement back instead of committing it")
        return ran.error

    def outcome(self, detail: dict[str, object], error: ServerError | None) -> None:
        """For the audit."""
        if error is not None:
            detail = {**detail, "error": error.code, "message": error.message}
        self.unit.session.adapter.judge.outcome(self.unit.case, detail)

    def finish(self) -> None:
        """The kept reply is the client's answer."""

        def finish() -> None:
            self.unit.machine.finish(self.unit.told.id)
            self.unit.leave()

        self.unit.hub.post(finish)

    def fail(self, error: ServerError) -> None:
        """The client reads another error instead."""

        def fail() -> None:
            identity = self.unit.told.id
            self.unit.machine.fail(identity, error.message, detail=error.detail, hint=error.hint, code=error.code)
            self.unit.leave()

        self.unit.hub.post(fail)
