"""What is done for a request: once, however often it is told of, and some of it after its acknowledgement."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

from bot.domain.actors import Officer
from bot.domain.rules import Command
from bot.handlers.request.dependencies import Dependencies
from bot.service import CommandResult
from bot.store import Tx
from bot.store.engine import idempotency

Work = Coroutine[Any, Any, Any]


class Performer:
    """Performs for an officer, who is set when it is known who they are.

    `run_and_report` does work, and tells the person of its failures.
    """

    officer: Officer

    def __init__(
        self, deps: Dependencies, idempotency_key: str, run_and_report: Callable[[Work], Work]
    ) -> None:
        self._deps = deps
        self._key = idempotency_key
        self._run_and_report = run_and_report
        self.has_committed = False

    async def perform(
        self, command: Command, idempotency_key: str = "", in_transaction: Callable[[Tx], None] | None = None
    ) -> CommandResult:
        """Perform the command once for this request, or for all with the same `idempotency_key`.

        `in_transaction` is done in the same transaction. Refused.
        """
        done = await self._deps.service.perform(
            command, self.officer, idempotency_key=idempotency_key or self._key, in_transaction=in_transaction
        )
        self.has_committed = True
        return done

    async def is_already_performed(self) -> bool:
        """Whether this very request has been performed already: it is told of twice, or was pressed twice."""
        stored = await self._deps.service.database.read(lambda tx: idempotency.find(tx, self._key))
        return stored is not None and "done" in stored

    def run_after_ack(self, work: Work) -> None:
        """Go on after the acknowledgement; a failure there is told as any other."""
        self._deps.tasks.start(self._run_and_report(work))
