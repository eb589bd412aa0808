"""What becomes of a command within its transaction."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import datetime
from typing import Protocol

import structlog

from bot.catalog.models import Catalog
from bot.domain.actors import Actor
from bot.domain.assignment import CaseAssigned, rule_for
from bot.domain.case import Case
from bot.domain.intake import KeyReused, SubmitCase
from bot.domain.notices import notices_for
from bot.domain.rules import Command, Context, Event, Refused, UnknownCase
from bot.service.outcomes import Done, Opening
from bot.store import Tx
from bot.store.cases import case_state, system_queries
from bot.store.engine import idempotency
from bot.store.outbox import deliveries
from bot.text.working_days import local_day

log = structlog.get_logger()


class Clock(Protocol):
    """What tells the time: aware UTC."""

    def __call__(self) -> datetime: ...


class Performing:
    """Decides, applies, saves, logs and enqueues, all within the transaction it is given."""

    def __init__(self, catalog: Callable[[], Catalog], clock: Clock) -> None:
        self._catalog = catalog
        self._clock = clock

    def perform(self, tx: Tx, command: Command, actor: Actor, once: str | None) -> Done | Refused:
        """What came of the command, or of the earlier request that was named `once` too.

        A refusal is returned, not raised, for its receipt is to be committed. LostRace where the case has changed
        since it was loaded.
        """
        if once is not None and (kept := idempotency.find(tx, once)) is not None:
            return Refused.restored(kept["refused"]) if "refused" in kept else Done.kept(kept)
        loaded = case_state.load(tx, command.case_id or "")
        if loaded is None:
            return UnknownCase(number="")
        try:
            return self._settle(tx, loaded, command, actor, once)
        except Refused as refused:
            return self._refused(tx, refused, loaded[0], actor, once)

    def open(self, tx: Tx, opening: Opening, actor: Actor) -> Done | KeyReused:
        """The case that was opened, now or by an earlier request of the same name.

        KeyReused is returned, not raised, for nothing is written then and the cases beside it are to be saved. Refused.
        """
        if (earlier := self._opened_before(tx, opening)) is not None:
            return earlier
        command, now = opening.command, self._clock()
        case_state.keep_definition(tx, opening.definition)
        numbered = command.numbered(case_state.next_number(tx, local_day(now).year), uuid.uuid4().hex)
        done = self._settle(tx, None, numbered, actor, None)
        self._log_unassigned(numbered, actor, done)
        outcome = done.as_kept() | ({"content": opening.content} if opening.content else {})
        for name in opening.names:
            idempotency.keep(tx, name, outcome, now)
        return done

    def _opened_before(self, tx: Tx, opening: Opening) -> Done | KeyReused | None:
        """By its receipts; where they do not say of what the case was made, by what the case itself can tell."""
        kept = idempotency.kept(tx, (*opening.names, opening.former_name))
        if (outcome := opening.outcome(kept)) is not None:
            return outcome
        own = next((Done.kept(kept[name]) for name in opening.names if name in kept), None)
        own = own or self._by_external(tx, opening.command.external)
        if own is not None:
            return own if _agrees(tx, own, opening.command) else KeyReused(number=own.number)
        former = kept.get(opening.former_name)
        if former is None or "content" in former:
            return None
        done = Done.kept(former)
        return done if _agrees(tx, done, opening.command) else None

    def _by_external(self, tx: Tx, external: str) -> Done | None:
        known = case_state.find_external(tx, external) if external else None
        if known is None:
            return None
        return Done(known, system_queries.numbers_of(tx, [known])[known], 1, (), {}, repeated=True)

    def _log_unassigned(self, command: SubmitCase, actor: Actor, done: Done) -> None:
        """A rule that names someone without access today is for the catalog's owner to mend."""
        rule = rule_for(self._context(command.service, actor), command.answers.values)
        if rule is not None and CaseAssigned.__name__ not in done.events:
            log.warning("not_assigned", case=done.number, officer=rule.officer, group=rule.group)
        service = self._catalog().service(command.service)
        if command.protected and service is not None and not service.protected_officers:
            log.warning("nobody_named_for_protected", case=done.number, service=command.service)

    def _refused(self, tx: Tx, refused: Refused, case: Case, actor: Actor, once: str | None) -> Refused:
        now = self._clock()
        log.info("refused", rule=type(refused).__name__, case=case.number, by=actor.ref)
        if once is not None:
            idempotency.keep(tx, once, {"refused": refused.kept()}, now)
        return refused

    def _settle(
        self, tx: Tx, loaded: tuple[Case, str] | None, command: Command, actor: Actor, once: str | None
    ) -> Done:
        before = loaded[0] if loaded else None
        ctx = self._context(before.service if before else command.service, actor)  # type: ignore[attr-defined]
        events = command.decide(before, ctx)
        after, notices = before, []
        for event in events:
            after = event.apply(after)
            notices += [(after.seq, notice) for notice in notices_for(event, after, ctx)]
        assert after is not None
        if events:
            case_state.save(tx, loaded, after, events)
            deliveries.enqueue(tx, after, notices, ctx.now)
            _log_events(events, after)
        done = Done(after.id, after.number, after.seq, tuple(type(e).__name__ for e in events), _ids(events))
        if once is not None:
            idempotency.keep(tx, once, done.as_kept(), ctx.now)
        return done

    def _context(self, service: str, actor: Actor) -> Context:
        catalog = self._catalog()
        found = catalog.service(service)
        if found is None:
            raise KeyError(f"no e-service {service} in the catalog")
        return Context(
            now=self._clock(), actor=actor, catalog=catalog, service=found, new_id=lambda: uuid.uuid4().hex
        )


def _agrees(tx: Tx, done: Done, command: SubmitCase) -> bool:
    """Whether the case may be the one that is to be opened: of the same e-service, received at the same moment."""
    service, received_at = case_state.opened_as(tx, done.case_id)
    return service == command.service and command.received_at in (None, received_at)


def _ids(events: list[Event]) -> dict[str, str]:
    """What the events made, by kind, for those who go on with it (undo, a link)."""
    names = ("message_id", "note_id")
    return {name: value for event in events for name in names if (value := getattr(event, name, ""))}


def _log_events(events: list[Event], case: Case) -> None:
    for event in events:
        log.info("event", name=type(event).__name__, case=case.number, by=event.by)
