"""Messages to applicants that leave at a later time: cancelled until then, and stopped where they no longer should."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Literal, Self

from bot.catalog.models import Catalog
from bot.catalog.templates import MessageKind
from bot.domain.access import may_work_by_key, require_machine
from bot.domain.actors import actor_name
from bot.domain.automatic_assignment import assign_on_status
from bot.domain.case import Case, PendingMessage, ScheduledMessage
from bot.domain.log_sentences import Fact, Sentence
from bot.domain.messages.events import MessageSent, StatusNotSet
from bot.domain.messages.message_kinds import NoRequestWaiting, require_offered_kind
from bot.domain.notices import CardUpdate, MessageWithdrawal, Notice, OfficerNotice, ScheduledMessageDue
from bot.domain.office_hours import Opening
from bot.domain.rules import CaseCommand, Context, Event, Refused, row_field
from bot.domain.scanning import require_not_infected
from bot.domain.status import create_status_event
from bot.domain.submission import FileRef
from bot.text import Words
from bot.text.words import STOCKHOLM
from bot.text.working_days import local_day

MAX_DAYS_AHEAD = 366

StopReason = Literal["closed", "deleted", "protected", "access", "unreachable", "file", "gone", "answered"]
"""Why a message did not leave: the case was closed, deleted or protected, the writer may no longer work with it, nobody
can read it, a file of it may not be sent, its text was erased, or it refuses a request for a decision that no longer
waits."""


class SendTimePassed(Refused):
    """The time at which the message is to leave has passed."""

    key = "no.send.passed"


class SendTimeTooFar(Refused):
    """The message is to leave in more than `n` days."""

    key = "no.send.far"


class AnswerDayBeforeSending(Refused):
    """The applicant is asked to answer before the message leaves."""

    key = "no.send.answer"


_TIME = {"time": Fact("moment", "send_at")}


@dataclass(frozen=True, kw_only=True)
class MessageScheduled(Event):
    """An officer wrote a message that is to leave at `send_at`; `content` is what they filled in, as a draft has it."""

    message_id: str
    send_at: datetime
    status_after: str = ""
    content: dict[str, Any] = row_field()

    log = (Sentence("history.scheduled", _TIME),)

    def decide_notices(self, case: Case, ctx: Context) -> list[Notice]:
        return [CardUpdate(), ScheduledMessageDue(self.message_id, self.send_at)]

    def change(self, case: Case) -> Case:
        status_then = case.status if self.status_after else ""
        message = ScheduledMessage(self.message_id, self.by, self.send_at, self.status_after, status_then)
        return replace(case, scheduled=(*case.scheduled, message))


@dataclass(frozen=True, kw_only=True)
class _MessageRetained(Event):
    """The message does not leave; its text is a draft of its writer's again."""

    message_id: str
    writer: str

    def change(self, case: Case) -> Case:
        return replace(case, scheduled=tuple(one for one in case.scheduled if one.id != self.message_id))


@dataclass(frozen=True, kw_only=True)
class ScheduleCancelled(_MessageRetained):
    """An officer cancelled the message. Its writer is told of another's act."""

    log = (Sentence("history.unscheduled"),)

    def decide_notices(self, case: Case, ctx: Context) -> list[Notice]:
        is_own = self.writer == self.by
        notices = [] if is_own else [OfficerNotice(self.writer.removeprefix("officer:"), "unsent")]
        return [MessageWithdrawal(self.message_id), CardUpdate(), *notices]


@dataclass(frozen=True, kw_only=True)
class ScheduleStopped(_MessageRetained):
    """The message was stopped, and its writer is told."""

    why: StopReason

    log = (Sentence("history.unsent", {"why": Fact("stop", "why")}),)
    thread = (Sentence("thread.unsent", {"why": Fact("stop", "why")}),)

    def decide_notices(self, case: Case, ctx: Context) -> list[Notice]:
        notice = OfficerNotice(self.writer.removeprefix("officer:"), "unsent")
        return [MessageWithdrawal(self.message_id), CardUpdate(), notice]


@dataclass(frozen=True, kw_only=True)
class SendScheduledMessage(CaseCommand):
    """Send the message whose time has come, or stop it where it should no longer leave.

    No event where it was cancelled. The status that was to follow does so at once, where it still may. `has_content` is
    False where its text or one of its files is gone.
    """

    message_id: str
    text: str = ""
    kind: MessageKind = "information"
    answer_by: date | None = None
    receipt: bool = False
    files: tuple[FileRef, ...] = ()
    has_content: bool = True

    audience = "machine"

    def decide(self, case: Case | None, ctx: Context) -> list[Event]:
        case = require_machine(case, ctx)
        message = find_scheduled(case, self.message_id)
        if message is None or message.send_at > ctx.now:
            return []
        why = self._why_stopped(case, message, ctx)
        if why is not None:
            return [_stop(message, why, ctx)]
        sent = MessageSent(
            at=ctx.now,
            by=message.by,
            message_id=message.id,
            visible_at=ctx.now,
            kind=self.kind,
            answer_by=self.answer_by,
            receipt=self.receipt,
            text=self.text,
            files=self.files,
        )
        return [sent, *status_events(case, message, ctx)]

    def _why_stopped(self, case: Case, message: ScheduledMessage, ctx: Context) -> StopReason | None:
        key, today = message.by.removeprefix("officer:"), local_day(ctx.now)
        represented = frozenset(ctx.staffing.load_absences().represented_by(key))
        if case.deleted_at is not None:
            return "deleted"
        if not may_work_by_key(ctx.catalog, key, case, today, represented):
            return "access"
        if not ctx.service.applicant_follows or not case.applicants:
            return "unreachable"
        if not self.has_content:
            return "gone"
        try:
            require_offered_kind(case, self.kind)
            require_not_infected(self.files)
        except Refused as refusal:
            return "answered" if isinstance(refusal, NoRequestWaiting) else "file"
        return None

    @classmethod
    def sample(cls, case: Case, ctx: Context) -> tuple[Case, Self]:
        message = ScheduledMessage("m", "officer:anna", ctx.now)
        return replace(case, scheduled=(message,)), cls(case_id=case.id, message_id="m", text="x")


def status_events(case: Case, message: PendingMessage | ScheduledMessage, ctx: Context) -> list[Event]:
    """The status that follows the message, with whom the case is assigned to thereby; or that it was not set."""
    if message.status_after in ("", case.status):
        return []
    target = ctx.service.status(message.status_after)
    if target is not None and _may_still_follow(case, message, ctx):
        event = create_status_event(case, target, ctx, with_message=True)
        is_set = replace(event, by=message.by, message_id=message.id)
        return [is_set, *assign_on_status(case, target.key, ctx)]
    name = target.name.sv if target is not None else message.status_after
    facts = {"message_id": message.id, "target": message.status_after, "target_name": name}
    return [StatusNotSet(at=ctx.now, by=message.by, **facts)]


def _may_still_follow(case: Case, message: PendingMessage | ScheduledMessage, ctx: Context) -> bool:
    """Whether the status may be set from the present one, and nobody else has changed that since.

    A case that was closed meanwhile is not reopened: that asks for a reason.
    """
    is_changed_by_other = case.status != message.status_then and case.status_by != message.by
    targets = [one.key for one in ctx.service.targets_from(case.status)]
    return message.status_after in targets and case.closed_at is None and not is_changed_by_other


def find_scheduled(case: Case, message_id: str) -> ScheduledMessage | None:
    """The message with that id that is still to leave."""
    return next((one for one in case.scheduled if one.id == message_id), None)


def cancel(message: ScheduledMessage, by: str, ctx: Context) -> ScheduleCancelled:
    """The event of cancelling the message."""
    return ScheduleCancelled(at=ctx.now, by=by, message_id=message.id, writer=message.by)


def stop_scheduled(before: Case | None, after: Case, ctx: Context) -> list[Event]:
    """The events that stop the case's messages, where the case has just been closed, deleted or protected."""
    if before is None or not after.scheduled:
        return []
    stops: dict[StopReason, bool] = {
        "closed": before.closed_at is None and after.closed_at is not None,
        "deleted": before.deleted_at is None and after.deleted_at is not None,
        "protected": after.protected and not before.protected,
    }
    why = next((one for one, holds in stops.items() if holds), None)
    return [_stop(message, why, ctx) for message in after.scheduled] if why is not None else []


def _stop(message: ScheduledMessage, why: StopReason, ctx: Context) -> ScheduleStopped:
    return ScheduleStopped(at=ctx.now, by=ctx.actor.ref, message_id=message.id, writer=message.by, why=why)


def validate_send_time(send_at: datetime, answer_by: date | None, now: datetime) -> datetime:
    """The time at which a message leaves. Raises SendTimePassed, SendTimeTooFar and AnswerDayBeforeSending."""
    if send_at <= now:
        raise SendTimePassed
    if send_at > now + timedelta(days=MAX_DAYS_AHEAD):
        raise SendTimeTooFar(n=MAX_DAYS_AHEAD)
    if answer_by is not None and answer_by < local_day(send_at):
        raise AnswerDayBeforeSending
    return send_at


def read_send_time(day: date | None, typed_time: str, opening: Opening) -> datetime | None:
    """When a message is to leave, aware UTC; None without a day. Without a time of day, when the office opens next.

    That is on the day itself, or on the first working day after it. Raises ValueError for what is no time of day. A
    time that is skipped in spring is the same moment as the one an hour later, and of one that comes twice in autumn it
    is the first.
    """
    if day is None:
        return None
    if not typed_time:
        return opening.first_from(day)
    at = time.fromisoformat(typed_time)
    return datetime.combine(day, at.replace(tzinfo=None), STOCKHOLM).astimezone(UTC)


def describe_send_time(
    day: date | None, typed_time: str, answer_by: date | None, context: tuple[datetime, Opening], words: Words
) -> dict[str, str]:
    """What is wrong with the day and the time of day at which a message is to leave, by field.

    `context` are the present time and when the office opens.
    """
    now, opening = context
    try:
        send_at = read_send_time(day or local_day(now), typed_time, opening)
    except ValueError:
        return {"send_time": words("no.send.time")}
    if day is None:
        return {"send_day": words("no.send.day")} if typed_time else {}
    try:
        validate_send_time(send_at or now, answer_by, now)
    except Refused as refusal:
        return {"send_day": refusal.in_words(words)}
    return {}


def scheduled_lines(messages: Sequence[ScheduledMessage], catalog: Catalog, words: Words) -> list[str]:
    """Ett meddelande från Anna Berg skickas 1 december 2026 09:00."""
    return [
        words("scheduled.line", name=actor_name(one.by, catalog, words), time=words.moment(one.send_at))
        for one in messages
    ]
