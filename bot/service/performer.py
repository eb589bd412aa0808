"""Execution of a command within a transaction."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Protocol

import structlog

from bot.catalog.models import Catalog
from bot.domain.actors import Actor
from bot.domain.case import Case
from bot.domain.notices import BULK, SOMEONE_WAITS, Notice, OfficerNotice
from bot.domain.rules import Command, Refused, ServiceGone, UnknownCase
from bot.service.decision import Decision, create_context, decide
from bot.service.results import CommandResult, IdempotencyKey
from bot.store import Tx
from bot.store.cases import case_state, system_queries
from bot.store.cases.case_state import ChangedCase, Loaded
from bot.store.engine import idempotency
from bot.store.officers.staffing import StoredStaffing
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
        self, tx: Tx, command: Command, actor: Actor, request: IdempotencyKey | None
    ) -> CommandResult | Refused:
        """Perform the command. Returns its result, or that of the earlier request with the same key and content.

        A refusal is returned, not raised, so that it is committed under the key. Raises LostRace where the case has
        changed since it was loaded.
        """
        loaded = case_state.load(tx, command.case_id or "", request.name if request is not None else None)
        if loaded is None:
            return UnknownCase(number="")
        if request is not None and loaded.outcome is not None:
            if (outcome := request.restore(loaded.outcome)) is not None:
                return outcome
            idempotency.forget(tx, [request.name])
        try:
            return self._decide_and_save(tx, loaded, command, actor, request)
        except Refused as refused:
            return self._save_refusal(tx, refused, loaded.case, actor, request)

    def perform_all(self, tx: Tx, commands: Sequence[Command], actor: Actor) -> list[CommandResult | Refused]:
        """Perform the commands as `perform` does, but load and save the cases together. Returns an outcome for each.

        A case whose e-service is no longer in the catalog is refused with ServiceGone. Raises LostRace.
        """
        outcomes: list[CommandResult | Refused] = []
        for start, end in _runs_of_distinct_cases(commands):
            outcomes += self._perform_distinct(tx, commands[start:end], actor)
        return outcomes

    def _perform_distinct(
        self, tx: Tx, commands: Sequence[Command], actor: Actor
    ) -> list[CommandResult | Refused]:
        now = self._clock()
        staffing = StoredStaffing(tx, now)
        loaded = case_state.load_all(tx, [command.case_id or "" for command in commands])
        decisions: list[tuple[Loaded, Decision]] = []
        outcomes: list[CommandResult | Refused] = []
        for command in commands:
            before = loaded.get(command.case_id or "")
            if before is None:
                outcomes.append(UnknownCase(number=""))
                continue
            try:
                ctx = create_context(self._catalog(), now, before.case.service, actor, staffing)
                decision = decide(command, before.case, ctx)
            except Refused as refused:
                _log_refusal(refused, before.case, actor)
                outcomes.append(refused)
            except KeyError:
                outcomes.append(ServiceGone())
            else:
                staffing.record(before.case, decision.case, decision.events)
                decisions.append((before, decision))
                outcomes.append(decision.result())
        self._save(tx, decisions, now)
        return outcomes

    def decide(self, tx: Tx, command: Command, actor: Actor) -> Decision:
        """What would follow from the command now; nothing is saved. Raises Refused."""
        case = system_queries.load_case(tx, command.case_id or "")
        if case is None:
            raise UnknownCase(number="")
        now = self._clock()
        staffing = StoredStaffing(tx, now, is_preview=True)
        return decide(command, case, create_context(self._catalog(), now, case.service, actor, staffing))

    def _save_refusal(
        self, tx: Tx, refused: Refused, case: Case, actor: Actor, request: IdempotencyKey | None
    ) -> Refused:
        now = self._clock()
        _log_refusal(refused, case, actor)
        if request is not None:
            service = self._catalog().service(case.service)
            stored = refused.to_json(service.words_in if service is not None else words)
            idempotency.save(tx, request.name, request.to_store({"refused": stored}), now)
        return refused

    def _decide_and_save(
        self, tx: Tx, loaded: Loaded, command: Command, actor: Actor, request: IdempotencyKey | None
    ) -> CommandResult:
        now = self._clock()
        staffing = StoredStaffing(tx, now)
        ctx = create_context(self._catalog(), now, loaded.case.service, actor, staffing)
        decision = decide(command, loaded.case, ctx)
        staffing.record(loaded.case, decision.case, decision.events)
        self._save(tx, [(loaded, decision)], ctx.now)
        result = decision.result()
        if request is not None:
            idempotency.save(tx, request.name, request.to_store(result.to_json()), ctx.now)
        return result

    def _save(self, tx: Tx, decisions: Sequence[tuple[Loaded, Decision]], now: datetime) -> None:
        """Save what the decisions have changed, and enqueue their notices."""
        changes = [(before, decision) for before, decision in decisions if decision.events]
        if not changes:
            return
        case_state.save(tx, [ChangedCase(before, one.case, one.events) for before, one in changes])
        most_urgent = BULK if self._is_bulk else SOMEONE_WAITS
        noticed = [(decision.case, self._notices(decision)) for _, decision in changes]
        deliveries.enqueue_all(tx, noticed, now, most_urgent=most_urgent)
        tx.after_commit.extend(decision.log_events for _, decision in changes)

    def _notices(self, decision: Decision) -> list[tuple[int, Notice]]:
        if not self._is_bulk:
            return decision.notices
        return [(seq, notice) for seq, notice in decision.notices if not isinstance(notice, OfficerNotice)]


def _log_refusal(refused: Refused, case: Case, actor: Actor) -> None:
    log.info("refused", rule=type(refused).__name__, case=case.number, by=actor.ref)


def _runs_of_distinct_cases(commands: Sequence[Command]) -> Iterator[tuple[int, int]]:
    """Where runs of commands begin and end in which no case comes twice: the second must see what the first changed."""
    start, seen = 0, set[str | None]()
    for place, command in enumerate(commands):
        if command.case_id in seen:
            yield start, place
            start, seen = place, set()
        seen.add(command.case_id)
    if start < len(commands):
        yield start, len(commands)
