"""Which cases an actor may see."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Select, and_, exists, false, or_, select

from bot.domain.actors import Actor, Applicant, Machine, Officer
from bot.domain.case import AddressState
from bot.store.tables import CASE, ApplicantRow, AssigneeRow, CaseRow

UNCONFIRMED: AddressState = "unconfirmed"

IS_PRESENT = CASE.deleted_at.is_(None)
"""The condition on rows of `case` that they are not deleted."""


def visible_to(actor: Actor, service: Any = CaseRow.service) -> ColumnElement[bool]:
    """The condition on rows of `case` that the actor may see them; nobody sees a deleted one.

    With `unindexed(CaseRow.service)` as `service` it filters rows that are found by another index.
    """
    match actor:
        case Officer():
            return and_(granted_to(actor, service), is_unprotected_for(actor, service), IS_PRESENT)
        case Applicant():
            is_own = ApplicantRow.id.in_(list(actor.ids)), ApplicantRow.address_state != UNCONFIRMED
            return and_(CaseRow.id.in_(select(ApplicantRow.case_id).where(*is_own)), IS_PRESENT)
        case Machine():
            return false()


def granted_to(officer: Officer, service: Any = CaseRow.service) -> ColumnElement[bool]:
    """The condition on rows of `case` that the officer may see them, or could if not protected or deleted."""
    full = [key for key in officer.access if officer.may_see_all(key)]
    some = [key for key in officer.access if not officer.may_see_all(key)]
    return or_(service.in_(full), and_(service.in_(some), is_assigned_to(officer)))


def visible_in(officer: Officer, service_key: str) -> ColumnElement[bool]:
    """The condition on rows of `case` that they are of the e-service and the officer may see them.

    For e-services of which the officer may see all cases: AssertionError.
    """
    assert officer.may_see_all(service_key)
    of_service = and_(CASE.service == service_key, IS_PRESENT)
    return (
        of_service if officer.may_see_protected(service_key) else and_(of_service, CASE.protected.is_(False))
    )


def is_unprotected_for(officer: Officer, service: Any) -> ColumnElement[bool]:
    """The condition on rows of `case` that they are not protected, or the officer may see protected ones."""
    protected = [key for key in officer.access if officer.may_see_protected(key)]
    return or_(CASE.protected.is_(False), service.in_(protected))


def unindexed(column: Any) -> ColumnElement[str]:
    """The column in an expression that the databases do not use an index for.

    Without ANALYZE, which is never run, SQLite prefers any index on an equality to one that gives the order.
    """
    value: ColumnElement[str] = column.concat("")
    return value


def assigned_ids(officer: Officer) -> Select[Any]:
    """The ids of all cases, open and closed, that are assigned to the officer, their groups, or whom they represent."""
    return select(AssigneeRow.case_id).where(_is_assignment_of(officer))


def is_assigned_to(officer: Officer) -> ColumnElement[bool]:
    """The condition on rows of `case` that they are assigned to the officer, their groups, or whom they represent."""
    is_theirs = AssigneeRow.case_id == CaseRow.id, _is_assignment_of(officer)
    return exists().where(*is_theirs).correlate_except(AssigneeRow)  # the statement may read assignees itself


def _is_assignment_of(officer: Officer) -> ColumnElement[bool]:
    own = and_(AssigneeRow.kind == "officer", AssigneeRow.key.in_(officer.acting_keys))
    if not officer.groups:
        return own
    group = and_(AssigneeRow.kind == "group", AssigneeRow.key.in_(list(officer.groups)))
    return or_(own, group)
