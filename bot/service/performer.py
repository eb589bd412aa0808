"""Execution of a command within a transaction."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Protocol

import structlog

from bot.catalog.models import Catalog
from bot.domain.actors import Actor
from bot.domain.case import Case
from bot.domain.notices import BULK, OfficerNotice
from bot.domain.rules import Command, Refused, UnknownCase
from bot.service.decision import Decision, create_context, decide
from bot.service.results import CommandResult
from bot.store import Tx
from bot.store.cases import case_state, system_queries
from bot.store.cases.case_state import Loaded
from bot.store.engine import idempotency
from bot.store.outbox import deliveries
from bot.text import words

log = structlog.get_logger()


class Clock(Protocol):
    """Returns the current time, aware UTC."""

    def __call__(self) -> datetime: ...


class CommandPerformer:
    """Decides, applies, saves, logs and enqueues, all within the given transaction.

    `is_bulk`: what it enqueues gives way to everything else, and officers are not notified of each case.
    """

    def __init__(self, catalog: Callable[[], Catalog], clock: Clock, *, is_bulk: bool = False) -> None:
        self._catalog = catalog
        self._clock = clock
        self._is_bulk = is_bulk

    def perform(
        self, tx: Tx, command: Command, actor: Actor, idempotency_key: str | None
    ) -> CommandResult | Refused:
        """Perform the command. Returns its result, or that of the earlier request with the same `idempotency_key`.

        A refusal is returned, not raised, so that it is committed under the key. Raises LostRace where the case has
        changed since it was loaded.
        """
        loaded = case_state.load(tx, command.case_id or "", idempotency_key)
        if loaded is None:
            return UnknownCase(number="")
        if (stored := loaded.outcome) is not None:
            return (
                Refused.from_json(stored["refused"])
                if "refused" in stored
                else CommandResult.from_json(stored)
            )
        try:
            return self._decide_and_save(tx, loaded, command, actor, idempotency_key)
        except Refused as refused:
            return self._save_refusal(tx, refused, loaded.case, actor, idempotency_key)

    def decide(self, tx: Tx, command: Command, actor: Actor) -> Decision:
        """What would follow from the command now; nothing is saved. Raises Refused."""
        case = system_queries.load_case(tx, command.case_id or "")
        if case is None:
            raise UnknownCase(number="")
        return decide(command, case, create_context(self._catalog(), self._clock(), case.service, actor))

    def _save_refusal(
        self, tx: Tx, refused: Refused, case: Case, actor: Actor, idempotency_key: str | None
    ) -> Refused:
        now = self._clock()
        log.info("refused", rule=type(refused).__name__, case=case.number, by=actor.ref)
        if idempotency_key is not None:
            service = self._catalog().service(case.service)
            stored = refused.to_json(service.words_in if service is not None else words)
            idempotency.save(tx, idempotency_key, {"refused": stored}, now)
        return refused

    def _decide_and_save(
        self, tx: Tx, loaded: Loaded, command: Command, actor: Actor, idempotency_key: str | None
    ) -> CommandResult:
        ctx = create_context(self._catalog(), self._clock(), loaded.case.service, actor)
        decision = decide(command, loaded.case, ctx)
        if decision.events:
            case_state.save(tx, loaded, decision.case, decision.events)
            self._enqueue(tx, decision, ctx.now)
            decision.log_events()
        result = decision.result()
        if idempotency_key is not None:
            idempotency.save(tx, idempotency_key, result.to_json(), ctx.now)
        return result

    def _enqueue(self, tx: Tx, decision: Decision, now: datetime) -> None:
        case, notices = decision.case, decision.notices
        if self._is_bulk:
            notices = [(seq, notice) for seq, notice in notices if not isinstance(notice, OfficerNotice)]
            deliveries.enqueue(tx, case, notices, now, most_urgent=BULK)
        else:
            deliveries.enqueue(tx, case, notices, now)
