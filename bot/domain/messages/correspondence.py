"""Messages between officers and applicants, and information that applicants add; `undoing` undoes them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Self

from bot.catalog.services import EService
from bot.catalog.statuses import Status
from bot.catalog.templates import ANSWER_BY, MessageKind, fill_tags
from bot.domain.access import require_applicant, require_machine, require_officer
from bot.domain.actors import Officer
from bot.domain.automatic_assignment import assign_on_status
from bot.domain.case import Case, PendingMessage, with_changes
from bot.domain.messages.events import InformationAdded, MessageReceipted, MessageReceived, MessageSent
from bot.domain.messages.message_kinds import require_offered_kind
from bot.domain.messages.scheduled_messages import MessageScheduled, status_events, validate_send_time
from bot.domain.messages.undoing import UNDO_PERIOD
from bot.domain.rules import CaseCommand, Context, Event, Refused, require_reachable, validate_text
from bot.domain.scanning import require_not_infected, require_sendable
from bot.domain.status import (
    NoteRequired,
    ReopeningReasonRequired,
    create_status_event,
    require_allowed_target,
    require_unchanged,
)
from bot.domain.submission import FileRef
from bot.text import words
from bot.text.working_days import local_day


class MayNotWrite(Refused):
    """The applicant can no longer write in this status."""

    key = "no.maynotwrite"


class NothingRequested(Refused):
    """The status does not ask for information, so none can be added; a message can be written instead."""

    key = "no.nothingasked"


@dataclass(frozen=True, kw_only=True)
class SendMessage(CaseCommand):
    """Write to the applicant. It can be undone for 20 seconds.

    `status` is the status that the case is to get when the message leaves, empty for none; `expected` is then the
    status that the person saw. With `send_at` it leaves then, and can be cancelled until then.
    """

    text: str
    kind: MessageKind = "information"
    answer_by: date | None = None
    receipt: bool = False
    files: tuple[FileRef, ...] = ()
    status: str = ""
    expected: str = ""
    send_at: datetime | None = None

    audience = "works"

    def decide(self, case: Case | None, ctx: Context) -> list[Event]:
        case, officer = require_officer(case, ctx)
        require_reachable(case, ctx)
        require_offered_kind(case, self.kind)
        changes_status = self.status not in ("", case.status)
        if changes_status:
            self._require_may_follow(case, officer, ctx)
        require_sendable(self.files)
        if self.send_at is not None:
            return [self._schedule(officer, self.send_at, ctx, self.status if changes_status else "")]
        sent = MessageSent(
            at=ctx.now,
            by=officer.ref,
            message_id=ctx.new_id(),
            visible_at=ctx.now + UNDO_PERIOD,
            kind=self.kind,
            answer_by=self.answer_by,
            receipt=self.receipt,
            text=validate_text(self.text),
            files=self.files,
            status_after=self.status if changes_status else "",
        )
        return [sent]

    def _schedule(
        self, officer: Officer, send_at: datetime, ctx: Context, status_after: str
    ) -> MessageScheduled:
        """The event of a message that leaves later, with what a draft of it holds."""
        content = {
            "text": validate_text(self.text),
            "kind": self.kind,
            "answer_by": self.answer_by.isoformat() if self.answer_by is not None else "",
            "options": ["receipt"] if self.receipt else [],
            "files": [file.id for file in self.files],
            "status": status_after,
        }
        return MessageScheduled(
            at=ctx.now,
            by=officer.ref,
            message_id=ctx.new_id(),
            send_at=validate_send_time(send_at, self.answer_by, ctx.now),
            status_after=status_after,
            content=content,
        )

    def _require_may_follow(self, case: Case, officer: Officer, ctx: Context) -> None:
        require_unchanged(case, self.expected, ctx)
        target = require_allowed_target(case, self.status, officer, ctx.service)
        if case.closed_at is not None:
            raise ReopeningReasonRequired
        if target.requires == "note":
            raise NoteRequired(status=target.name)

    @classmethod
    def sample(cls, case: Case, ctx: Context) -> tuple[Case, Self]:
        return case, cls(case_id=case.id, text="x", expected=case.status)


@dataclass(frozen=True, kw_only=True)
class SetStatusOfMessage(CaseCommand):
    """Set the status that was to follow the message, now that the message has left.

    No event where the message was undone, or where the case has the status already. StatusNotSet where the status was
    changed meanwhile so that it can no longer follow.
    """

    message_id: str

    audience = "machine"

    def decide(self, case: Case | None, ctx: Context) -> list[Event]:
        case = require_machine(case, ctx)
        pending = next((one for one in case.pending if one.id == self.message_id), None)
        if pending is None or pending.status_after in ("", case.status) or pending.visible_at > ctx.now:
            return []
        return status_events(case, pending, ctx)

    @classmethod
    def sample(cls, case: Case, ctx: Context) -> tuple[Case, Self]:
        target = ctx.service.targets_from(case.status)[0]
        sent = PendingMessage(
            "m", "officer:anna", ctx.now, None, status_after=target.key, status_then=case.status
        )
        return with_changes(case, pending=(sent,)), cls(case_id=case.id, message_id="m")


@dataclass(frozen=True, kw_only=True)
class ReceiveMessage(CaseCommand):
    """The applicant writes."""

    text: str
    files: tuple[FileRef, ...] = ()

    audience = "applicant"

    def decide(self, case: Case | None, ctx: Context) -> list[Event]:
        case, applicant = require_applicant(case, ctx)
        if not may_write(case, ctx.service, ctx.now):
            raise MayNotWrite
        require_not_infected(self.files)
        return [
            MessageReceived(
                at=ctx.now,
                by=ctx.actor.ref,
                message_id=ctx.new_id(),
                applicant=applicant,
                text=validate_text(self.text),
                files=self.files,
            )
        ]

    @classmethod
    def sample(cls, case: Case, ctx: Context) -> tuple[Case, Self]:
        return case, cls(case_id=case.id, text="x")


@dataclass(frozen=True, kw_only=True)
class AddInformation(CaseCommand):
    """The applicant adds the requested information: a text, files or both."""

    text: str
    files: tuple[FileRef, ...] = ()

    audience = "applicant"

    def decide(self, case: Case | None, ctx: Context) -> list[Event]:
        case, applicant = require_applicant(case, ctx)
        if not may_add_information(case, ctx.service):
            raise NothingRequested
        require_not_infected(self.files)
        added = InformationAdded(
            at=ctx.now,
            by=ctx.actor.ref,
            message_id=ctx.new_id(),
            applicant=applicant,
            text=validate_text(self.text, allow_empty=bool(self.files)),
            files=self.files,
        )
        completed = ctx.service.completed_status
        return [
            added,
            create_status_event(case, completed, ctx),
            *assign_on_status(case, completed.key, ctx),
        ]

    @classmethod
    def sample(cls, case: Case, ctx: Context) -> tuple[Case, Self]:
        waiting = waiting_status(ctx.service)
        status = waiting.key if waiting is not None else case.status
        return with_changes(case, status=status), cls(case_id=case.id, text="x")


@dataclass(frozen=True, kw_only=True)
class ConfirmReceipt(CaseCommand):
    """The applicant confirms a message that asks for it. No event where they have already, or cannot read it yet."""

    message_id: str

    audience = "applicant"

    def decide(self, case: Case | None, ctx: Context) -> list[Event]:
        case, applicant = require_applicant(case, ctx)
        unseen = [one.id for one in case.pending if one.visible_at > ctx.now]
        if self.message_id not in case.requested_receipts or self.message_id in unseen:
            return []
        return [
            MessageReceipted(at=ctx.now, by=ctx.actor.ref, message_id=self.message_id, applicant=applicant)
        ]

    @classmethod
    def sample(cls, case: Case, ctx: Context) -> tuple[Case, Self]:
        return with_changes(case, requested_receipts=("m",)), cls(case_id=case.id, message_id="m")


def may_write(case: Case, service: EService, now: datetime) -> bool:
    """Whether the applicant may write: where the status allows it, within its days since it was set."""
    status = service.status(case.status)
    if status is None:
        return True
    if not status.applicant_may_write:
        return False
    days = status.applicant_may_write_days
    return days is None or local_day(now) <= local_day(case.status_since) + timedelta(days=days)


def may_add_information(case: Case, service: EService) -> bool:
    """Whether the status asks the applicant for information."""
    status = service.status(case.status)
    return status is not None and status.kind == "waiting_for_completion"


def waiting_status(service: EService) -> Status | None:
    """The status that asks the applicant for information; None where the e-service has none."""
    return next((status for status in service.statuses if status.kind == "waiting_for_completion"), None)


def fill_answer_day(text: str, answer_by: date | None, language: str) -> str:
    """The text with {answer.by} replaced by the day in that language; unchanged without a day."""
    return fill_tags(text, {ANSWER_BY: words(language).day(answer_by)}) if answer_by is not None else text
