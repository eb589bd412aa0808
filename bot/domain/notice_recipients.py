"""Whom a private notice about a case goes to."""

from __future__ import annotations

from bot.catalog.models import Catalog
from bot.domain.case import Case
from bot.domain.notice_reasons import NoticeReason
from bot.domain.notices import OfficerNotice
from bot.domain.rules import Context
from bot.text.working_days import local_day


def case_recipients(case: Case, catalog: Catalog) -> tuple[str, ...]:
    """The officers of the case; where only groups have it, their members; none where nobody has it."""
    members = (
        member for key in case.groups if (group := catalog.group(key)) is not None for member in group.members
    )
    return tuple(dict.fromkeys(case.officers or members))


def notify_assignees(case: Case, reason: NoticeReason, by: str, catalog: Catalog) -> list[OfficerNotice]:
    """A notice to each of them, but for the one who caused it: nobody is told of their own act."""
    recipients = case_recipients(case, catalog)
    return [OfficerNotice(officer, reason) for officer in recipients if f"officer:{officer}" != by]


def notify_responsible(case: Case, reason: NoticeReason, by: str, ctx: Context) -> list[OfficerNotice]:
    """A notice to those who have the case; where nobody has it, to the coordinators of its e-service."""
    notices = notify_assignees(case, reason, by, ctx.catalog)
    return notices or notify_coordinators(case, reason, ctx)


def notify_coordinators(case: Case, reason: NoticeReason, ctx: Context) -> list[OfficerNotice]:
    """A notice to each coordinator of its e-service."""
    coordinators = ctx.catalog.coordinators_of(case.service, local_day(ctx.now))
    return [OfficerNotice(one.key, reason) for one in coordinators]


def notify_group(group: str, by: str, ctx: Context) -> list[OfficerNotice]:
    """A notice that the group has got the case, to its members, but for those who are absent and who gave it."""
    found, absences = ctx.catalog.group(group), ctx.staffing.load_absences()
    members = dict.fromkeys(found.members) if found is not None else ()
    return [
        OfficerNotice(member, "group")
        for member in members
        if f"officer:{member}" != by and not absences.is_absent(member)
    ]
