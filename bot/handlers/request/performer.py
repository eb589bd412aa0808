"""Performing of a request's commands, once for each request, and of work after its acknowledgement."""

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
    """Performs commands as an officer, who is set once they are identified.

    `run_and_report` runs work, and reports its failures to the person.
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
        """Perform the command, once for this request, or for all with the same `idempotency_key`.

        `in_transaction` is called in the same transaction. Raises Refused.
        """
        done = await self._deps.service.perform(
            command, self.officer, idempotency_key=idempotency_key or self._key, in_transaction=in_transaction
        )
        self.has_committed = True
        return done

    async def perform_both(self, commands: tuple[Command, Command]) -> CommandResult:
        """Perform two commands on two cases, both or neither, once for this request. Raises Refused."""
        done = await self._deps.service.perform_both(commands, self.officer, idempotency_key=self._key)
        self.has_committed = True
        return done

    async def is_already_performed(self) -> bool:
        """Whether this request has been performed before: sent again, or a double press."""
        stored = await self._deps.service.database.read(lambda tx: idempotency.find(tx, self._key))
        return stored is not None and "done" in stored

    def run_after_ack(self, work: Work) -> None:
        """Run the work after the acknowledgement; its failures are reported like others."""
        self._deps.tasks.start(self._run_and_report(work))
