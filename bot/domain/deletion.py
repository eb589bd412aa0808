"""Ta bort ärende: a case is taken away from everyone, and for 30 days a coordinator can restore it whole."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, ClassVar, Literal, Self, get_args

from bot.catalog.people import Access
from bot.catalog.services import EService
from bot.domain.access import require_machine, require_officer
from bot.domain.actors import Officer
from bot.domain.case import Case, with_changes
from bot.domain.case_numbers import parse_leading_number
from bot.domain.editing import is_record_elsewhere
from bot.domain.log_sentences import Fact, Sentence
from bot.domain.notices import CARD_AND_THREAD
from bot.domain.protection import REASON_ON_PAGE, find_reason_refusal, validate_reason
from bot.domain.retention import CaseDisposed, NotDue, is_held
from bot.domain.rules import CaseCommand, Context, Event, Refused, erasable_field, raise_refusals
from bot.domain.status import current_status_name
from bot.text import words
from bot.text.working_days import local_day

GRACE_DAYS = 30
"""Days after the one of the deletion before whose end the case is not disposed of."""

DeletionGround = Literal["duplicate", "test", "mistake", "spam", "other"]
GROUNDS: tuple[DeletionGround, ...] = get_args(DeletionGround)
"""Why a case is deleted: it is another case's duplicate, was a test, was sent by mistake, is no real case, or else."""


class NotDeletable(Refused):
    """The status does not allow that the case is deleted."""

    key = "no.delete"


class CoordinatorsOnly(Refused):
    """Only the e-service's coordinators may delete and restore its cases."""

    key = "no.delete.right"


class DeletedElsewhere(Refused):
    """The case's record is in Open ePlatform."""

    key = "no.delete.elsewhere"


class WrongNumber(Refused):
    """The typed number is not the case's."""

    key = "no.delete.number"


class GroundRequired(Refused):
    """No ground was chosen."""

    key = "no.delete.ground"


class CommentRequired(Refused):
    """The ground `other` says nothing without a comment."""

    key = "no.delete.comment"


class HappenedMeanwhile(Refused):
    """Something has happened in the case since the person saw it, such as an answer from the applicant."""

    key = "no.delete.changed"


class MessageOnItsWay(Refused):
    """A message to the applicant can still be undone, and would leave after the case is gone."""

    key = "no.delete.message"


class OnHold(Refused):
    """The case is on hold (gallringsstopp) until the day `date`."""

    key = "no.delete.hold"


class NotDeleted(Refused):
    """The case is not deleted, so it cannot be restored."""

    key = "no.restore"


@dataclass(frozen=True, kw_only=True)
class CaseDeleted(Event):
    """The case was deleted. It is disposed of after the day `deleted_until`, and can be restored until it is."""

    deletion_ground: DeletionGround
    deleted_until: date
    reason: str = erasable_field(default="")

    log = (Sentence("history.deleted", {"ground": Fact("deletion_ground", "deletion_ground")}),)
    log_details = (REASON_ON_PAGE,)
    thread = (Sentence("thread.deleted"),)
    notices = CARD_AND_THREAD

    def change(self, case: Case) -> Case:
        return with_changes(
            case,
            deleted_at=self.at,
            deleted_by=self.by,
            deleted_until=self.deleted_until,
            deletion_ground=self.deletion_ground,
        )


@dataclass(frozen=True, kw_only=True)
class CaseRestored(Event):
    """The case was restored, as it was when it was deleted."""

    log = (Sentence("history.restored"),)
    notices = CARD_AND_THREAD

    def change(self, case: Case) -> Case:
        return with_changes(case, deleted_at=None, deleted_by="", deleted_until=None, deletion_ground="")


@dataclass(frozen=True, kw_only=True)
class DeleteCase(CaseCommand):
    """Delete the case. `typed_number` is its number as the person typed it, and `expected` the version they saw."""

    typed_number: str
    ground: str
    expected: int
    comment: str = ""

    audience = "coordinates"

    def decide(self, case: Case | None, ctx: Context) -> list[Event]:
        case, officer = require_officer(case, ctx)
        require_deletable(case, officer, ctx)
        raise_refusals(self.find_problems(case, local_day(ctx.now)))
        ground = self._ground
        assert ground is not None
        if case.seq != self.expected:
            raise HappenedMeanwhile
        until = local_day(ctx.now) + timedelta(days=GRACE_DAYS)
        reason = validate_reason(self.comment) if self.comment.strip() else ""
        return [
            CaseDeleted(
                at=ctx.now, by=officer.ref, deletion_ground=ground, deleted_until=until, reason=reason
            )
        ]

    def find_problems(self, case: Case, today: date) -> list[Refused]:
        """What is wrong in what was filled in, in the order of the fields."""
        is_number = parse_leading_number(self.typed_number.strip(), today) == (case.number, "")
        found = (
            None if is_number else WrongNumber(number=case.number),
            None if self._ground is not None else GroundRequired(),
            self._comment_refusal(),
        )
        return [one for one in found if one is not None]

    @property
    def _ground(self) -> DeletionGround | None:
        return next((one for one in GROUNDS if one == self.ground), None)

    def _comment_refusal(self) -> Refused | None:
        if self.comment.strip():
            return find_reason_refusal(self.comment)
        return CommentRequired() if self.ground == "other" else None

    @classmethod
    def sample(cls, case: Case, ctx: Context) -> tuple[Case, Self]:
        deletable = next(one for one in ctx.service.statuses if one.may_delete)
        command = cls(case_id=case.id, typed_number=case.number, ground="test", expected=case.seq)
        return with_changes(case, status=deletable.key), command


@dataclass(frozen=True, kw_only=True)
class RestoreCase(CaseCommand):
    """Restore a deleted case: until it is disposed of, so that its card offers nothing that would be refused."""

    audience = "coordinates"
    one_click: ClassVar[Mapping[str, Mapping[str, Any]]] = {"restore": {}}

    def decide(self, case: Case | None, ctx: Context) -> list[Event]:
        case, officer = require_officer(case, ctx, is_deleted_allowed=True)
        require_coordinator(officer.access.get(case.service))
        if case.deleted_at is None:
            raise NotDeleted(number=case.number)
        return [CaseRestored(at=ctx.now, by=officer.ref)]

    @classmethod
    def sample(cls, case: Case, ctx: Context) -> tuple[Case, Self]:
        deleted = CaseDeleted(
            at=ctx.now,
            by=ctx.actor.ref,
            deletion_ground="test",
            deleted_until=local_day(ctx.now) + timedelta(days=GRACE_DAYS),
        )
        return deleted.change(case), cls(case_id=case.id)


@dataclass(frozen=True, kw_only=True)
class DisposeDeletedCase(CaseCommand):
    """Dispose of a deleted case whose days are over; `run` is the day on which it is done."""

    run: date

    audience = "machine"

    def decide(self, case: Case | None, ctx: Context) -> list[Event]:
        case = require_machine(case, ctx)
        if case.deleted_until is None or local_day(ctx.now) <= case.deleted_until:
            raise NotDue(number=case.number)
        w = words("sv")
        basis = w("basis.deleted", ground=w(f"ground.{case.deletion_ground}"))
        return [
            CaseDisposed(
                at=ctx.now,
                by=ctx.actor.ref,
                run=self.run,
                months=0,
                counted_from="closed",
                basis=basis,
            )
        ]

    @classmethod
    def sample(cls, case: Case, ctx: Context) -> tuple[Case, Self]:
        today = local_day(ctx.now)
        deleted = with_changes(
            case,
            deleted_at=ctx.now,
            deleted_by="officer:x",
            deleted_until=today - timedelta(days=1),
            deletion_ground="test",
        )
        return deleted, cls(case_id=case.id, run=today)


def require_coordinator(access: Access | None) -> None:
    """Raise CoordinatorsOnly for one who is no coordinator of the e-service that the access is to."""
    if access is None or not access.coordinator:
        raise CoordinatorsOnly


def coordinated_services(officer: Officer) -> list[str]:
    """The keys of the e-services that the officer coordinates."""
    return [key for key, access in officer.access.items() if access.coordinator]


def require_deletable(case: Case, officer: Officer, ctx: Context) -> None:
    """Raise the refusal that says why the officer may not delete the case now."""
    require_coordinator(officer.access.get(case.service))
    require_deletable_status(case, ctx.service)
    _require_not_held(case, local_day(ctx.now))
    if any(one.visible_at > ctx.now for one in case.pending):
        raise MessageOnItsWay


def require_deletable_status(case: Case, service: EService) -> None:
    """Raise DeletedElsewhere or NotDeletable where nobody may delete the case in its status."""
    if is_record_elsewhere(case, service):
        raise DeletedElsewhere
    status = service.status(case.status)
    if status is None or not status.may_delete:
        raise NotDeletable(status=status.name if status else current_status_name(service, case, words("sv")))


def _require_not_held(case: Case, today: date) -> None:
    if case.hold_until is not None and is_held(case, today):
        raise OnHold(date=case.hold_until)


def deletion_refusal(case: Case, access: Access | None, service: EService, today: date) -> Refused | None:
    """Why an officer with that access cannot delete the case as it is today; None where they can.

    What holds for everyone comes first: a coordinator whom they would ask is told of the status too.
    """
    try:
        require_deletable_status(case, service)
        _require_not_held(case, today)
        require_coordinator(access)
    except Refused as refusal:
        return refusal
    return None
