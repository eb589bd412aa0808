"""Undoing a message before its applicant can see it, and cancelling one that is to leave later."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Self

from bot.domain.access import require_officer
from bot.domain.case import Case, PendingMessage, with_changes
from bot.domain.messages.events import MessageUndone
from bot.domain.messages.scheduled_messages import cancel, find_scheduled
from bot.domain.rules import CaseCommand, Context, Event, NotAllowedHere, Refused
from bot.domain.status import create_status_event

UNDO_PERIOD = timedelta(seconds=20)
"""How long a message can be undone before the applicant can see it."""


class TooLateToUndo(Refused):
    """The applicant can already see the message."""

    key = "no.toolate"


@dataclass(frozen=True, kw_only=True)
class UndoMessage(CaseCommand):
    """Undo a message within its 20 seconds, or cancel one that is to leave later; no status follows it then.

    One that is to leave later may be cancelled by whoever works with the case.

    A status that an older program set with it is restored, and so is the due day, unless the status was set again.
    """

    message_id: str

    audience = "works"

    def decide(self, case: Case | None, ctx: Context) -> list[Event]:
        case, officer = require_officer(case, ctx)
        if (scheduled := find_scheduled(case, self.message_id)) is not None:
            return [cancel(scheduled, officer.ref, ctx)]
        pending = next((one for one in case.pending if one.id == self.message_id), None)
        if pending is None or pending.visible_at <= ctx.now:
            raise TooLateToUndo
        if pending.by != officer.ref:
            raise NotAllowedHere
        events: list[Event] = [MessageUndone(at=ctx.now, by=officer.ref, message_id=self.message_id)]
        before = ctx.service.status(pending.status_before or "")
        if before is not None and _is_status_of_message(case, pending):
            back = create_status_event(case, before, ctx, with_message=True)
            events.append(replace(back, step_due_on=None, due_on=pending.due_before))
        return events

    @classmethod
    def sample(cls, case: Case, ctx: Context) -> tuple[Case, Self]:
        sent = PendingMessage("m", ctx.actor.ref, ctx.now + UNDO_PERIOD, None)
        return with_changes(case, pending=(sent,)), cls(case_id=case.id, message_id="m")


def as_applicant_sees(case: Case, now: datetime) -> Case:
    """The case as shown to its applicant: without the status that was set with a message that can still be undone."""
    for one in case.pending:
        if one.status_before is not None and one.visible_at > now and _is_status_of_message(case, one):
            return with_changes(case, status=one.status_before, status_name="")
    return case


def _is_status_of_message(case: Case, message: PendingMessage) -> bool:
    """Whether the status is still the one that was set with the message."""
    return message.status_before is not None and case.status_since == message.visible_at - UNDO_PERIOD
