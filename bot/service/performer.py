"""Execution of a command within a transaction."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Protocol

import structlog

from bot.catalog.models import Catalog
from bot.domain.actors import Actor
from bot.domain.assignment import CaseAssigned, find_assignment_rule
from bot.domain.case import Case
from bot.domain.notices import BULK, Notice, OfficerNotice
from bot.domain.rules import Command, Context, Event, Refused, UnknownCase
from bot.domain.submission import KeyReused, SubmitCase
from bot.service.results import CommandResult, OpenCaseRequest
from bot.store import Tx
from bot.store.cases import case_state, system_queries
from bot.store.cases.case_state import Loaded
from bot.store.engine import idempotency
from bot.store.outbox import deliveries
from bot.text.working_days import local_day

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

    def decide(self, tx: Tx, command: Command, actor: Actor) -> bool:
        """Whether the command would have an effect now; nothing is saved. Raises Refused."""
        case = system_queries.load_case(tx, command.case_id or "")
        if case is None:
            raise UnknownCase(number="")
        return bool(command.decide(case, self._context(case.service, actor)))

    def open_case(self, tx: Tx, request: OpenCaseRequest, actor: Actor) -> CommandResult | KeyReused:
        """Open the case, or return that which an earlier request with one of the same keys has opened.

        KeyReused is returned, not raised: nothing is written for it, and the other cases in the transaction are to be
        committed. Raises Refused.
        """
        if (earlier := self._find_earlier(tx, request)) is not None:
            return earlier
        command, now = request.command, self._clock()
        case_state.save_definition(tx, request.definition)
        numbered = command.with_number(case_state.allocate_number(tx, local_day(now).year), uuid.uuid4().hex)
        result = self._decide_and_save(tx, None, numbered, actor, None)
        self._log_unassigned(numbered, actor, result)
        stored_result = result.to_json() | ({"content": request.content_hash} if request.content_hash else {})
        for key in request.idempotency_keys:
            idempotency.save(tx, key, stored_result, now)
        return result

    def _find_earlier(self, tx: Tx, request: OpenCaseRequest) -> CommandResult | KeyReused | None:
        """The earlier result by the stored outcomes; where they hold no content hash, by comparing the case itself."""
        outcomes = idempotency.find_outcomes(tx, (*request.idempotency_keys, request.former_name))
        if (outcome := request.restore_result(outcomes)) is not None:
            return outcome
        own = next(
            (
                CommandResult.from_json(outcomes[name])
                for name in request.idempotency_keys
                if name in outcomes
            ),
            None,
        )
        own = own or self._find_by_external_id(tx, request.command.external)
        if own is not None:
            return _uncompared(own) if _is_same_case(tx, own, request.command) else own.key_reused()
        former = outcomes.get(request.former_name)
        if former is None or "content" in former:
            return None
        done = CommandResult.from_json(former)
        return _uncompared(done) if _is_same_case(tx, done, request.command) else None

    def _find_by_external_id(self, tx: Tx, external: str) -> CommandResult | None:
        known = case_state.find_by_external_id(tx, external) if external else None
        if known is None:
            return None
        return CommandResult(
            known, system_queries.load_numbers(tx, [known])[known], 1, (), {}, is_repeated=True
        )

    def _log_unassigned(self, command: SubmitCase, actor: Actor, result: CommandResult) -> None:
        """Log where an assignment rule names someone without access, and where nobody may see a protected case."""
        rule = find_assignment_rule(self._context(command.service, actor), command.answers.values)
        if rule is not None and CaseAssigned.__name__ not in result.events:
            log.warning("not_assigned", case=result.number, officer=rule.officer, group=rule.group)
        service = self._catalog().service(command.service)
        if command.protected and service is not None and not service.protected_officers:
            log.warning("nobody_named_for_protected", case=result.number, service=command.service)

    def _save_refusal(
        self, tx: Tx, refused: Refused, case: Case, actor: Actor, idempotency_key: str | None
    ) -> Refused:
        now = self._clock()
        log.info("refused", rule=type(refused).__name__, case=case.number, by=actor.ref)
        if idempotency_key is not None:
            idempotency.save(tx, idempotency_key, {"refused": refused.to_json()}, now)
        return refused

    def _decide_and_save(
        self,
        tx: Tx,
        loaded: Loaded | None,
        command: Command,
        actor: Actor,
        idempotency_key: str | None,
    ) -> CommandResult:
        before = loaded.case if loaded else None
        ctx = self._context(before.service if before else command.service, actor)  # type: ignore[attr-defined]
        events = command.decide(before, ctx)
        after, notices = before, list[tuple[int, Notice]]()
        for event in events:
            after = event.apply(after)
            notices += [(after.seq, notice) for notice in event.decide_notices(after, ctx)]
        assert after is not None
        if events:
            case_state.save(tx, loaded, after, events)
            self._enqueue(tx, after, notices, ctx.now)
            _log_events(events, after)
        result = CommandResult(
            after.id, after.number, after.seq, tuple(type(e).__name__ for e in events), _created_ids(events)
        )
        if idempotency_key is not None:
            idempotency.save(tx, idempotency_key, result.to_json(), ctx.now)
        return result

    def _enqueue(self, tx: Tx, case: Case, notices: list[tuple[int, Notice]], now: datetime) -> None:
        if self._is_bulk:
            notices = [(seq, notice) for seq, notice in notices if not isinstance(notice, OfficerNotice)]
            deliveries.enqueue(tx, case, notices, now, most_urgent=BULK)
        else:
            deliveries.enqueue(tx, case, notices, now)

    def _context(self, service: str, actor: Actor) -> Context:
        catalog = self._catalog()
        found = catalog.service(service)
        if found is None:
            raise KeyError(f"no e-service {service} in the catalog")
        return Context(
            now=self._clock(), actor=actor, catalog=catalog, service=found, new_id=lambda: uuid.uuid4().hex
        )


def _is_same_case(tx: Tx, done: CommandResult, command: SubmitCase) -> bool:
    """Whether the opened case may be the one of the command: same e-service, received at the same moment."""
    service, received_at = case_state.opened_as(tx, done.case_id)
    return service == command.service and command.received_at in (None, received_at)


def _uncompared(done: CommandResult) -> CommandResult:
    return replace(done, is_compared=False)


def _created_ids(events: list[Event]) -> dict[str, str]:
    """The ids of messages and notes that the events created, for the caller (undo, a link)."""
    names = ("message_id", "note_id")
    return {name: value for event in events for name in names if (value := getattr(event, name, ""))}


def _log_events(events: list[Event], case: Case) -> None:
    for event in events:
        log.info("event", name=type(event).__name__, case=case.number, by=event.by)
