"""Events of the messages between officers and applicants."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar

from bot.catalog.templates import MessageKind
from bot.domain.case import AwaitedAnswer, Case, PendingMessage, with_changes
from bot.domain.log_sentences import Fact, Sentence
from bot.domain.notice_reasons import NoticeReason
from bot.domain.notice_recipients import notify_assignees
from bot.domain.notices import (
    CARD_AND_THREAD,
    ApplicantNotice,
    CardUpdate,
    MailKind,
    MessageWithdrawal,
    Notice,
    OfficerNotice,
    StatusChangeDue,
    ThreadLine,
)
from bot.domain.rules import Context, Event, row_field
from bot.domain.six_month_rule import with_refusal
from bot.domain.submission import FileRef


@dataclass(frozen=True, kw_only=True)
class MessageSent(Event):
    """An officer wrote to the applicant, who can read it from `visible_at`.

    `status_after` is the status that the case gets then, empty for none. `status_before` and `due_before` are of older
    messages, whose status was set at once: the values before it; None where none was.
    """

    message_id: str
    visible_at: datetime
    kind: MessageKind = "information"
    answer_by: date | None = None
    receipt: bool = False
    text: str = row_field()
    files: tuple[FileRef, ...] = row_field(default=())
    status_before: str | None = None
    due_before: date | None = None
    status_after: str = ""

    log = (Sentence("history.sent"),)

    def decide_notices(self, case: Case, ctx: Context) -> list[Notice]:
        mail_kind: MailKind = "completion" if self.kind == "completion" else "message"
        mails = (
            ApplicantNotice(applicant, mail_kind, self.message_id, self.visible_at)
            for applicant in case.applicants
        )
        follow_up = [StatusChangeDue(self.message_id, self.visible_at)] if self.status_after else []
        return [CardUpdate(), *mails, *follow_up]

    def change(self, case: Case) -> Case:
        pending = tuple(
            one
            for one in case.pending
            if one.visible_at > self.at or one.status_after not in ("", case.status)
        )
        if self.visible_at > self.at:
            own = PendingMessage(
                self.message_id,
                self.by,
                self.visible_at,
                self.status_before,
                self.due_before,
                status_after=self.status_after,
                status_then=case.status if self.status_after else "",
            )
            pending = (*pending, own)
        requested = (*case.requested_receipts, self.message_id) if self.receipt else case.requested_receipts
        awaited = case.awaited
        if self.answer_by is not None:
            awaited = (*awaited, AwaitedAnswer(self.message_id, self.answer_by))
        delay_message = self.message_id if self.kind == "delay" else case.delay_message
        answered = with_refusal(case, self.message_id) if self.kind == "refusal" else case
        return with_changes(
            answered,
            pending=pending,
            scheduled=tuple(one for one in case.scheduled if one.id != self.message_id),
            requested_receipts=requested,
            awaited=awaited,
            delay_message=delay_message,
        )


@dataclass(frozen=True, kw_only=True)
class MessageUndone(Event):
    """The officer undid the message before the applicant could read it."""

    message_id: str

    log = (Sentence("history.undone"),)

    def decide_notices(self, case: Case, ctx: Context) -> list[Notice]:
        return [MessageWithdrawal(self.message_id), CardUpdate()]

    def change(self, case: Case) -> Case:
        requested = tuple(one for one in case.requested_receipts if one != self.message_id)
        pending = tuple(one for one in case.pending if one.id != self.message_id)
        awaited = tuple(one for one in case.awaited if one.message_id != self.message_id)
        return with_changes(
            with_refusal(case, "") if case.decision_refusal == self.message_id else case,
            pending=pending,
            requested_receipts=requested,
            awaited=awaited,
            delay_message="" if case.delay_message == self.message_id else case.delay_message,
        )


@dataclass(frozen=True, kw_only=True)
class StatusNotSet(Event):
    """The status that was to follow the message was not set: the case's status had been changed meanwhile."""

    message_id: str
    target: str
    target_name: str

    log = (Sentence("history.notset", {"b": Fact("status", "target")}),)
    thread = (Sentence("thread.notset", {"b": Fact("status", "target")}),)

    def decide_notices(self, case: Case, ctx: Context) -> list[Notice]:
        """The writer, whose message has left, is told privately too."""
        return [*CARD_AND_THREAD, OfficerNotice(self.by.removeprefix("officer:"), "notset")]

    def change(self, case: Case) -> Case:
        return with_changes(case, pending=tuple(one for one in case.pending if one.id != self.message_id))


@dataclass(frozen=True, kw_only=True)
class _FromApplicant(Event):
    """The applicant wrote, with or without files."""

    message_id: str
    applicant: str
    text: str = row_field()
    files: tuple[FileRef, ...] = row_field(default=())

    notice_reason: ClassVar[NoticeReason]

    def decide_notices(self, case: Case, ctx: Context) -> list[Notice]:
        """Notify the officers of the case; where only a group has it, its members; where nobody has it, the channel."""
        notices = notify_assignees(case, self.notice_reason, self.by, ctx.catalog)
        return [CardUpdate(), ThreadLine(in_channel=not notices), *notices]

    def change(self, case: Case) -> Case:
        return with_changes(case, awaited=())


@dataclass(frozen=True, kw_only=True)
class MessageReceived(_FromApplicant):
    """The applicant wrote to the officers."""

    log = (Sentence("history.received"),)
    thread = (Sentence("thread.message"),)
    notice_reason = "message"


@dataclass(frozen=True, kw_only=True)
class InformationAdded(_FromApplicant):
    """The applicant added the requested information."""

    log = (Sentence("history.added"),)
    thread = (Sentence("thread.added"),)
    notice_reason = "added"


@dataclass(frozen=True, kw_only=True)
class MessageReceipted(Event):
    """The applicant confirmed that they have read a message that asks for confirmation."""

    message_id: str
    applicant: str

    log = (Sentence("history.receipted"),)
    notices = ()

    def change(self, case: Case) -> Case:
        requested = tuple(one for one in case.requested_receipts if one != self.message_id)
        return with_changes(case, requested_receipts=requested)
