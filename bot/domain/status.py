"""The status of a case."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import Protocol, Self

from bot.catalog.base import Text
from bot.catalog.services import EService
from bot.catalog.statuses import Status
from bot.domain.access import require_officer
from bot.domain.actors import Officer, is_officer_ref, officer_name
from bot.domain.automatic_assignment import assign_on_status
from bot.domain.case import Case, with_changes
from bot.domain.deadline import compute_due_day, pause_or_resume
from bot.domain.log_sentences import REASON, Fact, Sentence
from bot.domain.notes import NoteAdded, dispose_working_notes
from bot.domain.notice_recipients import notify_assignees
from bot.domain.notices import CARD_AND_THREAD, ApplicantNotice, MailKind, Notice
from bot.domain.rules import (
    CaseCommand,
    ChangedByYourself,
    ChangedMeanwhile,
    Context,
    Event,
    Refused,
    erasable_field,
    validate_text,
)
from bot.text import Words, words


class StatusNotAllowed(Refused):
    """Status `b` may not follow `a`; `list` are those that may."""

    key = "no.status"
    several_key = "no.status.several"


class MessageRequired(Refused):
    """The status requires a message to the applicant."""

    key = "no.needsmessage"


class NoteRequired(Refused):
    """The status requires an internal note."""

    key = "no.needsnote"


class ReopeningReasonRequired(Refused):
    """Reopening a closed case requires a reason."""

    key = "no.needsreason"


_CHANGE = {"a": Fact("status", "was"), "b": Fact("status", "status")}


@dataclass(frozen=True, kw_only=True)
class StatusSet(Event):
    """The status changed; its names are stored, since a status may be renamed or removed later.

    `due_on` is of older events, which knew one due day: the status's, or the case's where the status had none.
    `due_days_left`: the case's own time was paused with so many working days left; `case_due_on`: it goes on, to that
    day. `with_message`: it was set, or restored, together with a message that can be undone, whose notice is
    about both.
    """

    status: str
    status_name: str
    was: str
    was_name: str
    kind: str
    due_on: date | None = None
    step_due_on: date | None = None
    case_due_on: date | None = None
    due_days_left: int | None = None
    with_message: bool = False
    message_id: str = ""
    """The message that it followed, empty for none."""
    is_silent: bool = False
    """Whether the officer chose not to notify the applicants."""
    reason: str = erasable_field(default="")

    log = (
        Sentence("history.status", _CHANGE, only_of_officers=True),
        Sentence("history.status.auto", _CHANGE),
    )
    log_details = (REASON, Sentence("history.status.silent", only_with="is_silent"))
    thread = (Sentence("thread.status", _CHANGE),)

    def decide_notices(self, case: Case, ctx: Context) -> list[Notice]:
        """The applicant is not notified where they caused it by adding information, or where its message says it.

        Nor where the officer, who changed many cases, chose so.
        """
        status = ctx.service.status(self.status)
        is_notified = status is not None and applicant_notice(status, case, ctx.service) is not None
        own = [*CARD_AND_THREAD, *self._officer_notices(case, ctx)]
        if not is_notified or self.with_message or self.is_silent or self.by == "applicant":
            return own
        mail_kind: MailKind = "closed" if self.kind == "closed" else "status"
        return [*own, *(ApplicantNotice(applicant, mail_kind) for applicant in case.applicants)]

    def _officer_notices(self, case: Case, ctx: Context) -> list[Notice]:
        """To those who have the case, where a colleague changed it."""
        return [*notify_assignees(case, "status", self.by, ctx.catalog)] if is_officer_ref(self.by) else []

    def change(self, case: Case) -> Case:
        is_resumed, is_paused = self.case_due_on is not None, self.due_days_left is not None
        return with_changes(
            case,
            due_on=self.case_due_on if is_resumed or is_paused else case.due_on,
            due_days_left=self.due_days_left if is_resumed or is_paused else case.due_days_left,
            status=self.status,
            status_since=self.at,
            status_by=self.by,
            status_name=self.status_name,
            step_due_on=self.step_due_on or (self.due_on if self.due_on != case.due_on else None),
            closed_at=self.at if self.kind == "closed" else None,
            pending=tuple(one for one in case.pending if not self.message_id or one.id != self.message_id),
            replies=dispose_working_notes(case.replies) if self.kind == "closed" else case.replies,
        )


@dataclass(frozen=True, kw_only=True)
class SetStatus(CaseCommand):
    """Change the status at once; `expected` is the one that the person saw. The new one may require note or reason.

    A status that requires a message follows one (`SendMessage`). Unless it `notifies`, applicants get no mail of it.
    """

    status: str
    expected: str
    note: str = ""
    reason: str = ""
    notifies: bool = True

    audience = "works"

    def decide(self, case: Case | None, ctx: Context) -> list[Event]:
        case, officer = require_officer(case, ctx)
        require_unchanged(case, self.expected, ctx)
        target = require_allowed_target(case, self.status, officer, ctx.service)
        self._require_texts(target, case)
        events: list[Event] = []
        if self.note.strip():
            events.append(
                NoteAdded(at=ctx.now, by=officer.ref, note_id=ctx.new_id(), text=validate_text(self.note))
            )
        event = create_status_event(case, target, ctx, reason=self.reason.strip())
        events.append(replace(event, is_silent=not self.notifies))
        return [*events, *assign_on_status(case, target.key, ctx)]

    @classmethod
    def sample(cls, case: Case, ctx: Context) -> tuple[Case, Self]:
        """To the first status that any officer may set without more."""
        targets = ctx.service.targets_from(case.status)
        target = next(one for one in targets if one.set_by == "restricted" and not one.requires)
        return case, cls(case_id=case.id, status=target.key, expected=case.status)

    def _require_texts(self, target: Status, case: Case) -> None:
        if target.requires == "message":
            raise MessageRequired(status=target.name)
        if target.requires == "note" and not self.note.strip():
            raise NoteRequired(status=target.name)
        if case.closed_at is not None and not self.reason.strip():
            raise ReopeningReasonRequired


def create_status_event(
    case: Case, target: Status, ctx: Context, *, reason: str = "", with_message: bool = False
) -> StatusSet:
    """The event of setting the status, which the caller has checked is allowed."""
    return StatusSet(
        at=ctx.now,
        by=ctx.actor.ref,
        status=target.key,
        status_name=target.name.sv,
        was=case.status,
        was_name=current_status_name(ctx.service, case, words("sv")),
        kind=target.kind,
        step_due_on=compute_due_day(target.working_days, ctx.now, ctx) if target.kind != "closed" else None,
        with_message=with_message,
        reason=reason,
        **pause_or_resume(case, ctx, is_waiting=target.kind == "waiting_for_completion"),
    )


def allowed_statuses(case: Case, officer: Officer, service: EService) -> list[Status]:
    """The statuses this officer may set on the case now, in the catalog's order."""
    access = officer.access.get(service.key)
    if access is None:
        return []
    return [status for status in service.targets_from(case.status) if access.may_set(status)]


def statuses_after_message(case: Case, officer: Officer, service: EService) -> list[Status]:
    """The statuses that may follow a message now: not those that ask for a note or, of a closed case, for a reason."""
    if case.closed_at is not None:
        return []
    return [one for one in allowed_statuses(case, officer, service) if one.requires != "note"]


def applicant_notice(status: Status, case: Case, service: EService) -> Text | None:
    """The sentence for the applicants when an officer sets the status; None where they are not notified."""
    return status.told if service.applicant_follows and case.applicants else None


def require_unchanged(case: Case, expected: str, ctx: Context) -> None:
    """Raise ChangedMeanwhile where the status is no longer the one that the person saw."""
    if case.status == expected:
        return
    state = _status_text(ctx.service, case.status, case.status_name)
    if isinstance(ctx.actor, Officer) and case.status_by == ctx.actor.ref:
        raise ChangedByYourself(time=case.status_since, state=state)
    name = officer_name(case.status_by, ctx.catalog) or case.number
    raise ChangedMeanwhile(name=name, time=case.status_since, state=state)


def require_allowed_target(case: Case, key: str, officer: Officer, service: EService) -> Status:
    """The status with that key. Raises StatusNotAllowed where the officer may not set it now."""
    allowed = allowed_statuses(case, officer, service)
    for status in allowed:
        if status.key == key:
            return status
    raise StatusNotAllowed(
        a=_status_text(service, case.status, case.status_name),
        b=_status_text(service, key),
        list=[status.name for status in allowed],
    )


def _status_text(service: EService, key: str, previous_name: str = "") -> object:
    found = service.status(key)
    return found.name if found is not None else previous_name or key


def status_name(service: EService | None, key: str, words: Words, previous_name: str = "") -> str:
    """The status's name in the catalog, or the stored name where the catalog no longer has it."""
    status = service.status(key) if service is not None else None
    return status.name.in_(words.language) if status is not None else previous_name or key


class HasStatus(Protocol):
    """A case, or its row in a list: the key of its status, and that status's name when it was set."""

    @property
    def status(self) -> str: ...

    @property
    def status_name(self) -> str: ...


def current_status_name(service: EService | None, case: HasStatus, words: Words) -> str:
    """The name of the case's status; where the catalog no longer has it, the one that it had when it was set."""
    return status_name(service, case.status, words, case.status_name)
