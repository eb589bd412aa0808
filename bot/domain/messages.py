"""What can happen to the messages between officer and applicant."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime

from bot.catalog.templates import MessageKind
from bot.domain.case import Case, PendingMessage
from bot.domain.rules import Event, row_field
from bot.domain.submission import FileRef


@dataclass(frozen=True, kw_only=True)
class MessageSent(Event):
    """An officer wrote to the applicant, who can read it from `visible_at`.

    `status_before` and `due_before` are what stood before the status that came with it; None where none did.
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

    def apply(self, case: Case | None) -> Case:
        assert case is not None
        pending = tuple(one for one in case.pending if one.visible_at > self.at)
        if self.visible_at > self.at:
            before = self.status_before, self.due_before
            own = PendingMessage(self.message_id, self.by, self.visible_at, *before)
            pending = (*pending, own)
        requested = (*case.requested_receipts, self.message_id) if self.receipt else case.requested_receipts
        return replace(case, pending=pending, requested_receipts=requested, seq=case.seq + 1)


@dataclass(frozen=True, kw_only=True)
class MessageUndone(Event):
    """The officer took the message back before anyone could read it."""

    message_id: str

    def apply(self, case: Case | None) -> Case:
        assert case is not None
        requested = tuple(one for one in case.requested_receipts if one != self.message_id)
        pending = tuple(one for one in case.pending if one.id != self.message_id)
        return replace(case, pending=pending, requested_receipts=requested, seq=case.seq + 1)


@dataclass(frozen=True, kw_only=True)
class _FromApplicant(Event):
    """The applicant wrote, with or without files."""

    message_id: str
    applicant: str
    text: str = row_field()
    files: tuple[FileRef, ...] = row_field(default=())

    def apply(self, case: Case | None) -> Case:
        assert case is not None
        return replace(case, seq=case.seq + 1)


@dataclass(frozen=True, kw_only=True)
class MessageReceived(_FromApplicant):
    """The applicant wrote to the officers."""


@dataclass(frozen=True, kw_only=True)
class InformationAdded(_FromApplicant):
    """The applicant added the information that was asked for."""


@dataclass(frozen=True, kw_only=True)
class MessageReceipted(Event):
    """The applicant confirmed that they have read a message that asked for it."""

    message_id: str
    applicant: str

    def apply(self, case: Case | None) -> Case:
        assert case is not None
        requested = tuple(one for one in case.requested_receipts if one != self.message_id)
        return replace(case, requested_receipts=requested, seq=case.seq + 1)
