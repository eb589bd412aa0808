"""The decision of a command: which events follow, and who is notified of them."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import structlog

from bot.catalog.models import Catalog
from bot.domain.absence import redirect_notice
from bot.domain.actors import Actor
from bot.domain.case import Case
from bot.domain.messages.scheduled_messages import stop_scheduled
from bot.domain.notices import Notice
from bot.domain.rules import Command, Context, Event
from bot.domain.staffing import Staffing
from bot.service.results import CommandResult

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Decision:
    """The case after the command, its new events, and their notices, each with the seq of its event."""

    case: Case
    events: list[Event]
    notices: list[tuple[int, Notice]]

    def result(self) -> CommandResult:
        """The result of the command once this is saved."""
        names = tuple(type(event).__name__ for event in self.events)
        return CommandResult(self.case.id, self.case.number, self.case.seq, names, _created_ids(self.events))

    def log_events(self) -> None:
        """Log each event by its name, without its contents."""
        for event in self.events:
            log.info("event", name=type(event).__name__, case=self.case.number, by=event.by)


def create_context(
    catalog: Catalog, now: datetime, service: str, actor: Actor, staffing: Staffing
) -> Context:
    """What a rule needs to decide about a case of the e-service. KeyError where the catalog does not have it."""
    found = catalog.service(service)
    if found is None:
        raise KeyError(f"no e-service {service} in the catalog")
    return Context(
        now=now,
        actor=actor,
        catalog=catalog,
        service=found,
        new_id=lambda: uuid.uuid4().hex,
        staffing=staffing,
    )


def decide(command: Command, before: Case | None, ctx: Context) -> Decision:
    """Decide what follows from the command. Raises Refused."""
    events = command.decide(before, ctx)
    after, notices = _apply(before, events, ctx)
    if stops := stop_scheduled(before, after, ctx):
        after, further = _apply(after, stops, ctx)
        return Decision(after, [*events, *stops], [*notices, *further])
    return Decision(after, events, notices)


def _apply(
    before: Case | None, events: Sequence[Event], ctx: Context
) -> tuple[Case, list[tuple[int, Notice]]]:
    """The case after the events, and their notices."""
    after, notices = before, []
    for event in events:
        after = event.apply(after)
        decided = event.decide_notices(after, ctx)
        notices += [(after.seq, redirect_notice(notice, after, ctx)) for notice in decided]
    assert after is not None
    return after, notices


def _created_ids(events: Sequence[Event]) -> dict[str, str]:
    """The ids of messages and notes that the events created, for the caller (undo, a link)."""
    names = ("message_id", "note_id")
    return {name: value for event in events for name in names if (value := getattr(event, name, ""))}
