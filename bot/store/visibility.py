"""Which cases an actor may know of."""

from __future__ import annotations

from sqlalchemy import ColumnElement, and_, exists, false, or_

from bot.domain.actors import Actor, Applicant, Machine, Officer
from bot.store.tables import ApplicantRow, AssigneeRow, CaseRow


def visible_to(actor: Actor) -> ColumnElement[bool]:
    """The condition on `case` rows that an actor may know of."""
    match actor:
        case Officer():
            full = [key for key in actor.access if actor.may_see_all(key)]
            some = [key for key in actor.access if not actor.may_see_all(key)]
            protected = [key for key in actor.access if actor.may_see_protected(key)]
            return and_(
                or_(
                    CaseRow.service.in_(full),
                    and_(CaseRow.service.in_(some), _assigned_to(actor)),
                ),
                or_(CaseRow.protected.is_(False), CaseRow.service.in_(protected)),
            )
        case Applicant():
            return exists().where(ApplicantRow.case_id == CaseRow.id, ApplicantRow.id.in_(list(actor.ids)))
        case Machine():
            return false()


def _assigned_to(officer: Officer) -> ColumnElement[bool]:
    own = and_(AssigneeRow.kind == "officer", AssigneeRow.key == officer.key)
    group = and_(AssigneeRow.kind == "group", AssigneeRow.key.in_(list(officer.groups)))
    return exists().where(AssigneeRow.case_id == CaseRow.id, or_(own, group))
